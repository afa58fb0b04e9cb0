import type { Client, GatewayIntentBits, IIdentifyThrottler } from "discord.js";
import { z } from "zod";
import { atMost, pause, within, type SurfaceLog } from "../heard.ts";
import type { Session } from "../keep-connected.ts";
import type { Install } from "./events.ts";
import { guardedStrategy, withoutCaches } from "./library.ts";
import { limits } from "./limits.ts";

type Discord = Pick<typeof import("discord.js"), "Client" | "SimpleShardingStrategy">;
/** https://discord.com/developers/docs/events/gateway#gateway-intents : Guilds, GuildMessages, DirectMessages */
const intents: GatewayIntentBits[] = [1 << 0, 1 << 9, 1 << 12];
const readyLimitMs = 30_000;
const closeLimitMs = 1_500;
const watchEveryMs = 5_000;
/** The library is given this long to come back by itself before everything is opened anew. */
const downLimitMs = 60_000;
const hourMs = 3_600_000;

const readyPacket = z.object({
  user: z.object({ id: z.string() }),
  application: z.object({ id: z.string() }).nullish(),
});

export type Dispatch = { t?: unknown; d?: unknown };

/** A connection's life: `end` is told once, by whoever notices first. */
type Life = {
  isOpen: boolean;
  downSinceMs: number | null;
  ended: Promise<string>;
  end(reason: string): void;
};

type Dependencies = {
  discord: Discord;
  token: string;
  apiUrl: string | null;
  onReady(install: Install): void;
  onDispatch(packet: Dispatch): void;
  brake: IIdentifyThrottler;
  wall(): number;
  log: SurfaceLog;
};

/**
 * Opens one Gateway connection and hands every dispatched event to `onDispatch` as Discord sent it. `install` is
 * told with READY. Only mentions and direct messages carry text: no privileged intent is asked for.
 */
export async function openGateway(deps: Dependencies): Promise<Session> {
  const { wall, log } = deps;
  const life = newLife(wall());
  const client = createClient(deps, life);
  const watchdog = setInterval(() => {
    if (life.downSinceMs !== null && wall() - life.downSinceMs > downLimitMs)
      void close("Discord fell silent");
  }, watchEveryMs);
  async function close(reason = "closed"): Promise<void> {
    if (!life.isOpen) return;
    life.isOpen = false;
    clearInterval(watchdog);
    await atMost(closeLimitMs, client.destroy()).catch((error: unknown) => {
      log.warn({ error: String(error) }, "Discord's connection did not close cleanly");
    });
    life.end(reason);
  }
  client.once("shardDisconnect", ({ code }) => void close(`Discord closed the connection (${code})`));
  client.once("invalidated", () => void close("Discord ended the session"));
  try {
    await within(readyLimitMs, client.login(deps.token), "Discord's READY");
  } catch (error) {
    await close();
    throw error;
  }
  return { ended: life.ended, isUp: () => life.isOpen && life.downSinceMs === null, close };
}

function createClient({ discord, apiUrl, wall, log, ...deps }: Dependencies, life: Life): Client {
  const client = new discord.Client({
    intents,
    rest: { ...(apiUrl === null ? {} : { api: apiUrl }), timeout: 10_000, retries: 1 },
    ws: {
      buildIdentifyThrottler: () => deps.brake,
      buildStrategy: (manager) => guardedStrategy(discord, manager, () => life.isOpen, log),
    },
  });
  withoutCaches(client);
  client.on("error", (error) => log.warn({ error: String(error) }, "discord.js reported an error"));
  client.on("shardError", (error) => log.warn({ error: String(error) }, "Discord's connection failed"));
  client.on("shardReconnecting", () => (life.downSinceMs ??= wall()));
  client.on("raw", (packet: Dispatch) => {
    if (packet.t === "READY") deps.onReady(installOf(packet.d));
    if (packet.t === "READY" || packet.t === "RESUMED") life.downSinceMs = null;
    deps.onDispatch(packet);
  });
  return client;
}

function newLife(nowMs: number): Life {
  let end: Life["end"] = () => undefined;
  const ended = new Promise<string>((resolve) => (end = resolve));
  return { isOpen: true, downSinceMs: nowMs, ended, end: (reason) => end(reason) };
}

/**
 * Lets at most 20 IDENTIFYs an hour through, over all connections of this process: 1,000 a day would make Discord
 * reset the token. The caller waits; an aborted wait rejects.
 */
export function createIdentifyBrake(
  wall: () => number,
): IIdentifyThrottler & { blockedUntilMs(): number | null } {
  const sent: number[] = [];
  function blockedUntilMs(): number | null {
    while (sent[0] !== undefined && sent[0] <= wall() - hourMs) sent.shift();
    const oldest = sent[0];
    return oldest !== undefined && sent.length >= limits.identifiesPerHour ? oldest + hourMs : null;
  }
  return {
    blockedUntilMs,
    async waitForIdentify(_shardId, signal) {
      for (let until = blockedUntilMs(); until !== null; until = blockedUntilMs()) {
        await pause(Math.max(until - wall(), 1_000), signal);
        signal.throwIfAborted();
      }
      sent.push(wall());
    },
  };
}

function installOf(ready: unknown): Install {
  const { user, application } = readyPacket.parse(ready);
  return { botUserId: user.id, applicationId: application?.id ?? user.id };
}
