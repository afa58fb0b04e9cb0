import type { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fakeBot, type FakeBot } from "../../fixtures/fakes/http-bot.ts";
import { plainCard } from "../../fixtures/fakes/listener.ts";
import { createHttpServer } from "./server.ts";
import { createStreams } from "./updates.ts";

let bot: FakeBot;
let app: FastifyInstance;

beforeEach(async () => {
  bot = fakeBot(new URL("file:///nothing/is/built/here/"));
  app = await createHttpServer(bot.deps);
});

afterEach(() => app.close());

describe("live updates over a real connection", () => {
  /** Reads the stream until `text` has come. */
  async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, text: string): Promise<string> {
    const decoder = new TextDecoder();
    let seen = "";
    while (!seen.includes(text)) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`the stream ended after ${seen}`);
      seen += decoder.decode(value, { stream: true });
    }
    return seen;
  }

  async function openPage() {
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    const response = await fetch(`${url}/updates`);
    if (response.body === null) throw new Error("no body");
    return { response, reader: response.body.getReader() };
  }

  test("a page gets the newest cards, then every new one", async () => {
    const { response, reader } = await openPage();
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const hello = await readUntil(reader, "\n\n");
    expect(hello).toBe(
      `event: hello\ndata: ${JSON.stringify([{ card: plainCard({ title: "Earlier" }), at: 5 }])}\n\n`,
    );
    const event = { kind: "card", card: plainCard({ title: "New\nline" }), edited: false, at: 9 } as const;
    bot.updates.publish(event);
    expect(await readUntil(reader, "\n\n")).toBe(`event: card\ndata: ${JSON.stringify(event)}\n\n`);
    await reader.cancel();
    await expect.poll(() => bot.state.listeners).toBe(0);
  });

  test("the server stops although a page is open", async () => {
    const { reader } = await openPage();
    await readUntil(reader, "hello");
    await app.close();
    expect(bot.state.listeners).toBe(0);
  });
});

describe("one stream by itself", () => {
  /** A reply that keeps what is sent instead of writing it to a socket. */
  function fakeReply() {
    const sent: Readable[] = [];
    const reply = {
      type: () => reply,
      header: () => reply,
      send: (stream: Readable) => {
        sent.push(stream);
        return reply;
      },
    };
    return { reply: reply as unknown as FastifyReply, sent };
  }

  test("a card posted while the newest ones are read comes after them and is not lost", async () => {
    const { reply, sent } = fakeReply();
    const late = plainCard({ title: "Late" });
    const streams = createStreams({
      ...bot.deps,
      recentCards: async () => {
        bot.updates.publish({ kind: "card", card: late, edited: false, at: 1 });
        return [];
      },
    });
    await streams.open("console:local", reply);
    expect(String(sent[0]?.read())).toMatch(/^event: hello\ndata: \[\]\n\nevent: card\n.*Late/);
    streams.close();
  });

  test("a quiet stream is kept alive by a comment every 15 s", async () => {
    vi.useFakeTimers();
    const { reply, sent } = fakeReply();
    const streams = createStreams(bot.deps);
    await streams.open("console:local", reply);
    sent[0]?.read();
    vi.advanceTimersByTime(15_000);
    expect(String(sent[0]?.read())).toMatch(/^: .*\n\n$/);
    streams.close();
    vi.useRealTimers();
  });

  test("a page that does not read is cut off instead of filling the memory", async () => {
    const { reply, sent } = fakeReply();
    const streams = createStreams(bot.deps);
    await streams.open("console:local", reply);
    const card = plainCard({ text: "x".repeat(100_000) });
    for (let count = 0; count < 50; count += 1)
      bot.updates.publish({ kind: "card", card, edited: false, at: count });
    expect(sent[0]?.destroyed).toBe(true);
    await expect.poll(() => bot.state.listeners).toBe(0);
  });

  test("a client's 25th page ends its first one, which may come again in 30 s; others keep theirs", async () => {
    const streams = createStreams(bot.deps);
    const other = fakeReply();
    await streams.open("console:ada", other.reply);
    other.sent[0]?.read();
    const own = fakeReply();
    for (let count = 0; count < 25; count += 1) {
      await streams.open("console:local", own.reply);
      own.sent[count]?.read();
    }
    expect(String(own.sent[0]?.read())).toBe("retry: 30000\n\n");
    await expect.poll(() => own.sent[0]?.readableEnded).toBe(true);
    expect(bot.state.listeners).toBe(25);
    bot.updates.publish({ kind: "card", card: plainCard(), edited: false, at: 1 });
    for (const stream of [...other.sent, ...own.sent.slice(1)])
      expect(String(stream.read())).toContain("event: card");
    streams.close();
    await expect.poll(() => bot.state.listeners).toBe(0);
  });

  test("a client's first page that does not read is cut off when it has to make room", async () => {
    const streams = createStreams(bot.deps);
    const { reply, sent } = fakeReply();
    for (let count = 0; count < 25; count += 1) await streams.open("console:local", reply);
    expect([sent[0]?.destroyed, sent[1]?.destroyed]).toEqual([true, false]);
    streams.close();
  });

  test("the 97th page of all is refused with 503 and told when to come again, and nothing of it stays", async () => {
    const streams = createStreams(bot.deps);
    for (let count = 0; count < 96; count += 1) await streams.open(`console:${count}`, fakeReply().reply);
    await expect(streams.open("console:late", fakeReply().reply)).rejects.toMatchObject({
      problem: { status: 503, code: "too_many_pages", headers: { "retry-after": "30" } },
    });
    expect(bot.state.listeners).toBe(96);
    streams.close();
    await expect.poll(() => bot.state.listeners).toBe(0);
    await streams.open("console:late", fakeReply().reply);
    streams.close();
  });

  test("what all pages leave unread is bounded, and the slowest goes first", async () => {
    const streams = createStreams(bot.deps);
    const { reply, sent } = fakeReply();
    for (let count = 0; count < 20; count += 1) await streams.open("console:local", reply);
    const fast = fakeReply();
    await streams.open("console:local", fast.reply);
    for (let count = 0; count < 30; count += 1) {
      bot.updates.publish({
        kind: "card",
        card: plainCard({ text: "x".repeat(100_000) }),
        edited: false,
        at: count,
      });
      fast.sent[0]?.read();
    }
    const unread = sent.filter(({ destroyed }) => !destroyed).map(({ readableLength }) => readableLength);
    expect(unread.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(32_000_000);
    expect(unread.length).toBeGreaterThan(5);
    expect(fast.sent[0]?.destroyed).toBe(false);
    streams.close();
  });

  test("when the newest cards cannot be read, nothing stays open", async () => {
    const streams = createStreams({
      ...bot.deps,
      recentCards: () => Promise.reject(new Error("store closed")),
    });
    await expect(streams.open("console:local", fakeReply().reply)).rejects.toThrow("store closed");
    await expect.poll(() => bot.state.listeners).toBe(0);
  });
});
