import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually, fakeLog } from "../fixtures/fakes/listener.ts";
import { openDatabase, type OpenDatabase } from "../infra/database/open.ts";
import { createMetrics } from "../infra/metrics.ts";
import { type Card, draft } from "./card.ts";
import { type Conversations, createConversations } from "./conversations.ts";
import { createDelivery, type Delivery } from "./delivery.ts";
import type { Place, Surface, SurfaceName } from "./surface.ts";

const view = { kind: "incident", id: "inc-1" } as const;
const face = (title: string) => draft({ title, incident: "inc-1" });
const home = (surface: SurfaceName): Place => ({ surface, channel: "C1", thread: null });

let database: OpenDatabase;
let conversations: Conversations;
let delivery: Delivery;
let slack: ReturnType<typeof fakeSurface>;
let discord: ReturnType<typeof fakeSurface>;
let now = 0;

beforeEach(async () => {
  database = await openDatabase(":memory:", { wall: () => now });
  conversations = createConversations({ db: database.db, wall: () => now });
  slack = fakeSurface("slack");
  discord = fakeSurface("discord");
  delivery = createDelivery({
    conversations,
    surfaces: new Map([
      ["slack", slack.surface],
      ["discord", discord.surface],
    ]),
    drawChart: async () => Buffer.from("png"),
    metrics: createMetrics(),
    log: fakeLog(),
  });
});

afterEach(async () => {
  slack.release();
  discord.release();
  await delivery.settled(1_000);
  await database.close();
});

/** A chat that keeps what stands in it and takes nothing while it is held. */
function fakeSurface(name: SurfaceName) {
  let held = Promise.resolve();
  let release: () => void = () => undefined;
  const shown: string[] = [];
  const state = { isBroken: false };
  async function take(show: (card: Card) => void, card: Card): Promise<void> {
    await held;
    if (state.isBroken) throw new Error("the chat is gone");
    show(card);
  }
  const surface: Surface = {
    name,
    start: async () => undefined,
    stop: async () => undefined,
    post: async (_place, card) => {
      await take(({ title }) => shown.push(title), card);
      return String(shown.length - 1);
    },
    edit: (_place, message, card) => take(({ title }) => (shown[Number(message)] = title), card),
    state: () => ({ connected: true, detail: "" }),
  };
  const hold = () => {
    held = new Promise((resolve) => (release = resolve));
  };
  return { surface, shown, state, hold, release: () => release() };
}

const newest = async () => {
  const [copy] = await conversations.copiesOf({ incident: "inc-1" });
  if (copy === undefined) throw new Error("no card was stored");
  return copy;
};

it("edits a card that changed while it was being posted, and posts it once", async () => {
  slack.hold();
  await delivery.post([home("slack")], face("found"), view);
  await delivery.edit(await newest(), face("denied"), null);
  slack.release();
  await eventually("the newest face", () => slack.shown[0] === "denied");
  expect(slack.shown).toEqual(["denied"]);
  await delivery.settled(1_000);
  expect((await newest()).pending).toBeNull();
});

it("edits an answer that changed while its surface was posting it, and never posts it again", async () => {
  const answer = await delivery.answer(home("slack"), face("found"), view, false);
  await delivery.edit(await newest(), face("denied"), null);
  await delivery.flush();
  expect(slack.shown).toEqual([]);
  await answer.delivered(await slack.surface.post(home("slack"), answer.card));
  await delivery.flush();
  await eventually("the newest face", () => slack.shown[0] === "denied");
  expect(slack.shown).toEqual(["denied"]);
});

it("is not held up by a surface that hangs", async () => {
  slack.hold();
  await delivery.post([home("slack"), home("discord")], face("found"), view);
  await eventually("the card on Discord", () => discord.shown.length === 1);
  await delivery.flush();
  expect([slack.shown, discord.shown]).toEqual([[], ["found"]]);
});

it("tries again what a surface did not take, later each time, and shows the newest face only", async () => {
  slack.state.isBroken = true;
  await delivery.post([home("slack")], face("found"), view);
  await delivery.settled(1_000);
  expect(await newest()).toMatchObject({ pending: "post", attempts: 1 });
  slack.state.isBroken = false;
  await delivery.flush();
  await delivery.settled(1_000);
  expect(slack.shown).toEqual([]);
  now += 2_000;
  await conversations.redraw((await newest()).card.id, face("improved"), null);
  await delivery.flush();
  await delivery.settled(1_000);
  expect(slack.shown).toEqual(["improved"]);
});
