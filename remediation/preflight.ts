import { findAction } from "./actions/actions.ts";
import { liveState, stateOf } from "./actions/live-state.ts";
import type { TargetState } from "./actions/target-state.ts";
import { cloudFailure, type InstanceView } from "./cloud.ts";
import { refuse, type Context, type Refusal } from "./context.ts";
import { afterStep, type States } from "./expected-state.ts";
import type { Incident } from "./incident.ts";
import type { Named } from "./plan-steps.ts";
import type { Step } from "./plan.ts";

/** A target and how it stands while a plan is made for it. */
export type Seen = { target: Named; view: InstanceView; state: TargetState };

/** Reads how each target stands. */
export async function look(
  targets: readonly Named[],
  incident: Incident | null,
  ctx: Context,
): Promise<{ ok: true; seen: Seen[] } | Refusal> {
  try {
    const seen: Seen[] = [];
    for (const target of targets) {
      const { name, instanceId } = target;
      const view = await liveState(instanceId, ctx);
      if (!view) return refuse("missing", `EC2 does not know ${instanceId} (${name}).`);
      seen.push({ target, view, state: await stateOf(name, instanceId, view, incident, ctx) });
    }
    return { ok: true, seen };
  } catch (error) {
    return unreadable(error);
  }
}

/**
 * Runs every precheck, each on the state that the steps before it leave, so that the card shows what is known before
 * somebody decides. Ways back are checked when they are needed.
 */
export async function precheck(
  steps: readonly Step[],
  states: States,
  ctx: Context,
): Promise<{ ok: true; steps: Step[]; proofs: string[] } | Refusal> {
  const [pinned, proofs]: [Step[], string[]] = [[], []];
  const idle: string[] = [];
  let now = states;
  try {
    for (const step of steps) {
      const [action, state] = [findAction(step.action), now[step.target]];
      const checked = step.undoes === null && state ? await action?.precheck(step, state, ctx) : undefined;
      if (checked && !checked.ok) return checked;
      if (checked) proofs.push(checked.proof);
      if (checked?.nothingToDo !== undefined) idle.push(checked.nothingToDo);
      pinned.push({ ...step, pinned: checked?.pinned ?? null });
      if (step.undoes === null) now = afterStep(now, step);
    }
    const forth = steps.filter(({ undoes }) => undoes === null).length;
    return idle.length === forth
      ? refuse("nothing_to_do", idle.join(" "))
      : { ok: true, steps: pinned, proofs };
  } catch (error) {
    return unreadable(error);
  }
}

function unreadable(error: unknown): Refusal {
  const message = `The live state cannot be read, so nothing is proposed: ${cloudFailure(error).message}`;
  return refuse("cloud", message);
}

/** The states by the targets' names. */
export function statesOf(seen: readonly Seen[]): States {
  return Object.fromEntries(seen.map(({ target, state }) => [target.name, state]));
}
