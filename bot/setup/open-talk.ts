import type { Config } from "../../infra/config.ts";
import type { LogBook } from "../../infra/log.ts";
import type { Metrics } from "../../infra/metrics.ts";
import { createMassAnnouncer } from "../announce-mass.ts";
import type { Bot } from "../bot.ts";
import type { CardDraft } from "../card.ts";
import { createConversations } from "../conversations.ts";
import { createDelivery } from "../delivery.ts";
import { createTalk } from "../listener.ts";
import { createRefresher } from "../refresh.ts";
import { createNoticeTeller } from "../tell-notices.ts";
import { openStoreGuard } from "./open-guard.ts";
import type { Ground } from "./open-ground.ts";
import { openSurfaces } from "./surfaces.ts";

export type Talking = ReturnType<typeof openTalk>;

/** How the bot hears and speaks: its chats, the cards that stand in them, and what it says by itself. */
export function openTalk(
  config: Config,
  {
    bot,
    ground: { database, workers },
    metrics,
    wall,
    log,
    onError,
  }: {
    bot: Bot;
    ground: Pick<Ground, "database" | "workers">;
    metrics: Metrics;
    wall: () => number;
    log: LogBook["log"];
    onError: (error: unknown) => void;
  },
) {
  const conversations = createConversations({ db: database.db, wall, key: database.key });
  const { surfaces, homes, updates, connect } = openSurfaces(config, {
    listener: () => talk.listener,
    readChart: async (url) => conversations.chart(/^\/charts\/([0-9a-f]+)\.png$/.exec(url)?.[1] ?? ""),
    log,
    wall,
  });
  const delivery = createDelivery({ conversations, surfaces, drawChart: workers.chart, metrics, log });
  const refresher = createRefresher({ bot, conversations, delivery, onError });
  const talk = createTalk({ bot, conversations, delivery, refresher, metrics, onError });
  const guard = openStoreGuard(config, { database, surfaces, homes, wall, log });
  const announce = (card: CardDraft) => delivery.post(homes, card, { kind: "reply" });
  return {
    conversations,
    surfaces,
    homes,
    updates,
    connect,
    delivery,
    refresher,
    talk,
    guard,
    announceMass: createMassAnnouncer(bot, announce),
    tell: createNoticeTeller(bot, announce),
  };
}
