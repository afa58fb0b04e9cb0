import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { ConsoleEvent } from "../console/app.ts";
import type { HttpDeps } from "./deps.ts";

/** The open pages. */
export type Streams = {
  open(reply: FastifyReply): Promise<FastifyReply>;
  /** Ends every stream, so that the server can stop. */
  close(): void;
};

const heartbeatMs = 15_000;
/** A page that reads this slowly is cut off; it connects again and gets the newest cards. */
const mostUnreadBytes = 4_000_000;

/**
 * `GET /updates` as server-sent events: `hello` with the newest cards (oldest first), then `card` for each new or
 * edited one. A card posted while the first list is being read comes after it, and may be in it as well.
 */
export function createStreams(deps: Pick<HttpDeps, "recentCards" | "subscribe">): Streams {
  const open = new Set<Readable>();

  async function serve(reply: FastifyReply): Promise<FastifyReply> {
    const stream = new Readable({ read: () => undefined });
    const write = (text: string) => {
      if (stream.destroyed || stream.readableEnded) return;
      stream.push(text);
      if (stream.readableLength > mostUnreadBytes) stream.destroy();
    };
    const early: ConsoleEvent[] = [];
    let tell = (event: ConsoleEvent): void => void early.push(event);
    const unsubscribe = deps.subscribe((event) => tell(event));
    const heartbeat = setInterval(() => write(": still here\n\n"), heartbeatMs);
    stream.once("close", () => {
      clearInterval(heartbeat);
      unsubscribe();
      open.delete(stream);
    });
    open.add(stream);
    try {
      write(serverSentEvent("hello", await deps.recentCards()));
    } catch (error) {
      stream.destroy();
      throw error;
    }
    tell = (event) => write(serverSentEvent(event.kind, event));
    early.forEach((event) => tell(event));
    return reply.type("text/event-stream").header("cache-control", "no-store").send(stream);
  }

  return {
    open: serve,
    close: () => open.forEach((stream) => stream.destroy()),
  };
}

/** JSON has no line breaks, so one data line is enough. */
function serverSentEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
