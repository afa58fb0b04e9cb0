import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually, fakeLog } from "../fixtures/fakes/listener.ts";
import { openDatabase, type OpenDatabase } from "../infra/database/open.ts";
import { createMetrics } from "../infra/metrics.ts";
import { type Card, draft } from "./card.ts";
import type { ChartSpec } from "./chart-spec.ts";
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
  conversations = createConversations({ db: database.db, wall: () => now, key: Buffer.alloc(32, 7) });
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

const chart: ChartSpec = {
  title: "memory",
  unit: "percent",
  alt: "memory of web-1",
  series: [],
  band: null,
  anomalies: [],
  marks: [],
  limit: null,
  axis: { kind: "relative", newest: 0 },
};
const withChart = (title: string) => ({ ...face(title), chart });

const count = async (table: "buttons" | "charts") =>
  (await database.db.selectFrom(table).select("created_at").execute()).length;

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

it("posts an answer later that its surface could not post, once and with its newest face", async () => {
  const answer = await delivery.answer(home("slack"), face("found"), view, false);
  await answer.undelivered();
  await delivery.edit(await newest(), face("denied"), null);
  now += 2_000;
  await delivery.flush();
  await delivery.settled(1_000);
  await delivery.flush();
  expect(slack.shown).toEqual(["denied"]);
  expect(await newest()).toMatchObject({ pending: null, message: "0" });
});

it("never posts a private answer in the open, however long it could not be brought", async () => {
  const answer = await delivery.answer(home("slack"), face("refused"), view, true);
  await answer.undelivered();
  now += 3_600_000;
  await delivery.flush();
  await delivery.settled(1_000);
  expect(slack.shown).toEqual([]);
});

it("stores one picture for all copies of a card", async () => {
  await delivery.post([home("slack"), home("discord")], withChart("found"), view);
  expect(await count("charts")).toBe(1);
  const copies = await conversations.copiesOf({ incident: "inc-1" });
  expect(copies.map(({ card }) => card.image)).toEqual([copies[0]?.card.image, copies[0]?.card.image]);
});

it("keeps an earlier picture while a card shows it and ten minutes more, then deletes it", async () => {
  await delivery.post([home("slack"), home("discord")], withChart("found"), view);
  const [first, second] = await conversations.copiesOf({ incident: "inc-1" });
  const earlier = /[0-9a-f]{32}/.exec(first?.card.image?.url ?? "")?.[0] ?? "";
  const redraw = (id: string | undefined, picture: string) =>
    conversations.redraw(id ?? "", withChart("worse"), Buffer.from(picture));
  await redraw(first?.card.id, "1");
  now += 3_600_000;
  await redraw(first?.card.id, "2");
  expect(await conversations.chart(earlier)).not.toBeNull();
  await redraw(second?.card.id, "2");
  now += 599_000;
  await redraw(second?.card.id, "2");
  expect(await conversations.chart(earlier)).not.toBeNull();
  now += 2_000;
  await redraw(second?.card.id, "2");
  expect(await conversations.chart(earlier)).toBeNull();
  expect(await count("charts")).toBe(1);
});

it("knows no button whose meaning was changed in the database", async () => {
  const intent = { kind: "deny" as const, id: "plan-1" };
  const buttons = [{ label: "Deny", style: "default" as const, intent }];
  await delivery.post([home("slack")], { ...face("found"), buttons }, view);
  const token = (await newest()).card.buttons[0]?.token ?? "";
  expect(await conversations.button(token)).toMatchObject({ intent });
  const forged = JSON.stringify({ kind: "approve", id: "plan-1" });
  await database.db.updateTable("buttons").set({ intent: forged }).execute();
  expect(await conversations.button(token)).toBeNull();
});

it("keeps the tokens of buttons that stay, and forgets those that went, but never a decision's", async () => {
  const buttons = (["approve", "acknowledge", "resolve"] as const).map((kind) => ({
    label: kind,
    style: "default" as const,
    intent: { kind, id: "inc-1" },
  }));
  await delivery.post([home("slack")], { ...face("found"), buttons }, view);
  const { card } = await newest();
  const [approve = "", acknowledge = "", resolve = ""] = card.buttons.map(({ token }) => token);
  const next = { ...face("found"), buttons: buttons.slice(1, 2) };
  expect((await conversations.redraw(card.id, next, null)).buttons).toMatchObject([{ token: acknowledge }]);
  expect(await conversations.button(resolve)).not.toBeNull();
  now += 601_000;
  await conversations.redraw(card.id, next, null);
  expect(await conversations.button(resolve)).toBeNull();
  expect(await conversations.button(approve)).toMatchObject({ intent: { kind: "approve" } });
  expect(await count("buttons")).toBe(2);
});
