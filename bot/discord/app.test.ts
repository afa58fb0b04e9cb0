import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startDiscordServer } from "../../fixtures/fakes/discord-server.ts";
import { eventually, fakeListener, fakeLog, plainCard } from "../../fixtures/fakes/listener.ts";
import type { Surface } from "../surface.ts";
import { createDiscord } from "./app.ts";
import { createIdentifyBrake } from "./gateway.ts";

type Payload = Record<string, unknown>;

const fixture = (name: string): Payload =>
  JSON.parse(
    readFileSync(new URL(`../../fixtures/discord/${name}.json`, import.meta.url), "utf8"),
  ) as Payload;
const png = Buffer.from("89504e470d0a1a0a", "hex");
const place = { surface: "discord" as const, channel: "400000000000000001", thread: null };
const withChart = plainCard({ image: { url: "/charts/1.png", alt: "memory of web-1" } });

let server: Awaited<ReturnType<typeof startDiscordServer>>;
let surface: Surface;
let log: ReturnType<typeof fakeLog>;
let listener: ReturnType<typeof fakeListener>["listener"];
let heard: ReturnType<typeof fakeListener>["heard"];

beforeEach(async () => {
  server = await startDiscordServer();
  ({ listener, heard } = fakeListener());
  log = fakeLog();
  surface = discord();
});

afterEach(async () => {
  await surface.stop();
  await server.close();
});

function discord(changes: { token?: string; apiUrl?: string } = {}): Surface {
  return createDiscord({
    token: server.token,
    apiUrl: server.url,
    listener,
    readChart: async () => png,
    log,
    wall: Date.now,
    ...changes,
  });
}

/** An id that Discord would give now, plus `offset`. */
function snowflake(ageMs = 0, offset = 0): string {
  return String((BigInt(Date.now() - ageMs - 1_420_070_400_000) << 22n) + BigInt(offset));
}

function message(changes: Payload = {}, ageMs = 0): Payload {
  const timestamp = new Date(Date.now() - ageMs).toISOString();
  return { ...fixture("message-create"), id: snowflake(ageMs), timestamp, ...changes };
}

function click(changes: Payload = {}): Payload {
  return { ...fixture("interaction-create"), id: snowflake(), ...changes };
}

