import { targetState } from "./actions/live-state.ts";
import type { TargetState } from "./actions/target-state.ts";
import { cloudFailure } from "./cloud.ts";
import type { Context } from "./context.ts";
import { writeNotWalked, type Lease } from "./journal.ts";
import { mayHaveHappened, type Plan, type Step } from "./plan.ts";
import { endOfBegun, runStep, type StepEnd } from "./run-step.ts";
import { planByNumber } from "./store/plan-rows.ts";

/** What became of the ways back: a sentence for each, and whether a person has to walk one. */
type WalkedBack = { unwalked: boolean; told: string[] };

/**
 * Walks the ways back of every step that acted or may have acted, in the plan's order: the last step's first. They were
 * approved with the plan. The kill switch holds them too; one that cannot be walked goes to a person.
 */
export async function wayBack(held: Lease, ctx: Context): Promise<WalkedBack> {
  const plan = await planByNumber(ctx.store.db, held.plan);
  if (!plan) throw new Error(`plan-${held.plan} cannot be read`);
  const acted = new Set(plan.steps.filter(mayHaveHappened).map(({ n }) => n));
  const told: string[] = [];
  let unwalked = false;
  for (const step of plan.steps) {
    if (step.undoes === null || !acted.has(step.undoes)) continue;
    const end = await walk(held, plan, step, ctx);
    if (end.state === "needs_human") unwalked = true;
    told.push(`Way back, ${step.action}: ${end.message}`);
  }
  return { unwalked, told };
}

async function walk(held: Lease, plan: Plan, step: Step, ctx: Context): Promise<StepEnd> {
  if (step.state !== "ready") return endOfBegun(held, step, ctx);
  const live = await readState(step, ctx);
  const end = live.ok ? await runStep(held, { plan, step, state: live.state }, ctx) : live.end;
  if (end.state !== "refused") return end;
  const message = `not walked: ${end.message}`;
  await writeNotWalked(held, step, message, ctx);
  return { state: "needs_human", message };
}

async function readState(
  { target, instanceId }: Step,
  ctx: Context,
): Promise<{ ok: true; state: TargetState } | { ok: false; end: StepEnd }> {
  const no = (message: string) =>
    ({ ok: false, end: { state: "refused", reason: "unreadable", message } }) as const;
  const known = ctx.findTarget(target);
  if (known?.instanceId !== instanceId || known.protectedBecause !== null)
    return no(`${target} is not what it was, or is protected now.`);
  try {
    const state = await targetState({ name: target, instanceId }, null, ctx);
    return state ? { ok: true, state } : no(`EC2 does not know ${target} any more.`);
  } catch (error) {
    return no(`the state of ${target} cannot be read: ${cloudFailure(error).message}`);
  }
}
