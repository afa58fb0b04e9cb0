import { appendAudit } from "./audit.ts";
import { cloudNow, type Context } from "./context.ts";
import { isIntact } from "./digest.ts";
import { approvalStanding } from "./approvals.ts";
import { stillAlone } from "./decide-alone.ts";
import { isPaused } from "./pause.ts";
import { incidentNumber, type Plan, type Step, type StepState } from "./plan.ts";
import { incidentByNumber } from "./store/incident-rows.ts";
import { sameCall, sealedStory } from "./sealed-story.ts";
import { requireRunning } from "./stopping.ts";
import type { Trx } from "./store.ts";
import { planByNumber } from "./store/plan-rows.ts";
import { moveStep, type StepChange } from "./store/steps.ts";
import { releaseLease, renewLease, takeLease } from "./store/switches.ts";

/** The right to work on one plan. A higher fence means that somebody else took over. */
export type Lease = { plan: number; holder: string; fence: number };

/** Longer than any call of the cloud may take (10 s) and five seconds. */
const leaseMs = 60_000;

/** Thrown when another process took the plan over: this one must not write or call anything any more. */
export class LeaseLost extends Error {
  constructor(plan: number) {
    super(`plan-${plan} was taken over by another process; this one leaves it alone`);
    this.name = "LeaseLost";
  }
}

/** Takes the lease of a plan in the transaction that claims it; null when another process holds it. */
export async function lease(trx: Trx, plan: number, seize: boolean, ctx: Context): Promise<Lease | null> {
  const now = ctx.clock.wall();
  const wanted = { name: `plan-${plan}`, holder: ctx.holder, now, until: now + leaseMs, seize };
  const fence = await takeLease(trx, wanted);
  return fence === null ? null : { plan, holder: ctx.holder, fence };
}

type IntentRefusal =
  | "paused"
  | "tampered"
  | "other_cloud"
  | "too_late"
  | "incident_resolved"
  | "approval"
  | "not_executing"
  | "not_ready";

/**
 * ready -> intent. Commits that the call is about to be made, in the one transaction that also reads the kill switch,
 * the lease, the plan's digest and, before the first call, its `run_by`. Only after this commit may the call go out.
 */
export async function writeIntent(
  held: Lease,
  step: Step,
  evidence: Record<string, string>,
  ctx: Context,
): Promise<IntentRefusal | null> {
  return inLease(held, ctx, async (trx) => {
    requireRunning(ctx);
    if (await isPaused(trx)) return "paused";
    const plan = await planByNumber(trx, held.plan);
    if (plan?.status !== "executing") return "not_executing";
    const planned = plan.steps.find(({ n }) => n === step.n);
    if (!isIntact(plan, ctx.store.key) || !sameCall(step, planned)) return "tampered";
    // A status is a word that whoever writes the database may write; what was claimed and called stands in the audit.
    const story = await sealedStory(trx, plan, ctx);
    if (!story.isClaimed || story.hasEnded || story.intents.has(step.n)) return "tampered";
    const now = ctx.clock.wall();
    const begun = story.intents.size > 0;
    if (plan.cloud !== cloudNow(ctx)) return "other_cloud";
    if (!begun && plan.runBy < now) return "too_late";
    const incident = plan.incident === null || begun ? null : incidentNumber(plan.incident);
    if (incident !== null && (await incidentByNumber(trx, incident))?.status === "resolved")
      return "incident_resolved";
    if (!begun && !(await isApprovedNow(trx, plan, ctx))) return "approval";
    const at = { intentAt: now, intentMetricAt: ctx.clock.metric() };
    const to: StepChange = { state: "intent", fence: held.fence, startsAttempt: true, ...at, evidence };
    if (!(await moveStep(trx, held.plan, step.n, ["ready"], to))) return "not_ready";
    await audit(trx, held, step, "intent", { action: step.action, target: step.target, ...evidence }, ctx);
    return null;
  });
}

/** intent -> called: the cloud accepted the call. */
export async function writeCalled(
  held: Lease,
  step: Step,
  reference: string | null,
  ctx: Context,
): Promise<void> {
  await write(held, step, ["intent"], { state: "called", calledAt: ctx.clock.wall(), reference }, {}, ctx);
}

