import { anyGranted } from "../remediation/autonomy.ts";
import type { MassEvent } from "../remediation/mass-event.ts";
import type { Bot } from "./bot.ts";
import type { CardDraft } from "./card.ts";
import { suspectCard } from "./cards/autonomy-card.ts";

/**
 * Tells a mass event by a card of its own where that says something new: targets lost their data, or rules that were
 * trusted are not any more. What only troubles many targets is one fleet-wide card already.
 */
export function createMassAnnouncer(bot: Bot, post: (card: CardDraft) => Promise<unknown>) {
  return async (event: MassEvent): Promise<void> => {
    if (event.silent > 0 || (await anyGranted(bot.core))) await post(suspectCard(event, bot.scene()));
  };
}