describe("what is heard", () => {
  test("a mention is answered as a reply, and the listener learns who asked", async () => {
    await surface.start();
    const asked = message();
    server.dispatch("MESSAGE_CREATE", asked);
    await eventually("the answer", () => heard.delivered.length === 1);
    expect(heard.messages[0]).toMatchObject({
      key: `discord:message:${String(asked.id)}`,
      place: { surface: "discord", channel: "400000000000000001", thread: asked.id },
      speaker: {
        identity: "discord:200000000000000001/500000000000000001",
        name: "Mara",
        groups: ["discord:200000000000000001/600000000000000001"],
        outsider: false,
      },
      text: "check web-1",
    });
    expect(server.messages[0]).toMatchObject({
      channel: "400000000000000001",
      body: {
        nonce: "0123456789abcdef012345",
        enforce_nonce: true,
        allowed_mentions: { parse: [], replied_user: false },
        message_reference: { message_id: asked.id, fail_if_not_exists: false },
      },
    });
    expect(heard.delivered).toEqual([server.messages[0]?.id]);
  });

  test("only the three intents that need no permission are asked for", async () => {
    await surface.start();
    expect(server.identifies.map(({ intents }) => intents)).toEqual([(1 << 0) | (1 << 9) | (1 << 12)]);
  });

  test("a direct message is answered, and whoever writes it is an outsider", async () => {
    await surface.start();
    server.dispatch("MESSAGE_CREATE", message({ guild_id: undefined, member: undefined, content: "status" }));
    await eventually("the answer", () => server.messages.length === 1);
    expect(heard.speaker()).toMatchObject({
      identity: "discord:dm/500000000000000001",
      groups: [],
      outsider: true,
    });
  });

  test("a reply to one of our cards belongs to that card's thread", async () => {
    await surface.start();
    server.dispatch("MESSAGE_CREATE", message({ type: 19, message_reference: { message_id: "77" } }));
    await eventually("the message", () => heard.messages.length === 1);
    expect(heard.messages[0]?.place.thread).toBe("77");
  });

  test("the same message twice acts once", async () => {
    await surface.start();
    const asked = message();
    server.dispatch("MESSAGE_CREATE", asked);
    server.dispatch("MESSAGE_CREATE", asked);
    await eventually("the answer", () => heard.delivered.length === 1);
    expect(heard.messages).toHaveLength(1);
    expect(server.messages).toHaveLength(1);
  });

  test("bots, webhooks, announcements, edits, old commands and words not meant for us are ignored", async () => {
    await surface.start();
    const author = fixture("message-create").author as Payload;
    for (const other of [
      message({ author: { ...author, bot: true } }),
      message({ webhook_id: "1" }),
      message({ type: 7 }),
      message({ content: "check web-1" }),
      message({ content: "<@&100000000000000001> check" }),
      message({}, 61_000),
      message({ edited_timestamp: new Date().toISOString() }),
    ]) {
      server.dispatch("MESSAGE_CREATE", other);
    }
    server.dispatch("MESSAGE_UPDATE", message({ content: "<@100000000000000001> restart app on web-1" }));
    server.dispatch(
      "MESSAGE_CREATE",
      message({ id: snowflake(0, 5), content: "<@!100000000000000001>  last " }),
    );
    await eventually("the last message", () => heard.messages.length > 0);
    expect(heard.messages.map(({ text }) => text)).toEqual(["last"]);
    expect(heard.known.size).toBe(1);
  });

  test.each([
    ["somebody who has not passed the server's screening", { pending: true }],
    ["a guest", { flags: 16 }],
  ])("%s is an outsider without groups", async (_, changes) => {
    await surface.start();
    const member = { ...(fixture("message-create").member as Payload), ...changes };
    server.dispatch("MESSAGE_CREATE", message({ member }));
    await eventually("the message", () => heard.messages.length === 1);
    expect(heard.speaker()).toMatchObject({ groups: [], outsider: true });
  });

  test("garbage from the Gateway ends neither the process nor the connection", async () => {
    await surface.start();
    for (const text of [
      "not json",
      "null",
      '{"op":0,"t":"MESSAGE_CREATE","d":{}}',
      '{"op":0,"t":"MESSAGE_CREATE","d":null}',
      '{"op":0,"t":"INTERACTION_CREATE","d":{"type":3}}',
      '{"op":0,"t":"GUILD_CREATE","d":7}',
      // The guild READY announced: from here on discord.js would work off what it has queued, in timers of its own.
      '{"op":0,"t":"GUILD_CREATE","d":{"id":"200000000000000001","unavailable":true}}',
      '{"op":99}',
    ]) {
      server.sendRaw(text);
    }
    server.sendRaw(Buffer.from([1, 2, 3]));
    server.dispatch("MESSAGE_CREATE", message());
    await eventually("the answer", () => server.messages.length === 1);
    expect(surface.state().connected).toBe(true);
  });
});