/** intent or called -> unknown: the call may or may not have been made, so it is looked for and never repeated. */
export async function writeUnknown(held: Lease, step: Step, message: string, ctx: Context): Promise<void> {
  await write(held, step, ["intent", "called"], { state: "unknown", message }, { message }, ctx);
}

/** The end of a step, with what was seen. `needs_human` waits for a person to say what happened. */
export async function writeResult(
  held: Lease,
  step: Step,
  result: {
    state: "done" | "failed" | "needs_human";
    message: string;
    reference?: string;
    evidence: Record<string, string>;
  },
  ctx: Context,
): Promise<void> {
  const { state, message } = result;
  const to = {
    state,
    message,
    finishedAt: ctx.clock.wall(),
    metricAt: ctx.clock.metric(),
    evidence: { ...step.evidence, ...result.evidence },
    ...(result.reference === undefined ? {} : { reference: result.reference }),
  };
  await write(held, step, ["intent", "called", "unknown"], to, { message, ...result.evidence }, ctx);
}

/** ready -> done without a call: the target was as the step would have made it. */
export async function writeNothingToDo(
  held: Lease,
  step: Step,
  message: string,
  ctx: Context,
): Promise<void> {
  const at = { finishedAt: ctx.clock.wall(), metricAt: ctx.clock.metric() };
  await write(held, step, ["ready"], { state: "done", message, ...at }, { message, called: "no" }, ctx);
}

/** ready -> needs_human: a way back that could not begin, so that a person has to walk it. */
export async function writeNotWalked(held: Lease, step: Step, message: string, ctx: Context): Promise<void> {
  await write(held, step, ["ready"], { state: "needs_human", message }, { message, called: "no" }, ctx);
}

/** Lengthens the lease while waiting; throws LeaseLost when it is another's. */
export async function keepLease(held: Lease, ctx: Context): Promise<void> {
  await inLease(held, ctx, async () => undefined);
}

/** Gives the lease back at the end of the work. */
export async function endLease(held: Lease, ctx: Context): Promise<void> {
  const { plan, holder, fence } = held;
  await ctx.store.transaction((trx) => releaseLease(trx, { name: `plan-${plan}`, holder, fence }));
}

/** A transaction that holds only while the lease is still ours. */
export async function inLease<Result>(
  { plan, holder, fence }: Lease,
  ctx: Context,
  work: (trx: Trx) => Promise<Result>,
): Promise<Result> {
  return ctx.store.transaction(async (trx) => {
    const until = ctx.clock.wall() + leaseMs;
    if (!(await renewLease(trx, { name: `plan-${plan}`, holder, fence, until }))) throw new LeaseLost(plan);
    return work(trx);
  });
}

/** The newest state of a step, as the journal has it. */
export async function readStep(held: Lease, n: number, ctx: Context): Promise<{ plan: Plan; step: Step }> {
  const plan = await planByNumber(ctx.store.db, held.plan);
  const step = plan?.steps.find((candidate) => candidate.n === n);
  if (!plan || !step) throw new Error(`step ${n} of plan-${held.plan} cannot be read`);
  return { plan, step };
}

async function write(
  held: Lease,
  step: Step,
  from: readonly StepState[],
  to: Omit<StepChange, "fence">,
  detail: Record<string, unknown>,
  ctx: Context,
): Promise<void> {
  await inLease(held, ctx, async (trx) => {
    if (!(await moveStep(trx, held.plan, step.n, from, { ...to, fence: held.fence }))) {
      throw new Error(`step ${step.n} of plan-${held.plan} is not ${from.join(" or ")} any more`);
    }
    await audit(trx, held, step, to.state, detail, ctx);
  });
}

async function audit(
  trx: Trx,
  held: Lease,
  step: Step,
  state: StepState,
  detail: Record<string, unknown>,
  ctx: Context,
): Promise<void> {
  const note = { actor: "system", verb: `step ${state}`, subject: `plan-${held.plan}` };
  await appendAudit(trx, { ...note, detail: { step: step.n, ...detail } }, ctx);
}

async function isApprovedNow(trx: Trx, plan: Plan, ctx: Context): Promise<boolean> {
  const { given, needed } = await approvalStanding(trx, plan, ctx);
  return given >= needed || (await stillAlone(trx, plan, ctx)).ok;
}
