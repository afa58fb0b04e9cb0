import type { App, Logger, LogLevel, SocketModeReceiver } from "@slack/bolt";
import { z } from "zod";
import { atMost, within, type SurfaceLog } from "../heard.ts";
import type { Session } from "../keep-connected.ts";

type Bolt = Pick<typeof import("@slack/bolt"), "SocketModeReceiver" | "LogLevel">;
type SocketClient = SocketModeReceiver["client"];

const readyLimitMs = 15_000;
const closeLimitMs = 1_000;

const envelope = z.discriminatedUnion("type", [
  z.object({ type: z.literal("hello") }),
  z.object({ type: z.literal("disconnect") }),
  z.object({
    type: z.literal("events_api"),
    envelope_id: z.string(),
    payload: z.object({ event: z.object({ type: z.string() }) }),
  }),
  z.object({
    type: z.enum(["interactive", "slash_commands"]),
    envelope_id: z.string(),
    payload: z.record(z.string(), z.unknown()),
  }),
]);

/**
 * Opens one Socket Mode connection that feeds `app`. The library's own reconnecting is off: it drops rejections
 * and leaves gaps (node-slack-sdk#2656); the next connection is opened by `keepConnected`.
 */
export async function openSocket(deps: {
  bolt: Bolt;
  app: App;
  appToken: string;
  apiUrl: string;
  log: SurfaceLog;
}): Promise<Session> {
  const { bolt, app, appToken, apiUrl, log } = deps;
  const receiver = new bolt.SocketModeReceiver({
    appToken,
    logger: boltLogger(bolt, log),
    autoReconnectEnabled: false,
    installerOptions: {
      clientOptions: { slackApiUrl: apiUrl, timeout: 10_000, retryConfig: { retries: 0 } },
    },
    customPropertiesExtractor: ({ envelope_id }: { envelope_id?: unknown }) => ({ envelopeId: envelope_id }),
    // Not acknowledged: what could not be stored is delivered again by Slack.
    processEventErrorHandler: async () => false,
  });
  receiver.init(app);
  guardMessages(receiver.client, log);
  let up = false;
  const ended = new Promise<string>((resolve) => {
    receiver.client.once("disconnected", () => {
      up = false;
      resolve("Slack closed the connection");
    });
  });
  const close = () =>
    atMost(closeLimitMs, receiver.client.disconnect()).catch((error: unknown) => {
      log.warn({ error: String(error) }, "Slack's connection did not close cleanly");
    });
  try {
    await within(readyLimitMs, receiver.start(), "Slack's Socket Mode greeting");
  } catch (error) {
    await close();
    throw error;
  }
  up = true;
  return { ended, isUp: () => up, close };
}

/** The library lets a message it does not expect end the process; such a message is dropped before it gets there. */
function guardMessages(client: SocketClient, log: SurfaceLog): void {
  const original = client.listeners("ws_message");
  client.removeAllListeners("ws_message");
  client.on("ws_message", (data: unknown, isBinary: boolean) => {
    const problem = unreadable(data, isBinary);
    if (problem !== null) return log.warn({ problem }, "a message on Slack's socket was dropped");
    for (const listener of original) {
      Promise.resolve(listener(data, isBinary)).catch((error: unknown) => {
        log.warn({ error: String(error) }, "a message on Slack's socket could not be handled");
      });
    }
  });
}

function unreadable(data: unknown, isBinary: boolean): string | null {
  if (isBinary || typeof data !== "string") return "it is not text";
  try {
    return envelope.safeParse(JSON.parse(data)).success ? null : "it is not an envelope this bot knows";
  } catch {
    return "it is not JSON";
  }
}

/** The library's words in our log; what it says in detail may hold message texts and is left out. */
export function boltLogger(bolt: Pick<Bolt, "LogLevel">, log: SurfaceLog): Logger {
  const level: LogLevel = bolt.LogLevel.INFO;
  const write = (...parts: unknown[]) =>
    log.warn({ from: "bolt" }, parts.map(String).join(" ").slice(0, 500));
  const silent = () => undefined;
  return {
    debug: silent,
    info: silent,
    warn: write,
    error: write,
    setLevel: silent,
    setName: silent,
    getLevel: () => level,
  };
}
