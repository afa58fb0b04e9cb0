import { targetState } from "./actions/live-state.ts";
import { differences, nowhere, type TargetState } from "./actions/target-state.ts";
import { approvalStanding } from "./approvals.ts";
import { appendAudit } from "./audit.ts";
import { cloudFailure } from "./cloud.ts";
import type { Context } from "./context.ts";
import { afterStep, type States } from "./expected-state.ts";
import { getIncident, type Incident } from "./incident.ts";
import { inLease, type Lease } from "./journal.ts";
import { isPractice, mayHaveHappened, type Plan, type PlanStatus, type Step } from "./plan.ts";
import { endOfBegun, runStep, type StepEnd } from "./run-step.ts";
import { sealedStory } from "./sealed-story.ts";
import { stillFires } from "./still-fires.ts";
import type { Trx } from "./store.ts";
import { planByNumber } from "./store/plan-rows.ts";
import { movePlan } from "./store/plans.ts";
import { wayBack } from "./way-back.ts";

/**
 * Works through the steps of a claimed plan and ends it. Before the first call every target must stand as when the plan
 * was made, else it is `cancelled`; before each later one its target must stand as the steps so far leave it, else the
 * ways back are walked and the plan ends `failed` or `needs_human`. Nothing but that stops it once a call was made.
 */
export async function runPlan(held: Lease, ctx: Context): Promise<void> {
  const plan = await readPlan(held, ctx);
  const begun = plan.steps.some((step) => step.intentAt !== null);
  const drift = begun ? null : ((await driftOf(plan, ctx)) ?? (await notAsked(held, plan, ctx)));
  if (drift !== null) return endPlan(held, "cancelled", `not run: ${drift}`, ctx);
  const stop = await wayForth(held, plan, ctx);
  if (stop === null) return endPlan(held, "done", null, ctx);
  const { end, n } = stop;
  const called = (await readPlan(held, ctx)).steps.some(mayHaveHappened);
  if (end.state === "refused" && !called) {
    const status = end.reason === "too_late" ? "expired" : "cancelled";
    return endPlan(held, status, `not run: ${end.message}`, ctx);
  }
  const alone = plan.steps.length === 1;
  const why = alone
    ? end.message
    : `${end.state === "refused" ? "stopped before step" : "step"} ${n}: ${end.message}`;
  const back = await wayBack(held, ctx);
  const status = end.state === "needs_human" || back.unwalked ? "needs_human" : "failed";
  return endPlan(held, status, [why, ...back.told].join(" "), ctx);
}

type Stop = { n: number; end: Exclude<StepEnd, { state: "done" }> };

/** Null when every step on the way forth is done. */
async function wayForth(held: Lease, plan: Plan, ctx: Context): Promise<Stop | null> {
  const turnedBack = plan.steps.some((step) => step.undoes !== null && step.state !== "ready");
  let expected: States = plan.fingerprint;
  for (const step of plan.steps.filter(({ undoes }) => undoes === null)) {
    const end =
      step.state !== "ready"
        ? await endOfBegun(held, step, ctx)
        : turnedBack
          ? ({ state: "refused", reason: "turned_back", message: "the way back had begun." } as const)
          : await begin(held, plan, step, expected[step.target], ctx);
    if (end.state !== "done") return { n: step.n, end };
    expected = afterStep(expected, step);
  }
  return null;
}

async function begin(
  held: Lease,
  plan: Plan,
  step: Step,
  expected: TargetState | undefined,
  ctx: Context,
): Promise<StepEnd> {
  if (isPractice(plan)) return runStep(held, { plan, step, state: nowhere }, ctx);
  const live = await readTarget(step.target, step.instanceId, null, ctx);
  if (!live.ok) return { state: "refused", reason: "changed", message: `${live.message}.` };
  const changed = expected
    ? differences({ ...expected, alert: "none" }, live.state)
    : ["it is not in the plan"];
  if (changed.length > 0)
    return { state: "refused", reason: "changed", message: `${step.target}: ${changed.join(", ")}.` };
  return runStep(held, { plan, step, state: live.state }, ctx);
}

/** Why the targets are not as they were when the plan was proposed, or null. */
async function driftOf(plan: Plan, ctx: Context): Promise<string | null> {
  const incident = await incidentOf(plan, ctx);
  for (const { name, instanceId } of plan.targets) {
    const live = await readTarget(name, instanceId, incident, ctx);
    if (!live.ok) return live.message;
    const before = plan.fingerprint[name];
    const changed = before ? differences(before, live.state) : ["its state was not recorded"];
    if (changed.length > 0) return `${name} is not as it was when this was proposed: ${changed.join(", ")}`;
  }
  return null;
}

