import { appendAudit } from "./audit.ts";
import {
  beforeWindow,
  besideCourse,
  compare,
  isWithin,
  lacking,
  unverified,
  type Outcome,
} from "./compare.ts";
import type { Context } from "./context.ts";
import { beganAt, getIncident } from "./incident.ts";
import { incidentNumber, type Plan, type VerdictDetail } from "./plan.ts";
import { getPlan } from "./plans.ts";
import { closeIncident } from "./store/incidents.ts";
import { planByNumber, selectPlans } from "./store/plan-rows.ts";
import { setVerdict } from "./store/plans.ts";
import type { Course } from "./without-action.ts";

/** Metric seconds after the settle time in which late or partial samples are waited for. */
const dataGraceSeconds = 120;

/**
 * Gives the verdict on every plan that changed something, is done and whose settle time (metric time) is over: the
 * metric before the call against the second half of the settle time after it, beside the line that it was on. `improved`
 * also resolves the incident; anything else leaves it open. Answers the plans that were judged now.
 */
export async function judge(ctx: Context): Promise<Plan[]> {
  const judged: Plan[] = [];
  for (const plan of await selectPlans(ctx.store.db, { unjudged: true, limit: 1000 })) {
    const settled = (plan.doneMetricAt ?? Number.POSITIVE_INFINITY) + plan.settleSeconds;
    if (settled > ctx.clock.metric()) continue;
    const outcome = await weigh(plan, ctx.clock.metric() >= settled + dataGraceSeconds, ctx);
    if (outcome !== null && (await settle(plan, outcome, ctx))) {
      judged.push((await planByNumber(ctx.store.db, plan.number)) ?? plan);
    }
  }
  for (const plan of judged) {
    ctx.changed({ plan: plan.id, ...(plan.incident === null ? {} : { incident: plan.incident }) });
  }
  return judged;
}

/** Null: the data is not complete yet and may still come. */
async function weigh(plan: Plan, lastChance: boolean, ctx: Context): Promise<Outcome | null> {
  const nothing = { metric: plan.metric ?? "", before: null, after: null, usual: null };
  const [target, done] = [plan.targets[0], plan.doneMetricAt];
  if (plan.metric === null || !target || done === null)
    return unverified(nothing, "No metric is named for it.");
  const called = plan.steps.find((step) => step.intentMetricAt !== null)?.intentMetricAt ?? done;
  const settled = done + plan.settleSeconds;
  const began = await beganOf(plan, called, ctx);
  const windows = {
    before: beforeWindow({ called, began, settleSeconds: plan.settleSeconds }),
    after: { start: done + plan.settleSeconds / 2, end: settled },
  };
  try {
    const before = await ctx.measure(target.name, plan.metric, windows.before);
    const after = await ctx.measure(target.name, plan.metric, windows.after);
    if (!lastChance && (lacking(before) || lacking(after))) return null;
    const outcome = compare(plan.metric, plan.direction, before, after);
    if (outcome.verdict === "unverified") return outcome;
    const course = await readCourse(target.name, plan, { called, began, settled }, lastChance, ctx);
    return refine(outcome, course, plan, { called, settled }, ctx);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    ctx.log({ level: "warn", event: "verdict waits", message, plan: plan.id });
    return lastChance ? unverified(nothing, "The metric could not be read.") : null;
  }
}

/** How far back a line is looked for, metric seconds: what was long before the call says little about what came. */
const mostLineSeconds = 3_600;

/** The samples from where the trouble began until the settle time is over; at the last chance it goes without them. */
async function readCourse(
  target: string,
  { id, metric }: Plan,
  { called, began, settled }: { called: number; began: number; settled: number },
  lastChance: boolean,
  ctx: Context,
): Promise<Course> {
  const window = { start: Math.max(called - mostLineSeconds, Math.min(began, called)), end: settled };
  try {
    return (await ctx.measure(target, metric ?? "", window)).course ?? { time: [], values: [] };
  } catch (error) {
    if (!lastChance) throw error;
    const message = error instanceof Error ? error.message : String(error);
    ctx.log({ level: "warn", event: "verdict without its course", message, plan: id });
    return { time: [], values: [] };
  }
}

/** The outcome beside the metric's own line, and of a way back beside what it takes back. */
async function refine(
  outcome: Outcome,
  course: Course,
  { direction, settleSeconds, rollsBack }: Plan,
  { called, settled }: { called: number; settled: number },
  ctx: Context,
): Promise<Outcome> {
  if (direction === null) return outcome;
  const judged = besideCourse(outcome, course, { called, settled, settleSeconds, direction });
  return rollsBack === null ? judged : besideBefore(judged, await getPlan(rollsBack, ctx), direction);
}

/** A way back did what it is for when the metric is as it was before what it takes back, usual or not. */
function besideBefore(outcome: Outcome, takenBack: Plan | null, direction: "above" | "below"): Outcome {
  const level = takenBack?.verdictDetail?.before ?? null;
  if (outcome.verdict !== "unchanged" || takenBack?.verdict !== "worse") return outcome;
  return isWithin(outcome.detail, level, direction) ? { ...outcome, verdict: "improved" } : outcome;
}

/** When the trouble began that a plan is for; without an incident a settle time before the call. Metric seconds. */
async function beganOf(plan: Plan, called: number, ctx: Context): Promise<number> {
  const incident = plan.incident === null ? null : await getIncident(plan.incident, ctx);
  return incident === null ? called - plan.settleSeconds : beganAt(incident);
}

async function settle(plan: Plan, { verdict, detail }: Outcome, ctx: Context): Promise<boolean> {
  return ctx.store.transaction(async (trx) => {
    if (!(await setVerdict(trx, plan.number, verdict, detail))) return false;
    const note = { actor: "system", verb: verdict, subject: plan.id };
    await appendAudit(trx, { ...note, detail: forAudit(detail) }, ctx);
    const incident = plan.incident === null ? null : incidentNumber(plan.incident);
    // A way back cures nothing: it ends what an action added, and the trouble from before is still there.
    if (verdict !== "improved" || incident === null || plan.rollsBack !== null) return true;
    const end = {
      wall: ctx.clock.wall(),
      metric: ctx.clock.metric(),
      by: "system",
      resolution: `${plan.id} improved it`,
    };
    if (await closeIncident(trx, incident, end)) {
      const why = { plan: plan.id, verdict };
      await appendAudit(
        trx,
        { actor: "system", verb: "resolve", subject: `inc-${incident}`, detail: why },
        ctx,
      );
    }
    return true;
  });
}

/** In numbers that a person reads; the line itself stands in the plan. */
function forAudit({ withoutAction: line, ...detail }: VerdictDetail): Record<string, unknown> {
  return { ...detail, ...(line === undefined ? {} : { without_it: Number(line.value.toPrecision(4)) }) };
}
