import type { Target } from "../infra/inventory.ts";
import type { InstanceView } from "./cloud.ts";
import { formatDuration } from "./duration.ts";
import type { Limits, Risk } from "./policy.ts";
import { fillText, type Runbook } from "./runbook.ts";

/** What a plan touches, as lines of its card, most important first. */
export function blastRadius(
  plan: {
    runbook: Runbook;
    params: Record<string, string>;
    targets: readonly { target: Target; view: InstanceView }[];
    proofs: readonly string[];
  },
  limits: Limits,
): string[] {
  const { runbook, params } = plan;
  return [
    ...(runbook.stops === ""
      ? []
      : plan.targets.map(
          ({ target }) => `Stops ${fillText(runbook.stops, { ...params, target: target.name })}.`,
        )),
    ...plan.targets.map(({ target, view }) => describe(target, view)),
    `Precheck passed: ${[...new Set(plan.proofs)].join("; ")}.`,
    `Way back: ${fillText(runbook.wayBack, params)}.`,
    `Then quiet for ${formatDuration(limits.cooldown)}; at most ${limits.tries} runs on a target in ${formatDuration(limits.tries_window)}.`,
  ];
}

/**
 * The risk of a plan: the largest of its actions' and its runbook's, and 3 as soon as it disturbs more than one target
 * or one tagged critical. Reading stays 0.
 */
export function riskOf(risks: readonly Risk[], targets: readonly { tags: Record<string, string> }[]): Risk {
  const largest = risks.reduce<Risk>((most, risk) => (risk > most ? risk : most), 0);
  if (largest === 0) return 0;
  return targets.length > 1 || targets.some(isCritical) ? 3 : largest;
}

/** Tagged `critical` (with any value but false, no or 0), or with the value `critical` on any tag. */
export function isCritical(target: { tags: Record<string, string> }): boolean {
  return Object.entries(target.tags).some(([key, value]) => {
    const said = value.trim().toLowerCase();
    if (said === "critical") return true;
    return key.trim().toLowerCase() === "critical" && !["false", "no", "0"].includes(said);
  });
}

function describe(target: Target, view: InstanceView): string {
  const group =
    view.autoScalingGroup === null ? "in no Auto Scaling group" : `in group ${view.autoScalingGroup}`;
  const where = target.region === null ? "" : ` in ${target.region}`;
  return `${target.name}: ${target.instanceId ?? "no instance"} (${view.type}, ${view.state}${where}), ${group}.`;
}
