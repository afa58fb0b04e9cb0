import type { Target } from "../infra/inventory.ts";
import { findAction } from "./actions/actions.ts";
import type { Context, Refusal } from "./context.ts";
import type { Step } from "./plan.ts";
import { fillText, type Runbook } from "./runbook.ts";

/** A target that can be acted on. */
export type Named = Target & { instanceId: string };

/** The steps of a runbook for each target in turn; a refusal when an action does not take its parameters. */
export function stepsOf(
  runbook: Runbook,
  params: Record<string, string>,
  targets: readonly Named[],
  ctx: Context,
): { ok: true; steps: Step[] } | Refusal {
  const steps: Step[] = [];
  for (const target of targets) {
    for (const recipe of runbook.steps) {
      const action = findAction(recipe.action);
      if (!action)
        return refuse(
          "unknown_action",
          `${runbook.name} uses the action "${recipe.action}", which does not exist.`,
        );
      const filled = Object.entries(recipe.params).map(
        ([name, text]) => [name, fillText(text, params)] as const,
      );
      const stepParams = Object.fromEntries(filled);
      const complaint = action.complaint(stepParams);
      if (complaint !== null) return refuse("params", `${runbook.name}: ${complaint}.`);
      steps.push(readyStep(steps.length + 1, action.name, target, stepParams, ctx.random()));
    }
  }
  return { ok: true, steps };
}

function readyStep(
  n: number,
  action: string,
  target: Named,
  params: Record<string, string>,
  random: string,
): Step {
  return {
    n,
    action,
    target: target.name,
    instanceId: target.instanceId,
    params,
    undoes: null,
    pinned: null,
    executionId: `smartcloudops-${random}`,
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

function refuse(reason: string, message: string): Refusal {
  return { ok: false, reason, message };
}
