import type { Target } from "../infra/inventory.ts";
import { findAction } from "./actions/actions.ts";
import type { TargetState } from "./actions/target-state.ts";
import { refuse, type Context, type Refusal } from "./context.ts";
import { afterStep, type States } from "./expected-state.ts";
import type { Step } from "./plan.ts";
import type { Risk } from "./policy.ts";
import { fillText, type Recipe, type Runbook } from "./runbook.ts";

/** A target that can be acted on. */
export type Named = Target & { instanceId: string };

type Built = { ok: true; steps: Step[]; risks: Risk[] } | Refusal;

/**
 * The steps of a runbook for each target in turn, and after them all their ways back, the last step's first. `states`
 * are the targets' present ones: they decide which steps apply, and what a way back leads to. A refusal when an action
 * does not take its parameters.
 */
export function stepsOf(
  runbook: Pick<Runbook, "name" | "steps">,
  params: Record<string, string>,
  targets: readonly Named[],
  states: States,
  ctx: Pick<Context, "random">,
): Built {
  let now = states;
  const forth: { step: Step; recipe: Recipe; before: TargetState }[] = [];
  for (const target of targets) {
    for (const recipe of runbook.steps) {
      const before = now[target.name];
      if (before === undefined || !applies(recipe, before)) continue;
      const built = build(runbook.name, recipe, params, target, before, ctx);
      if (!built.ok) return built;
      const step = { ...built.step, n: forth.length + 1 };
      forth.push({ step, recipe, before });
      now = afterStep(now, step);
    }
  }
  const back = [...forth].reverse().flatMap(({ step, recipe, before }) => {
    const inverse = recipe.undo ? (findAction(step.action)?.inverse(step, before) ?? null) : null;
    return inverse === null ? [] : [{ ...stepOf(inverse.action, step, inverse.params, ctx), undoes: step.n }];
  });
  const steps = [
    ...forth.map(({ step }) => step),
    ...back.map((step, index) => ({ ...step, n: forth.length + index + 1 })),
  ];
  return { ok: true, steps, risks: forth.map(({ step, before }) => riskOfStep(step, before)) };
}

function applies({ only }: Recipe, { group }: TargetState): boolean {
  return only !== "members" || group !== null;
}

function build(
  runbook: string,
  recipe: Recipe,
  params: Record<string, string>,
  target: Named,
  { group }: TargetState,
  ctx: Pick<Context, "random">,
): { ok: true; step: Step } | Refusal {
  const action = findAction(recipe.action);
  if (!action)
    return refuse("unknown_action", `${runbook} uses the action "${recipe.action}", which does not exist.`);
  const values = { ...params, ...(group === null ? {} : { group: group.name }) };
  const filled = Object.fromEntries(
    Object.entries(recipe.params).map(([name, text]) => [name, fillText(text, values)]),
  );
  if (group === null && Object.values(filled).includes("{group}"))
    return refuse("no_group", `${target.name} belongs to no Auto Scaling group, which ${runbook} is about.`);
  const complaint = action.complaint(filled);
  if (complaint !== null) return refuse("params", `${runbook}: ${complaint}.`);
  const subject = { target: target.name, instanceId: target.instanceId };
  return { ok: true, step: stepOf(action.name, subject, filled, ctx) };
}

function riskOfStep(step: Step, before: TargetState): Risk {
  const action = findAction(step.action);
  return action?.riskFor?.(step, before) ?? action?.risk ?? 3;
}

/** A step that has not begun; its number is given where it stands. */
export function stepOf(
  action: string,
  { target, instanceId }: { target: string; instanceId: string },
  params: Record<string, string>,
  ctx: Pick<Context, "random">,
): Step {
  return {
    n: 0,
    action,
    target,
    instanceId,
    params,
    undoes: null,
    pinned: null,
    executionId: `smartcloudops-${ctx.random()}`,
    state: "ready",
    attempt: 0,
    fence: 0,
    intentAt: null,
    calledAt: null,
    finishedAt: null,
    intentMetricAt: null,
    metricAt: null,
    reference: null,
    evidence: {},
    message: null,
  };
}
