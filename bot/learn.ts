import type { Target } from "../infra/inventory.ts";
import { incidentOfTarget, listIncidents } from "../remediation/incident.ts";
import type { Bot } from "./bot.ts";
import type { Stretch, Training } from "./detector.ts";

/** Trouble begins before it is noticed, and its traces in rolling windows outlast it. */
const beforeSeconds = 600;
const afterSeconds = 300;

/**
 * Learns a target anew, but never while it has an incident: the fault would become what is usual, and the incident
 * would close itself. Earlier incidents are left out of what is learned.
 */
export async function learnTarget(target: Target, bot: Bot): Promise<Training> {
  const open = await incidentOfTarget(target.name, bot.core);
  if (open !== null) {
    const message = `${open.id} is open; a model that learned from it would take the trouble for normal. Resolve it first.`;
    return { ok: false, target: target.name, message };
  }
  const earlier = await listIncidents({ unresolvedOnly: false, limit: 10_000 }, bot.core);
  const leftOut = earlier
    .filter((incident) => incident.target === target.name)
    .map(({ openedMetricAt, resolvedMetricAt }): Stretch => ({
      start: openedMetricAt - beforeSeconds,
      end: (resolvedMetricAt ?? Number.POSITIVE_INFINITY) + afterSeconds,
    }));
  return bot.detector.train(target, leftOut);
}
