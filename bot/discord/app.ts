import type { REST } from "discord.js";
import { within, type SurfaceLog } from "../heard.ts";
import { keepConnected } from "../keep-connected.ts";
import type { Listener, ReadChart, Surface } from "../surface.ts";
import { createAnswers } from "./answers.ts";
import { explain } from "./errors.ts";
import { readDispatch, type Install } from "./events.ts";
import { createIdentifyBrake, openGateway, type Dispatch } from "./gateway.ts";
import { limits } from "./limits.ts";
import { createMessages } from "./messages.ts";

const callLimitMs = 10_000;
/** `start` waits this long for the first connection; it goes on trying afterwards. */
const startLimitMs = 5_000;
const longestWaitMs = 120_000;
const quarantineMs = 10 * 60_000;

type Dependencies = {
  token: string;
  /** Another base of Discord's REST API, as in DISCORD_API_URL, with or without the version; null for Discord. */
  apiUrl?: string | null;
  listener: Listener;
  readChart: ReadChart;
  log: SurfaceLog;
  /** Unix ms. */
  wall: () => number;
};

/**
 * Discord as a surface: mentions, direct messages and buttons over the Gateway, without a privileged intent.
 * `start` never rejects: an outage or a refused token is told by `state()` and tried again; `post` and `edit`
 * throw what to do about it.
 */
export function createDiscord(deps: Dependencies): Surface {
  const { token, listener, readChart, log, wall } = deps;
  const apiUrl = deps.apiUrl?.replace(/\/+$/, "").replace(/\/v\d+$/, "") ?? null;
  const rest = createRest({ token, apiUrl, wall, log });
  const messages = createMessages({ rest, readChart, log });
  const answer = createAnswers({ listener, messages, log });
  const brake = createIdentifyBrake(wall);
  let install: Install | null = null;
  let connection: ReturnType<typeof keepConnected> | null = null;

  function onDispatch(packet: Dispatch): void {
    const heard = install === null ? null : readDispatch(packet, install, wall());
    if (heard !== null) void answer(heard);
  }

  async function open() {
    return openGateway({
      discord: await import("discord.js"),
      token,
      apiUrl,
      onReady: (known) => (install = known),
      onDispatch,
      brake,
      wall,
      log,
    });
  }

  return {
    name: "discord",
    async start() {
      connection = keepConnected({ name: "discord", open, explain, wall, log });
      await within(startLimitMs, connection.firstAttempt, "Discord's first connection").catch(
        (error: unknown) => {
          log.warn({ reason: String(error) }, "Discord is not connected yet; it is tried again");
        },
      );
    },
    async stop() {
      await connection?.stop();
      connection = null;
    },
    post: messages.post,
    edit: messages.edit,
    state() {
      const state = connection?.state() ?? { connected: false, detail: "not started" };
      const until = brake.blockedUntilMs();
      if (state.connected || until === null) return state;
      const clock = new Date(until).toISOString();
      return { connected: false, detail: `too many connections within an hour; the next one at ${clock}` };
    },
  };
}

/** One REST client for the whole life, so that cards go out while the Gateway is down. */
function createRest(deps: { token: string; apiUrl: string | null; wall: () => number; log: SurfaceLog }) {
  let made: Promise<REST> | null = null;
  let quarantineUntilMs = 0;

  async function make(): Promise<REST> {
    const discord = await import("discord.js");
    const rest = new discord.REST({
      ...(deps.apiUrl === null ? {} : { api: deps.apiUrl }),
      timeout: callLimitMs,
      // A card has a nonce, so that repeating it within minutes posts nothing twice.
      retries: 1,
      // Asked to wait longer than this, the call fails and whoever keeps the card tries again later.
      rejectOnRateLimit: ({ timeToReset, retryAfter }) => Math.max(timeToReset, retryAfter) > longestWaitMs,
      invalidRequestWarningInterval: limits.refusalsPerTenMinutes,
    });
    rest.on("invalidRequestWarning", () => {
      quarantineUntilMs = deps.wall() + quarantineMs;
      deps.log.error(
        {},
        "Discord has refused 500 requests in ten minutes; the bot is silent there for ten minutes",
      );
    });
    return rest.setToken(deps.token);
  }

  return async (): Promise<REST> => {
    if (deps.wall() < quarantineUntilMs) {
      throw new Error(
        "Discord has refused too many requests; nothing is sent until its ten minutes are over",
      );
    }
    made ??= make();
    return made;
  };
}
