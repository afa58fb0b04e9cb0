import type { Target } from "../infra/inventory.ts";
import { incidentOfTarget, listIncidents } from "../remediation/incident.ts";
import type { Bot } from "./bot.ts";
import type { Stretch } from "./detector.ts";
import type { How, Training } from "./training.ts";

/** Trouble begins before it is noticed, and its traces in rolling windows outlast it. */
const beforeSeconds = 600;
const afterSeconds = 300;
const mostIncidents = 10_000;

/**
 * Learns a target anew, but never while it has an incident: the fault would become what is usual, and the incident
 * would close itself. Earlier incidents are left out of what is learned.
 */
export async function learnTarget(
  target: Target,
  how: Pick<How, "because" | "by">,
  bot: Pick<Bot, "core" | "feedback" | "trainer">,
): Promise<Training> {
  const open = await incidentOfTarget(target.name, bot.core);
  if (open !== null) {
    const message = `${open.id} is open; a model that learned from it would take the trouble for normal. Resolve it first.`;
    return { ok: false, target: target.name, reason: "failed", message };
  }
  return bot.trainer.train(target, { ...how, leftOut: await troubleOf(target.name, bot) });
}

/**
 * The stretches (unix seconds of metric time) of a target's incidents that must not become what is usual: all of them
 * but those that a person called no problem or the new normal.
 */
export async function troubleOf(target: string, bot: Pick<Bot, "core" | "feedback">): Promise<Stretch[]> {
  const harmless = await harmlessIncidents(bot.feedback, target);
  const incidents = await listIncidents({ unresolvedOnly: false, limit: mostIncidents }, bot.core);
  return incidents
    .filter((incident) => incident.target === target && !harmless.has(incident.id))
    .map(({ openedMetricAt, resolvedMetricAt }) => ({
      start: openedMetricAt - beforeSeconds,
      end: (resolvedMetricAt ?? Number.POSITIVE_INFINITY) + afterSeconds,
    }));
}

/** Incidents of one target, or of all, that a person called no problem or the new normal. */
export async function harmlessIncidents(
  feedback: Pick<Bot["feedback"], "verdictsOf">,
  target?: string,
): Promise<ReadonlySet<string>> {
  const said = await feedback.verdictsOf(target);
  return new Set(said.filter(({ verdict }) => verdict !== "problem").map(({ incident }) => incident));
}
