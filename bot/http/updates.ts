import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { ConsoleEvent } from "../console/app.ts";
import type { HttpDeps } from "./deps.ts";
import { problem } from "./errors.ts";

/** The open pages. */
export type Streams = {
  /** `client` is whose page it is. */
  open(client: string, reply: FastifyReply): Promise<FastifyReply>;
  /** Ends every stream, so that the server can stop. */
  close(): void;
};

type Page = { client: string; stream: Readable; leave(): void };

const heartbeatMs = 15_000;
/** A page that reads this slowly is cut off; it connects again and gets the newest cards. */
const mostUnreadBytes = 4_000_000;
/** What all pages together may leave unread; then the slowest of them is cut off. */
const mostUnreadInAll = 32_000_000;
/** More tabs than anybody looks at: one more ends the one that was opened first. */
const mostOfOneClient = 24;
const mostInAll = 96;
/** When a page that had to make room may come again; at once, it would drive the next one out. */
const comeAgainMs = 30_000;

/**
 * `GET /updates` as server-sent events: `hello` with the newest cards (oldest first), then `card` for each new or
 * edited one. A card posted while the first list is being read comes after it, and may be in it as well.
 */
export function createStreams(deps: Pick<HttpDeps, "recentCards" | "subscribe">): Streams {
  /** In the order in which they were opened. */
  const pages = new Set<Page>();

  function admit(client: string, stream: Readable, leave: () => void): Page {
    const own = [...pages].filter((page) => page.client === client);
    if (own.length >= mostOfOneClient && own[0] !== undefined) sendAway(own[0]);
    else if (pages.size >= mostInAll) throw tooManyPages();
    const page: Page = {
      client,
      stream,
      leave: () => {
        if (pages.delete(page)) leave();
      },
    };
    pages.add(page);
    stream.once("close", page.leave);
    return page;
  }

  function write(page: Page, text: string): void {
    if (!pages.has(page)) return;
    page.stream.push(text);
    if (page.stream.readableLength > mostUnreadBytes) cutOff(page);
    if (unreadInAll(pages) > mostUnreadInAll) cutOff(slowest(pages));
  }

  async function open(client: string, reply: FastifyReply): Promise<FastifyReply> {
    const stream = new Readable({ read: () => undefined });
    const early: ConsoleEvent[] = [];
    let tell = (event: ConsoleEvent): void => void early.push(event);
    const page = admit(client, stream, () => {
      clearInterval(heartbeat);
      unsubscribe();
    });
    const heartbeat = setInterval(() => write(page, ": still here\n\n"), heartbeatMs);
    const unsubscribe = deps.subscribe((event) => tell(event));
    try {
      write(page, serverSentEvent("hello", await deps.recentCards()));
    } catch (error) {
      cutOff(page);
      throw error;
    }
    tell = (event) => write(page, serverSentEvent(event.kind, event));
    early.forEach((event) => tell(event));
    return reply.type("text/event-stream").header("cache-control", "no-store").send(stream);
  }

  return {
    open,
    close: () => pages.forEach(cutOff),
  };
}

/** Tells a page to come again later. One that has not even read what it has is cut off. */
function sendAway(page: Page): void {
  const { stream } = page;
  if (stream.readableLength > 0) return cutOff(page);
  page.leave();
  stream.push(`retry: ${comeAgainMs}\n\n`);
  stream.push(null);
}

/** It counts no more from now on; the stream itself closes a moment later. */
function cutOff(page: Page | undefined): void {
  page?.leave();
  page?.stream.destroy();
}

function tooManyPages(): Error {
  return problem(
    503,
    "too_many_pages",
    `${mostInAll} pages are open already. Close some, or try again later.`,
    { "retry-after": String(comeAgainMs / 1_000) },
  );
}

function unreadInAll(pages: ReadonlySet<Page>): number {
  let sum = 0;
  for (const { stream } of pages) sum += stream.readableLength;
  return sum;
}

function slowest(pages: ReadonlySet<Page>): Page | undefined {
  return [...pages].sort((one, other) => other.stream.readableLength - one.stream.readableLength)[0];
}

/** JSON has no line breaks, so one data line is enough. */
function serverSentEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