describe("buttons", () => {
  test("a click is acknowledged within a second although the listener takes three", async () => {
    await surface.start();
    heard.delayMs = 3_000;
    const pressed = click();
    const sent = Date.now();
    server.dispatch("INTERACTION_CREATE", pressed);
    await eventually("the acknowledgement", () => server.callbacks.has(String(pressed.id)));
    expect((server.callbacks.get(String(pressed.id)) ?? Infinity) - sent).toBeLessThan(1_000);
    expect(server.calls.find(({ path }) => path.endsWith("/callback"))?.body).toEqual({ type: 6 });
    await eventually("the click", () => heard.clicks.length === 1);
    expect(heard.clicks[0]).toMatchObject({
      place: { surface: "discord", channel: "400000000000000001", thread: "1400000000000000000" },
      speaker: { identity: "discord:200000000000000001/500000000000000001", name: "Mara L", outsider: false },
      token: "AAAAAAAAAAAAAAAAAAAAAA",
    });
    expect(JSON.stringify([...heard.known])).not.toContain("AAAAAAAAAAAAAAAAAAAAAA");
  });

  test("a refusal is seen by the clicking person alone", async () => {
    await surface.start();
    heard.private = true;
    server.dispatch("INTERACTION_CREATE", click());
    await eventually("the refusal", () => server.followUps.length === 1);
    expect(server.followUps[0]).toMatchObject({ flags: 64, allowed_mentions: { parse: [] } });
    expect(server.messages).toEqual([]);
  });

  test("a private answer to a mention comes as a direct message, and as a reply where that is refused", async () => {
    await surface.start();
    heard.private = true;
    server.dispatch("MESSAGE_CREATE", message());
    await eventually("the direct message", () => server.messages.length === 1);
    expect(server.messages[0]?.channel).toBe("9500000000000000001");
    server.refuse("POST /users/@me/channels", 403, {
      code: 50007,
      message: "Cannot send messages to this user",
    });
    heard.card = plainCard({ id: "another" });
    server.dispatch("MESSAGE_CREATE", message({ id: snowflake(0, 9) }));
    await eventually("the reply", () => server.messages.length === 2);
    expect(server.messages[1]?.channel).toBe("400000000000000001");
  });

  test.each([
    [10062, "Unknown interaction"],
    [40060, "Interaction has already been acknowledged."],
  ])("an interaction that Discord calls %s still acts, once", async (code, text) => {
    await surface.start();
    server.refuse("POST /interactions/", 400, { code, message: text });
    server.dispatch("INTERACTION_CREATE", click());
    await eventually("the click", () => heard.clicks.length === 1);
  });

  test("a click that could not be stored is not acted on, and Discord says that it failed", async () => {
    await surface.start();
    heard.storeFails = true;
    server.dispatch("INTERACTION_CREATE", click());
    await eventually("the log", () => log.lines.some(({ level }) => level === "error"));
    expect(heard.clicks).toEqual([]);
    expect(server.callbacks.size).toBe(0);
  });
});

describe("whom a card addresses", () => {
  const mentions = [
    "discord:200000000000000001/500000000000000002",
    "slack:T1/U3",
    "console:ada",
    "discord:200000000000000001/500000000000000003> @everyone",
  ];
  const everyone = plainCard({ mentions, text: "<@500000000000000009> @everyone" });

  test("is told by Discord when the card is posted, not when it is edited, and nobody by text", async () => {
    const id = await surface.post(place, everyone);
    const [sent] = server.calls.slice(-1);
    expect(sent?.body).toMatchObject({
      content: "<@500000000000000002>",
      allowed_mentions: { parse: [], users: ["500000000000000002"], replied_user: false },
    });
    expect(JSON.stringify((sent?.body as { embeds?: unknown }).embeds)).not.toMatch(/(?<!\\)<@\d/);
    await surface.edit(place, id, everyone);
    expect(server.calls.at(-1)).toMatchObject({
      method: "PATCH",
      body: { allowed_mentions: { parse: [], replied_user: false } },
    });
    expect(server.calls.at(-1)?.body).not.toHaveProperty("content");
  });

  test("is told too where Discord takes no embed", async () => {
    server.refuse("POST /channels/", 400, { code: 50035, message: "Invalid Form Body" }, 1);
    await surface.post(place, everyone);
    const { content, allowed_mentions } = server.calls.at(-1)?.body as Record<string, unknown>;
    expect(content).toMatch(/^<@500000000000000002>\n/);
    expect(String(content).match(/(?<!\\)<@\d/g)).toHaveLength(1);
    expect(allowed_mentions).toMatchObject({ parse: [], users: ["500000000000000002"] });
  });
});

