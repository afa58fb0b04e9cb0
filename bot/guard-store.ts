import type { Kysely } from "kysely";
import { type SettingsTable, writeSetting } from "../infra/database/settings.ts";
import type { Card } from "./card.ts";
import { type SurfaceLog, within } from "./heard.ts";
import type { Place, Surface, SurfaceName } from "./surface.ts";

/** With the three seconds between two looks this stays below the ten within which people are told. */
const longestMs = 5_000;

export type StoreGuard = {
  /** Looks once; to be called every few seconds. */
  beat(): Promise<void>;
  state(): { ok: boolean; detail: string };
};

/**
 * Notices within seconds that the store takes no writes any more (a full disk, a broken one, a database that is gone) by
 * writing to it, and says so once, in the log and on the home channels: without a journal nothing is acted on, and a
 * bot that only falls silent looks like one with nothing to do. Cards are normally stored first; these cannot be.
 */
export function createStoreGuard(deps: {
  db: Kysely<{ settings: SettingsTable }>;
  wall: () => number;
  /** What to do about an error of the store. */
  explain: (error: unknown) => Promise<string>;
  surfaces: ReadonlyMap<SurfaceName, Surface>;
  homes: readonly Place[];
  log: SurfaceLog;
}): StoreGuard {
  const { db, wall, explain, surfaces, homes, log } = deps;
  let problem: string | null = null;

  async function beat(): Promise<void> {
    const write = writeSetting(db, "store-beat", null, wall());
    const found = await within(longestMs, write, "writing to the store").then(() => null, explain);
    const before = problem;
    problem = found;
    if ((before === null) === (found === null)) return;
    if (found === null) log.info({}, "the store takes writes again");
    else log.error({ problem: found }, "the store takes no writes: nothing is acted on until it does");
    await tell(found === null ? mended(wall()) : broken(found, wall()));
  }

  async function tell(card: Card): Promise<void> {
    const posts = homes.map(async (home) => surfaces.get(home.surface)?.post(home, card));
    for (const outcome of await Promise.allSettled(posts)) {
      if (outcome.status === "rejected")
        log.warn({ error: String(outcome.reason) }, "a channel could not be told about the store");
    }
  }

  return {
    beat,
    state: () => ({ ok: problem === null, detail: problem ?? "answers" }),
  };
}

function broken(problem: string, now: number): Card {
  return {
    ...plain(now),
    title: "The store takes no writes: nothing is acted on",
    tone: "critical",
    text: `Nothing can be proposed, approved or run until this is put right, and buttons do not work: ${problem}`,
  };
}

function mended(now: number): Card {
  return {
    ...plain(now),
    title: "The store takes writes again",
    tone: "ok",
    text: "Everything works again. What was under way is looked up and brought to its end, and nothing is done twice.",
  };
}

const plain = (now: number) => ({
  id: `store-${now}`,
  fields: [],
  image: null,
  buttons: [],
  footer: "",
  incident: null,
  plan: null,
});
