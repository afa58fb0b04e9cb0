import type { Intent } from "../../intents/intent.ts";
import type { Refusal } from "../../remediation/context.ts";
import { nextWindow } from "../../remediation/next-window.ts";
import type { Plan } from "../../remediation/plan.ts";
import { proposePractice } from "../../remediation/practice.ts";
import type { Proposed } from "../../remediation/propose.ts";
import { type Asker, type Bot, privately, type Response } from "../bot.ts";
import { refusalCard } from "../cards/refusals.ts";

/** A plan that does nothing, so that people may try their buttons and rights by day. */
export async function practise(
  intent: Extract<Intent, { kind: "remediate" }>,
  asker: Asker,
  bot: Bot,
): Promise<Proposed> {
  const later = windowOf(intent, bot, {});
  return later.ok ? proposePractice({ requester: asker.person, window: later.window }, bot.core) : later;
}

/** When it may begin, in the zone that the cards speak of; null: as soon as it is approved. */
export function windowOf(
  { when }: Extract<Intent, { kind: "remediate" }>,
  bot: Bot,
  tags: Record<string, string>,
): { ok: true; window: Plan["window"] } | Refusal {
  if (when === undefined) return { ok: true, window: null };
  const { nowMs: now, timeZone: zone } = bot.scene();
  return nextWindow(when, { now, zone, quietTimes: bot.core.quietTimes, tags });
}

/** Refuses a time without a remedy, and says what to write. */
export function nameTheRemedy(): Response {
  const text =
    'What runs later must be named now, because the rules choose by what is true then: "remediate web-1 RUNBOOK at 02:00".';
  return privately(refusalCard("Which remedy?", text));
}
