import { afterEach, beforeEach, expect, it } from "vitest";
import { coreWorld, teamPolicy, type World } from "../fixtures/fakes/core.ts";
import { fakeLog } from "../fixtures/fakes/listener.ts";
import { openDatabase, type OpenDatabase } from "../infra/database/open.ts";
import { createMetrics } from "../infra/metrics.ts";
import { listAudit } from "../remediation/audit.ts";
import type { Bot } from "./bot.ts";
import { draft } from "./card.ts";
import { createConversations } from "./conversations.ts";
import { createDelivery } from "./delivery.ts";
import { createTalk, type Talk } from "./listener.ts";
import { createRefresher } from "./refresh.ts";
import type { Place, Speaker } from "./surface.ts";

/** Olga may speak once a minute. */

const place: Place = { surface: "slack", channel: "C1", thread: null };
const olga: Speaker = { identity: "slack:T1/U1", name: "Olga", groups: [], outsider: false };

let world: World;
let database: OpenDatabase;
let conversations: ReturnType<typeof createConversations>;
let talk: Talk;

beforeEach(async () => {
  world = await coreWorld({ policy: teamPolicy("{messages_per_minute: 1, message_burst: 1}") });
  database = await openDatabase(":memory:", { wall: () => world.now });
  const bot = {
    scene: () => ({ nowMs: world.now }),
    targets: () => [...world.targets.values()],
    core: world.ctx,
    watchOnly: false,
  } as unknown as Bot;
  const metrics = createMetrics();
  const onError = (error: unknown): never => {
    throw error;
  };
  conversations = createConversations({ db: database.db, wall: () => world.now, key: Buffer.alloc(32, 7) });
  const delivery = createDelivery({
    conversations,
    surfaces: new Map(),
    drawChart: async () => Buffer.from("png"),
    metrics,
    log: fakeLog(),
  });
  const refresher = createRefresher({ bot, conversations, delivery, onError });
  talk = createTalk({ bot, conversations, delivery, refresher, metrics, onError });
});

afterEach(async () => {
  await world.close();
  await database.close();
});

const titleOf = async (text: string) => (await talk.say(place, olga, text)).card.title;

it("slows down who speaks too fast, but not who denies, cancels or pauses", async () => {
  expect(await titleOf("help")).not.toBe("One moment");
  expect(await titleOf("help")).toBe("One moment");
  expect(await titleOf("approve plan-1")).toBe("One moment");
  expect(await titleOf("deny plan-1")).not.toBe("One moment");
  expect(await titleOf("cancel plan-1")).not.toBe("One moment");
  expect(await titleOf("pause")).not.toBe("One moment");
});

it("records an approval that was refused for coming too fast", async () => {
  await titleOf("help");
  expect(await titleOf("approve plan-1")).toBe("One moment");
  expect(await listAudit({ subject: "plan-1", limit: 5 }, world.ctx)).toMatchObject([
    { verb: "refused approve", detail: { surface: "slack", reason: "too_many" } },
  ]);
});

it("does not slow down a click on Deny", async () => {
  await titleOf("help");
  const saved = await conversations.saveCard({
    draft: draft({
      title: "plan-1",
      plan: "plan-1",
      buttons: [{ label: "Deny", style: "default", intent: { kind: "deny", id: "plan-1" } }],
    }),
    place,
    view: { kind: "reply" },
    chart: null,
    pending: null,
  });
  const handled = await talk.press(place, olga, saved.buttons[0]?.token ?? "");
  expect(handled?.card.title).not.toBe("One moment");
  expect(handled?.understood.intent).toEqual({ kind: "deny", id: "plan-1" });
});
