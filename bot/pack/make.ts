import type { Bot } from "../bot.ts";
import { collectedFrames } from "./collected.ts";
import { gatherPack, type PackSources } from "./gather.ts";
import { packPage } from "./page.ts";

/** Makes packs of a running bot's incidents, one after the other: each walks the whole audit. */
export function createPackMaker(
  bot: Pick<Bot, "core" | "scene" | "history">,
  rest: {
    heads: () => PackSources["heads"];
    drawChart: PackSources["drawChart"];
    secrets: readonly string[];
  },
) {
  let last: Promise<unknown> = Promise.resolve();

  async function make(id: string): Promise<string | null> {
    const { core } = bot;
    const history = collectedFrames(bot.history);
    const scene = bot.scene();
    const { drawChart, secrets } = rest;
    const pack = await gatherPack(id, { core, scene, history, drawChart, secrets, heads: rest.heads() });
    return pack && packPage(pack, { scene, policy: core.policy, secrets });
  }

  return (id: string): Promise<string | null> => {
    const made = last.then(() => make(id));
    last = made.catch(() => undefined);
    return made;
  };
}
