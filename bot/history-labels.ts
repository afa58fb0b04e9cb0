import { incidentStretches } from "../infra/database/incident-stretches.ts";
import type { Bot } from "./bot.ts";
import { harmlessIncidents } from "./learn.ts";

/** What was going on at a target, from `start` to `end` (unix seconds of metric time, both inclusive). */
type LabelStretch = { start: number; end: number; label: string };

export type LabelWindow = { start: number; end: number };

/** The label of a row about which nobody and nothing says otherwise. */
const normalLabel = "normal";

/** Says of a target and a metric time (unix seconds) what was going on: "normal" or an incident's cause. */
export type LabelAt = (target: string, at: number) => string;

type LabelSources = {
  core: { store: Pick<Bot["core"]["store"], "db"> };
  feedback: Pick<Bot["feedback"], "verdictsOf">;
};

/**
 * Labels of a window, of all targets or of one, to be asked row by row: in an incident its cause ("anomaly", "alert",
 * "predicted_breach", "failure_risk", "person"), but for incidents of which a person said that they were no problem or
 * the new normal; everything else is "normal". Where incidents touch, the later one counts.
 */
export async function labelReader(
  window: LabelWindow & { target?: string },
  bot: LabelSources,
): Promise<LabelAt> {
  const stretches = await stretchesOf(window, bot);
  return (target, at) =>
    stretches.get(target)?.findLast(({ start, end }) => at >= start && at <= end)?.label ?? normalLabel;
}

async function stretchesOf(
  window: LabelWindow & { target?: string },
  { core, feedback }: LabelSources,
): Promise<Map<string, LabelStretch[]>> {
  const harmless = await harmlessIncidents(feedback, window.target);
  const found = new Map<string, LabelStretch[]>();
  for (const { incident, target, cause, start, end } of await incidentStretches(core.store.db, window)) {
    if (harmless.has(incident)) continue;
    const stretches = found.get(target) ?? [];
    found.set(target, stretches);
    stretches.push({ start, end, label: cause });
  }
  return found;
}
