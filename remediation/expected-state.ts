import { findAction } from "./actions/actions.ts";
import type { TargetState } from "./actions/target-state.ts";
import type { Step } from "./plan.ts";

/** How each target stands, by its name. */
export type States = Record<string, TargetState>;

/**
 * How the targets stand once a step is done, given how they stood before it. What a step does to its target's Auto
 * Scaling group is true of the group's other members too.
 */
export function afterStep(states: States, step: Step): States {
  const before = states[step.target];
  const action = findAction(step.action);
  if (before === undefined || action === null) return states;
  const after = action.postState(step, before);
  const others = Object.entries(states).map(([name, state]) => {
    const [own, changed] = [state.group, after.group];
    if (own === null || own.name !== changed?.name) return [name, state] as const;
    return [name, { ...state, group: { ...own, desired: changed.desired } }] as const;
  });
  return { ...Object.fromEntries(others), [step.target]: after };
}
