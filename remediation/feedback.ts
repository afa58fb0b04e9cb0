import type { Feedback } from "../infra/database/feedback.ts";
import type { OperatorVerdict } from "../infra/database/feedback-tables.ts";
import { appendAudit } from "./audit.ts";
import { refuse, type Context, type Refusal } from "./context.ts";
import { beganAt, firingLimit, getIncident, type Incident } from "./incident.ts";
import { may, type Person } from "./people.ts";
import type { Trx } from "./store.ts";
import { activeIncident, incidentByNumber } from "./store/incident-rows.ts";
import { closeIncident } from "./store/incidents.ts";
import { busyPlanOf, releaseUndecided } from "./store/plans.ts";

type FeedbackGiven = {
  /** "inc-12". */
  incident: string;
  verdict: OperatorVerdict;
  reason: string | null;
  /** Highest anomaly score of its alarm and its leading metrics: what the word is about. */
  score: number | null;
  metrics: string[];
};

/** Writes the newest word about an incident; false when the same verdict stood already. */
type RecordFeedback = (given: Feedback, trx: Trx) => Promise<boolean>;

/** `first` is false when the same was said before: nothing was written then. */
type FeedbackTaken = { ok: true; incident: Incident; first: boolean } | Refusal;

/** How long (metric seconds) a level must have lasted before it can be called the new normal. */
export const newNormalSeconds = 24 * 3_600;

/**
 * A person says what an incident was. "No problem" and "the new normal" end it, and withdraw a plan for it that has not
 * begun; a word about an incident that is over only changes what is learned from it. All of it is one transaction with
 * its audit entry, so that of two clicks one counts. Only a person can say any of this.
 */
export async function giveFeedback(
  given: FeedbackGiven,
  person: Person,
  record: RecordFeedback,
  ctx: Context,
): Promise<FeedbackTaken> {
  const allowed = may(person, "give feedback", ctx.policy);
  const incident = await getIncident(given.incident, ctx);
  if (incident === null) {
    return refuse("unknown_incident", `There is no ${given.incident}; "incidents" lists them.`);
  }
  const taken = await ctx.store.transaction((trx) =>
    take({ given, person, allowed, incident }, record, trx, ctx),
  );
  if (!taken.ok) return taken;
  const now = (await incidentByNumber(ctx.store.db, incident.number)) ?? incident;
  if (taken.first) ctx.changed({ incident: now.id });
  for (const plan of taken.withdrawn) ctx.changed({ plan });
  return { ok: true, incident: now, first: taken.first };
}

type Asked = {
  given: FeedbackGiven;
  person: Person;
  allowed: { ok: true } | Refusal;
  incident: Incident;
};
type Taken = { ok: true; first: boolean; withdrawn: string[] } | Refusal;

async function take(
  { given, person, allowed, incident }: Asked,
  record: RecordFeedback,
  trx: Trx,
  ctx: Context,
): Promise<Taken> {
  const { verdict, reason } = given;
  const note = { actor: person.id, subject: incident.id };
  const refusal = allowed.ok ? await whyNot(verdict, incident, trx, ctx) : allowed;
  if (refusal !== null) {
    const detail = { verdict, reason: refusal.reason };
    await appendAudit(trx, { ...note, verb: "refused feedback", detail }, ctx);
    return refusal;
  }
  const [at, metricAt] = [ctx.clock.wall(), ctx.clock.metric()];
  const said = { incident: incident.id, target: incident.target, by: person.id, name: person.name };
  const { score, metrics } = given;
  // A word about an old incident must not hide the one that is open now.
  const isPast = incident.status === "resolved" && (await activeIncident(trx, incident.target)) !== null;
  const overMetricAt = isPast ? metricAt : null;
  if (!(await record({ ...said, verdict, reason, at, metricAt, score, metrics, overMetricAt }, trx)))
    return { ok: true, first: false, withdrawn: [] };
  const end = { wall: at, metric: metricAt, by: person.name, resolution: resolutionBy(verdict, person.name) };
  const resolved = verdict !== "problem" && (await closeIncident(trx, incident.number, end));
  const detail = { verdict, resolved, ...(reason === null ? {} : { reason }) };
  await appendAudit(trx, { ...note, verb: "feedback", detail }, ctx);
  if (!resolved) return { ok: true, first: true, withdrawn: [] };
  const because = `${incident.id}: ${end.resolution}`;
  const withdrawn = (await releaseUndecided(trx, incident.number, because)).map((plan) => `plan-${plan}`);
  for (const subject of withdrawn)
    await appendAudit(trx, { actor: person.id, verb: "cancel", subject, detail: { because } }, ctx);
  return { ok: true, first: true, withdrawn };
}

const words = { problem: "a problem", not_a_problem: "not a problem", new_normal: "the new normal" };

/** What stands on an incident that a person's word ended. */
export function resolutionBy(verdict: OperatorVerdict, name: string): string {
  return `${words[verdict]}, said ${name}`;
}

/** The new normal must have lasted, and nothing may be under way or beyond a limit; else null. */
async function whyNot(
  verdict: OperatorVerdict,
  incident: Incident,
  trx: Trx,
  ctx: Context,
): Promise<Refusal | null> {
  if (verdict !== "new_normal") return null;
  if ((incident.resolvedMetricAt ?? ctx.clock.metric()) - beganAt(incident) < newNormalSeconds) {
    return refuse(
      "too_soon",
      `A level is called the new normal when it has lasted 24 h; until then say "not a problem ${incident.id}".`,
    );
  }
  if (incident.status === "resolved") return null;
  const plan = await busyPlanOf(trx, incident.target);
  if (plan !== null)
    return refuse("plan_open", `plan-${plan} is undecided or running: it must end first, or be denied.`);
  const limit = firingLimit(incident);
  if (limit === null) return null;
  return refuse("beyond_limit", `${limit.title}: what is beyond its limit cannot be the new normal.`);
}
