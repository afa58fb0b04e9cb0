import { expect, test } from "vitest";
import { coreWorld } from "../fixtures/fakes/core.ts";
import { sceneAt } from "../fixtures/fakes/scene.ts";
import { trustedWorld } from "../fixtures/fakes/trusted-world.ts";
import { createMassAnnouncer } from "./announce-mass.ts";
import type { Bot } from "./bot.ts";
import type { CardDraft } from "./card.ts";

/** The titles that were posted of a mass event on this core. */
async function told(core: Bot["core"], silent: number): Promise<string[]> {
  const cards: CardDraft[] = [];
  const bot = { core, scene: () => sceneAt(core.clock.wall()) } as Pick<Bot, "core" | "scene"> as Bot;
  const announce = createMassAnnouncer(bot, async (card) => void cards.push(card));
  await announce({ targets: ["a", "b", "c", "d", "e"], fleet: 9, silent });
  return cards.map(({ title }) => title);
}

test("a mass event has a card of its own where targets are silent or rules lose trust, not where the fleet's card tells it", async () => {
  const world = await coreWorld();
  expect(await told(world.ctx, 0)).toEqual([]);
  expect(await told(world.ctx, 3)).toHaveLength(1);
  await world.close();
  const trusted = await trustedWorld("veto");
  expect(await told(trusted.ctx, 0)).toHaveLength(1);
  await trusted.close();
});
