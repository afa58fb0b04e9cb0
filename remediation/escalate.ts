import { whoMayDecide } from "./approvals.ts";
import { appendAudit } from "./audit.ts";
import { refuse, type Context, type Refusal } from "./context.ts";
import { formatDuration } from "./duration.ts";
import { refusedByPause } from "./pause.ts";
import { atLeast, may, type Person } from "./people.ts";
import { incidentNumber, planNumber, standing, type Plan } from "./plan.ts";
import type { Trx } from "./store.ts";
import { incidentByNumber } from "./store/incident-rows.ts";
import { insertNotice, lastNotice } from "./store/notices.ts";
import { planByNumber, selectPlans } from "./store/plan-rows.ts";
import { markEscalated } from "./store/waiting-plans.ts";

/** `asked` are the names of the people it addresses; `subject` the plan or incident it is about. */
type Escalated = { ok: true; subject: string; asked: string[] } | Refusal;

/** A person may ask again about the same incident after this long. */
const againMs = 600_000;

/**
 * Asks the people on call at once, as `escalate_after` would by itself: once for a plan that waits; for an incident that
 * needs somebody, or a plan that needs a person, at most every ten minutes.
 */
export async function escalate(asked: { subject: string; person: Person }, ctx: Context): Promise<Escalated> {
  const allowed = may(asked.person, "escalate", ctx.policy);
  const escalated = allowed.ok ? await attempt(asked, ctx) : allowed;
  if (escalated.ok) {
    const { subject } = escalated;
    ctx.changed(subject.startsWith("plan-") ? { plan: subject } : { incident: subject });
    return escalated;
  }
  const note = { actor: asked.person.id, verb: "refused escalate", subject: asked.subject.slice(0, 40) };
  const detail = { reason: escalated.reason };
  await ctx.store.transaction((trx) => appendAudit(trx, { ...note, detail }, ctx));
  return escalated;
}

async function attempt(
  { subject, person }: { subject: string; person: Person },
  ctx: Context,
): Promise<Escalated> {
  const incident = subject.startsWith("inc") ? incidentNumber(subject) : null;
  const waiting = incident === null ? null : await waitingPlanOf(incident, ctx);
  const number = waiting?.number ?? (incident === null ? planNumber(subject) : null);
  if (number !== null) return escalatePlan(number, person, ctx);
  if (incident === null) return unknown(subject);
  return ctx.store.transaction(async (trx) => {
    const found = await incidentByNumber(trx, incident);
    if (found === null) return unknown(subject);
    if (found.status === "resolved")
      return refuse("resolved", `${found.id} is resolved; there is nothing to answer.`);
    return askAgain(trx, found.id, person, ctx);
  });
}

async function waitingPlanOf(incident: number, ctx: Context): Promise<Plan | null> {
  const wanted = { incident, statuses: ["proposed", "needs_human"] as const, limit: 1 };
  return (await selectPlans(ctx.store.db, wanted))[0] ?? null;
}

/** Asks whoever is on call and may decide the plan; `person` null: because nobody answered in time. */
export async function escalatePlan(number: number, person: Person | null, ctx: Context): Promise<Escalated> {
  return ctx.store.transaction(async (trx) => {
    const plan = await planByNumber(trx, number);
    if (plan === null) return unknown(`plan-${number}`);
    if (plan.status === "needs_human" && person !== null) return askAgain(trx, plan.id, person, ctx);
    if (plan.status !== "proposed") return refuse("decided", `${standing(plan)}; nobody is waited for.`);
    // A person may call others also while automation is paused: somebody must look.
    const paused = person === null ? await refusedByPause(trx, "approved", ctx) : null;
    if (paused !== null) return paused;
    if (plan.escalated) {
      const ago = formatDuration(ctx.clock.wall() - plan.escalated.at);
      return refuse("asked", `${plan.escalated.to.join(", ")} had been asked ${ago} ago.`);
    }
    const people = onCallFor(plan, person, ctx);
    if (people.length === 0) return nobodyLeft(plan.id);
    const at = ctx.clock.wall();
    const names = people.map((id) => nameOf(id, ctx));
    if (!(await markEscalated(trx, number, at, names)))
      return refuse("stale", `${plan.id} was decided in this moment.`);
    await tell(trx, plan.id, people, person, ctx);
    return { ok: true, subject: plan.id, asked: names };
  });
}

/** What has no state of its own that waits: told again only after a while. */
async function askAgain(trx: Trx, subject: string, person: Person, ctx: Context): Promise<Escalated> {
  const last = await lastNotice(trx, "escalation", subject);
  const since = last === null ? Number.POSITIVE_INFINITY : ctx.clock.wall() - last;
  if (since < againMs) {
    return refuse(
      "asked",
      `People had been asked ${formatDuration(since)} ago; again after ${formatDuration(againMs)}.`,
    );
  }
  const people = onCall(ctx).filter((id) => id !== person.id);
  if (people.length === 0) return nobodyLeft(subject);
  await tell(trx, subject, people, person, ctx);
  return { ok: true, subject, asked: people.map((id) => nameOf(id, ctx)) };
}

async function tell(
  trx: Trx,
  subject: string,
  people: string[],
  person: Person | null,
  ctx: Context,
): Promise<void> {
  const detail = { people, ...(person === null ? {} : { by: person.name }) };
  const at = ctx.clock.wall();
  await insertNotice(trx, { id: ctx.random(), kind: "escalation", subject, detail, at });
  await appendAudit(
    trx,
    { actor: person?.id ?? "system", verb: "escalate", subject, detail: { asked: people } },
    ctx,
  );
}

/** Of those on call, who may decide this plan and has not, without whoever asks them. */
export function onCallFor(plan: Plan, person: Person | null, ctx: Context): string[] {
  const able = whoMayDecide(plan, ctx).people;
  return onCall(ctx).filter((id) => able.includes(id) && id !== person?.id);
}

const mostAsked = 10;

/** The names in the policy of those who are on call; where it names none, of everybody who may approve. */
export function onCall({ policy }: Pick<Context, "policy">): string[] {
  if (policy.denied !== null) return [];
  const named = policy.onCall.length > 0 ? policy.onCall : Object.keys(policy.people);
  const able = [...new Set(named)].filter(
    (id) => Object.hasOwn(policy.people, id) && atLeast(policy.people[id]?.role ?? null, "approver"),
  );
  return able.slice(0, mostAsked);
}

function nameOf(id: string, { policy }: Pick<Context, "policy">): string {
  return policy.people[id]?.name ?? id;
}

function unknown(subject: string): Refusal {
  return refuse("unknown", `There is no ${subject.slice(0, 40)}; "incidents" shows what waits.`);
}

function nobodyLeft(subject: string): Refusal {
  return refuse(
    "nobody",
    `There is nobody else to call about ${subject}: name people under \`on_call\` in the policy, or more people who may approve.`,
  );
}