describe("cards", () => {
  test("the chart is attached, and attached again by an edit that mentions nobody either", async () => {
    const id = await surface.post(place, withChart);
    await surface.edit(place, id, { ...withChart, title: "Restarted" });
    expect(server.messages[0]).toMatchObject({
      body: {
        embeds: [{ title: "Restarted", image: { url: "attachment://chart.png" } }],
        attachments: [{ id: 0, filename: "chart.png", description: "memory of web-1" }],
        allowed_mentions: { parse: [] },
      },
    });
    expect(server.messages[0]?.files.get("chart.png")).toEqual(png);
    expect(server.calls.at(-1)).toMatchObject({ method: "PATCH", body: { allowed_mentions: { parse: [] } } });
  });

  test("without the permission to attach files the card is posted and says so", async () => {
    server.refuse("POST /channels/", 403, { code: 50013, message: "Missing Permissions" }, 1);
    await surface.post(place, withChart);
    expect(JSON.stringify(server.messages[0]?.body)).toContain("Chart unavailable: memory of web-1");
    expect(server.messages[0]?.files.size).toBe(0);
  });

  test("an answer that Discord does not take is handed back", async () => {
    await surface.start();
    server.refuse("POST /channels/", 404, { code: 10003, message: "Unknown Channel" });
    server.dispatch("MESSAGE_CREATE", message());
    await eventually("the return", () => heard.undelivered === 1);
    expect(heard.delivered).toEqual([]);
    expect(log.lines.at(-1)).toMatchObject({ level: "error", message: "an answer did not reach Discord" });
  });

  test("a refused embed becomes plain text with its buttons rather than nothing", async () => {
    server.refuse("POST /channels/", 400, { code: 50035, message: "Invalid Form Body" }, 1);
    await surface.post(place, plainCard({ buttons: [{ token: "t", label: "Approve", style: "primary" }] }));
    expect(server.messages[0]?.body).toMatchObject({
      content: expect.stringContaining("Warning: 7 targets") as string,
      embeds: [],
      components: [{ components: [{ custom_id: "t" }] }],
      allowed_mentions: { parse: [] },
    });
  });

  test("a wait of more than two minutes is left to whoever keeps the card", async () => {
    const headers = { "retry-after": "600", "x-ratelimit-scope": "user" };
    server.refuse(
      "POST /channels/",
      429,
      { message: "limited", retry_after: 600, global: false },
      1,
      headers,
    );
    await expect(surface.post(place, plainCard())).rejects.toThrow("rate limit");
  });

  test("the same card posted again is the same message", async () => {
    expect(await surface.post(place, plainCard())).toBe(await surface.post(place, plainCard()));
    expect(server.messages).toHaveLength(1);
  });

  test("429 with Retry-After is waited out", async () => {
    server.refuse(
      "POST /channels/",
      429,
      { message: "You are being rate limited.", retry_after: 0.3, global: false },
      1,
      { "retry-after": "0.3", "x-ratelimit-scope": "user" },
    );
    const before = Date.now();
    await surface.post(place, plainCard());
    expect(Date.now() - before).toBeGreaterThanOrEqual(300);
    expect(server.messages).toHaveLength(1);
  });

  test.each([
    [403, 50001, "Missing Access", "View Channel"],
    [404, 10003, "Unknown Channel", "check its id"],
    [401, 0, "401: Unauthorized", "DISCORD_TOKEN"],
  ])("a refusal %s/%s throws what to do", async (status, code, text, remedy) => {
    server.refuse("POST /channels/", status, { code, message: text });
    await expect(surface.post(place, plainCard())).rejects.toThrow(remedy);
  });

  test("cards go out although the Gateway was never connected", async () => {
    await surface.post(place, plainCard());
    expect(surface.state().connected).toBe(false);
    expect(server.messages).toHaveLength(1);
  });
});

describe("when Discord is away", () => {
  test("a refused token is told, and the process goes on", async () => {
    surface = discord({ token: "wrong" });
    await surface.start();
    expect(surface.state()).toEqual({
      connected: false,
      detail: expect.stringContaining("Discord refuses DISCORD_TOKEN") as string,
    });
  });

  test("refused intents are told", async () => {
    server.closeOnIdentify = 4014;
    await surface.start();
    expect(surface.state().detail).toContain("Discord refuses the intents");
  });

  test("nobody listening at the address is told", async () => {
    surface = discord({ apiUrl: "http://127.0.0.1:9/api" });
    await surface.start();
    expect(surface.state().detail).toContain("check the network and DISCORD_API_URL");
  });

  test("a dropped connection is resumed without another IDENTIFY", async () => {
    await surface.start();
    server.dropSockets();
    await eventually("the resume", () => server.resumes === 1);
    expect(server.identifies).toHaveLength(1);
    server.dispatch("MESSAGE_CREATE", message());
    await eventually("the answer", () => server.messages.length === 1);
  });

  test("at most twenty IDENTIFYs an hour are let through", async () => {
    let now = 0;
    const brake = createIdentifyBrake(() => now);
    for (let count = 0; count < 20; count++) await brake.waitForIdentify(0, new AbortController().signal);
    expect(brake.blockedUntilMs()).toBe(3_600_000);
    await expect(brake.waitForIdentify(0, AbortSignal.abort())).rejects.toThrow();
    now = 3_600_000;
    await brake.waitForIdentify(0, new AbortController().signal);
  });
});