/** What only reads is of use after the alert too. */
async function incidentOf({ incident, risk }: Plan, ctx: Context): Promise<Incident | null> {
  return incident === null || risk === 0 ? null : getIncident(incident, ctx);
}

/**
 * Asks whether the alerts that a plan rests on still fire: why it must not begin, or null. Where nobody can say, what a
 * rule decided alone does not begin; what a person approved goes on, and its card and the audit say so.
 */
async function notAsked(held: Lease, plan: Plan, ctx: Context): Promise<string | null> {
  const incident = await incidentOf(plan, ctx);
  if (incident === null) return null;
  const blind: string[] = [];
  for (const { name } of plan.targets) {
    const fires = await stillFires(name, incident, ctx);
    if (fires.state === "over" && plan.fingerprint[name]?.alert === "firing")
      return `${name} is not as it was when this was proposed: its alert is over`;
    if (fires.state === "unknown") blind.push(fires.because);
  }
  if (blind.length === 0) return null;
  const because = [...new Set(blind)].join("; ");
  if ((await approvalStanding(ctx.store.db, plan, ctx)).given === 0) return `${because}; nobody approved it`;
  await goOnBlind(held, `It went on because a person approved it: ${because}.`, ctx);
  return null;
}

async function goOnBlind(held: Lease, note: string, ctx: Context): Promise<void> {
  await inLease(held, ctx, async (trx) => {
    await movePlan(trx, held.plan, ["executing"], { status: "executing", note });
    const subject = `plan-${held.plan}`;
    await appendAudit(trx, { actor: "system", verb: "go on unasked", subject, detail: { note } }, ctx);
  });
}

async function readTarget(
  name: string,
  instanceId: string,
  incident: Incident | null,
  ctx: Context,
): Promise<{ ok: true; state: TargetState } | { ok: false; message: string }> {
  const no = (message: string) => ({ ok: false as const, message });
  const target = ctx.findTarget(name);
  if (!target) return no(`${name} is not in the inventory any more`);
  if (target.instanceId !== instanceId) return no(`${name} is another instance now (${target.instanceId})`);
  if (target.protectedBecause !== null) return no(`${name} is protected: ${target.protectedBecause}`);
  try {
    const state = await targetState({ name, instanceId }, incident, ctx);
    return state === null ? no(`EC2 does not know ${name} (${instanceId}) any more`) : { ok: true, state };
  } catch (error) {
    return no(`the state of ${name} cannot be read: ${cloudFailure(error).message}`);
  }
}

async function readPlan(held: Lease, ctx: Context): Promise<Plan> {
  const plan = await planByNumber(ctx.store.db, held.plan);
  if (!plan) throw new Error(`plan-${held.plan} cannot be read`);
  return plan;
}

async function endPlan(held: Lease, status: PlanStatus, note: string | null, ctx: Context): Promise<void> {
  await inLease(held, ctx, async (trx) => {
    const plan = status === "done" ? await planByNumber(trx, held.plan) : null;
    if (plan !== null && !(await isSealedDone(trx, plan, ctx))) return endForged(trx, plan, ctx);
    const ended = status === "done" ? { doneAt: ctx.clock.wall(), doneMetricAt: ctx.clock.metric() } : {};
    const to = { status, ...ended, ...(note === null ? {} : { note }) };
    if (!(await movePlan(trx, held.plan, ["executing"], to))) return;
    const detail = note === null ? {} : { note };
    await appendAudit(trx, { actor: "system", verb: status, subject: `plan-${held.plan}`, detail }, ctx);
  });
}

/** A step's state is a word that whoever writes the database may write; that it was done stands in the sealed audit. */
async function isSealedDone(trx: Trx, plan: Plan, ctx: Context): Promise<boolean> {
  const { done } = await sealedStory(trx, plan, ctx);
  return plan.steps.every(({ n, undoes }) => undoes !== null || done.has(n));
}

async function endForged(trx: Trx, { number, id }: Plan, ctx: Context): Promise<void> {
  const note = "its rows say that all is done, and its sealed journal does not; look at its targets";
  if (!(await movePlan(trx, number, ["executing"], { status: "failed", note }))) return;
  await appendAudit(trx, { actor: "system", verb: "failed", subject: id, detail: { note } }, ctx);
}
