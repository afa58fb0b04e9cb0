import type { Action, Probe } from "./actions/action.ts";
import { findAction } from "./actions/actions.ts";
import type { TargetState } from "./actions/target-state.ts";
import { cloudFailure } from "./cloud.ts";
import type { Context } from "./context.ts";
import {
  keepLease,
  readStep,
  writeCalled,
  writeIntent,
  writeNothingToDo,
  writeResult,
  writeUnknown,
  type Lease,
} from "./journal.ts";
import { happened, isPractice, type Plan, type Step } from "./plan.ts";
import { reachOf } from "./reach.ts";
import { withFullStop } from "./sentence.ts";

/** How a step ended. `refused`: nothing was called, and why. */
export type StepEnd =
  | { state: "done" | "failed" | "needs_human"; message: string }
  | { state: "refused"; reason: string; message: string };

/**
 * The three moments of one step: precheck on the target's present state, the one call between two commits, and looking
 * until the end is known. Under a role that is configured for it, the call has rights for this plan's targets only.
 */
export async function runStep(
  held: Lease,
  { plan, step, state }: { plan: Plan; step: Step; state: TargetState },
  ctx: Context,
): Promise<StepEnd> {
  const action = findAction(step.action);
  if (!action) return refused("unknown_action", `there is no action "${step.action}" in this version`);
  const complaint = action.complaint(step.params);
  if (complaint !== null) return refused("params", complaint);
  const checked = await precheck(action, step, state, ctx);
  if (!checked.ok) return refused(checked.reason, checked.message);
  if (checked.nothingToDo !== undefined) {
    await writeNothingToDo(held, step, checked.nothingToDo, ctx);
    return { state: "done", message: checked.nothingToDo };
  }
  if (step.pinned !== null && checked.pinned !== step.pinned) {
    const now = checked.pinned ?? "unknown";
    return refused(
      "changed",
      `what ${step.action} runs changed since the plan was made (${step.pinned}, now ${now})`,
    );
  }
  const hands = await limited(plan, ctx);
  if (!hands.ok) return refused(hands.reason, hands.message);
  const stopped = await writeIntent(held, step, checked.evidence, ctx);
  if (stopped !== null) return refused(stopped, why[stopped]);
  return call(held, action, step, { ...ctx, cloud: { ...ctx.cloud, ...hands.mutations } });
}

/**
 * Finds out how a step ended that has an intent and no end, from evidence alone: used after the call, after a timeout
 * around it, and after a crash. `uncertain` when the call may never have been made.
 */
export async function settleStep(held: Lease, n: number, uncertain: boolean, ctx: Context): Promise<StepEnd> {
  const { step } = await readStep(held, n, ctx);
  const action = findAction(step.action);
  if (!action)
    return end(held, step, "needs_human", nothingSeen(`There is no action "${step.action}" any more.`), ctx);
  const began = step.calledAt ?? ctx.clock.wall();
  let known = step;
  for (;;) {
    const overdue = ctx.clock.wall() >= began + action.patienceMs(known);
    const seen = await look(action, known, { uncertain, overdue }, ctx);
    if (seen.reference !== undefined) known = { ...known, reference: seen.reference };
    if (seen.state === "done" || seen.state === "failed") return end(held, known, seen.state, seen, ctx);
    if (overdue || seen.hopeless) return end(held, known, "needs_human", seen, ctx);
    await ctx.wait(action.pollMs);
    await keepLease(held, ctx);
  }
}

/** How a step ends that was begun before, perhaps by a process that died: it is never called again. */
export async function endOfBegun(held: Lease, step: Step, ctx: Context): Promise<StepEnd> {
  switch (step.state) {
    case "ready":
      throw new Error(`step ${step.n} of plan-${held.plan} has not begun`);
    case "intent":
      await writeUnknown(held, step, "The bot was stopped around the call.", ctx);
      return settleStep(held, step.n, true, ctx);
    case "called":
      return settleStep(held, step.n, false, ctx);
    case "unknown":
      return settleStep(held, step.n, true, ctx);
    case "done":
    case "failed":
    case "needs_human":
      return { state: step.state, message: step.message ?? "" };
  }
}

const why = {
  paused: "automation was paused",
  tampered: "the plan's rows are not what was approved",
  other_cloud: "it was made for the other cloud",
  incident_resolved: "its incident was resolved meanwhile",
  approval: "its approvals do not count any more",
  too_late: "the time in which it might begin was over",
  not_executing: "the plan is not running any more",
  not_ready: "the step was begun already",
};

/** The cloud's mutations with rights for this plan only. */
async function limited(plan: Plan, ctx: Context) {
  // A practice asks the cloud for nothing, not even for rights.
  if (isPractice(plan)) return { ok: true as const, mutations: {} };
  try {
    return { ok: true as const, mutations: await ctx.cloud.limitedTo(reachOf(plan)) };
  } catch (error) {
    const { code, message } = cloudFailure(error);
    return { ok: false as const, reason: code, message: `no rights for it were given: ${message}` };
  }
}

async function precheck(action: Action, step: Step, state: TargetState, ctx: Context) {
  try {
    return await action.precheck(step, state, ctx);
  } catch (error) {
    const failure = cloudFailure(error);
    return {
      ok: false as const,
      reason: failure.code,
      message: `the check before it failed: ${failure.message}`,
    };
  }
}

async function call(held: Lease, action: Action, step: Step, ctx: Context): Promise<StepEnd> {
  let reference: string | null;
  try {
    reference = (await action.call(step, ctx)).reference;
  } catch (error) {
    const failure = cloudFailure(error);
    const { step: now } = await readStep(held, step.n, ctx);
    if (failure.accepted === "no") {
      const seen = { ...nothingSeen(failure.message), evidence: { error: failure.code, [happened]: "no" } };
      return end(held, now, "failed", seen, ctx);
    }
    await writeUnknown(held, now, withFullStop(`No answer to the call: ${failure.message}`), ctx);
    return settleStep(held, step.n, true, ctx);
  }
  await writeCalled(held, step, reference, ctx);
  return settleStep(held, step.n, false, ctx);
}

/** The world may not answer while it is looked at; that is no result, so the looking goes on until patience ends. */
async function look(
  action: Action,
  step: Step,
  moment: { uncertain: boolean; overdue: boolean },
  ctx: Context,
): Promise<Probe> {
  try {
    return await action.probe(step, moment, ctx);
  } catch (error) {
    return nothingSeen(`It cannot be looked at: ${cloudFailure(error).message}`);
  }
}

async function end(
  held: Lease,
  step: Step,
  given: "done" | "failed" | "needs_human",
  seen: Probe,
  ctx: Context,
): Promise<StepEnd> {
  const { reference, evidence } = seen;
  const message = withFullStop(seen.message);
  // A way back that failed leaves the target half way: a person has to look.
  const state = given === "failed" && step.undoes !== null ? "needs_human" : given;
  await writeResult(
    held,
    step,
    { state, message, evidence, ...(reference === undefined ? {} : { reference }) },
    ctx,
  );
  return { state, message };
}

function nothingSeen(message: string): Probe {
  return { state: "unknown", message, evidence: {} };
}

function refused(reason: string, message: string): StepEnd {
  return { state: "refused", reason, message };
}
