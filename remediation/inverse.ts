import { findAction } from "./actions/actions.ts";
import { differences } from "./actions/target-state.ts";
import { afterStep, type States } from "./expected-state.ts";
import { mayHaveHappened, type Plan, type Step } from "./plan.ts";
import type { Recipe } from "./runbook.ts";
import { undoWords } from "./undo-words.ts";

/** What takes a plan back: its steps' inverses in reverse, and how the targets stand until then. */
export type Inverse = {
  /** The same for every target of the plan. */
  steps: Recipe[];
  /** As the plan left its targets. */
  left: States;
  /** "stop, type t3.micro, start" */
  words: string;
};

/** Why nothing takes it back, in a sentence. */
type NoInverse = { because: string };

/**
 * The way back of a plan that is done, from what its rows say alone: how each target stood before each step is the
 * fingerprint, carried on by what the steps do. A step that changes nothing that lasts (a restart, a reboot) needs none;
 * one that does and has none, or a plan that left its target as it was, has no way back.
 */
export function inverseOf(plan: Pick<Plan, "id" | "steps" | "targets" | "fingerprint">): Inverse | NoInverse {
  let now: States = plan.fingerprint;
  const back: { of: Step; inverse: Recipe }[] = [];
  const forth = plan.steps.filter((step) => step.undoes === null);
  for (const step of forth) {
    const before = now[step.target];
    now = afterStep(now, step);
    const after = now[step.target];
    if (before === undefined || after === undefined || !mayHaveHappened(step)) continue;
    const inverse = findAction(step.action)?.inverse(step, before) ?? null;
    if (inverse !== null) back.unshift({ of: step, inverse: recipeOf(inverse) });
    else if (differences(before, after).length > 0) return { because: `Nothing takes ${step.action} back.` };
  }
  if (back.length === 0) return { because: "There is nothing in it that could be taken back." };
  if (
    leftAsItWas(
      plan,
      forth,
      back.map(({ inverse }) => inverse),
      now,
    )
  )
    return { because: `It left ${plan.targets.map(({ name }) => name).join(", ")} as it was.` };
  const [first, ...others] = plan.targets.map(({ name }) =>
    back.filter(({ of }) => of.target === name).map(({ inverse }) => inverse),
  );
  if (first === undefined || others.some((each) => JSON.stringify(each) !== JSON.stringify(first)))
    return { because: "Its targets stood differently before it: take each one back by itself." };
  return { steps: first, left: now, words: first.map((step) => undoWords(step)).join(", ") };
}

export function hasInverse(found: Inverse | NoInverse): found is Inverse {
  return "steps" in found;
}

/** Taking members out and back in again, or stopping and starting: walking that once more would change nothing. */
function leftAsItWas(
  { fingerprint }: Pick<Plan, "fingerprint">,
  forth: readonly Step[],
  back: readonly Recipe[],
  left: States,
): boolean {
  const same = Object.entries(fingerprint).every(([name, before]) => {
    const after = left[name];
    return after !== undefined && differences(before, after).length === 0;
  });
  const keyOf = ({ action, params }: Pick<Step, "action" | "params">) => JSON.stringify([action, params]);
  const done = new Set(forth.map(keyOf));
  return same && back.every((step) => done.has(keyOf(step)));
}

/** What only restores (start, into service, back behind the balancer) is not taken back when it fails half way. */
function recipeOf({ action, params }: { action: string; params: Record<string, string> }): Recipe {
  return { action, params, undo: (findAction(action)?.risk ?? 3) >= 2 };
}
