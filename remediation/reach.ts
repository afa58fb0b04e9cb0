import type { Reach } from "./cloud.ts";
import type { Plan } from "./plan.ts";

/** What a plan's calls may reach, for the cloud to enforce: its targets and what its steps name. */
export function reachOf({ id, targets, steps, decisions }: Plan): Reach {
  const approvers = decisions.filter(({ decision }) => decision === "approve").map(({ person }) => person);
  return {
    plan: id,
    approver: approvers.join(", ") || "nobody, risk 0",
    instanceIds: targets.map(({ instanceId }) => instanceId),
    groups: named(steps, "Group"),
    targetGroups: named(steps, "TargetGroup"),
  };
}

function named(steps: Plan["steps"], parameter: string): string[] {
  return [...new Set(steps.flatMap(({ params }) => params[parameter] ?? []))];
}
