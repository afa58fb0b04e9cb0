import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually, fakeListener, fakeLog, plainCard } from "../../fixtures/fakes/listener.ts";
import { startSlackServer } from "../../fixtures/fakes/slack-server.ts";
import type { Surface } from "../surface.ts";
import { createSlack } from "./app.ts";

type Payload = Record<string, unknown> & { event?: Record<string, unknown>; event_id?: string };

const fixture = (name: string): Payload =>
  JSON.parse(readFileSync(new URL(`../../fixtures/slack/${name}.json`, import.meta.url), "utf8")) as Payload;
const users = fixture("users") as unknown as Record<string, Record<string, unknown>>;
const png = Buffer.from("89504e470d0a1a0a", "hex");

let server: Awaited<ReturnType<typeof startSlackServer>>;
let surface: Surface;
let log: ReturnType<typeof fakeLog>;
let listener: ReturnType<typeof fakeListener>["listener"];
let heard: ReturnType<typeof fakeListener>["heard"];

beforeEach(async () => {
  server = await startSlackServer();
  server.users.set("U1", users.member ?? {});
  server.users.set("U2", users.guest ?? {});
  server.users.set("U3", users.stranger ?? {});
  server.channels.set("C1", { id: "C1", is_ext_shared: false });
  server.channels.set("C2", { id: "C2", is_ext_shared: false });
  server.channels.set("C3", { id: "C3", is_ext_shared: false });
  server.groups.push({ id: "S7", users: ["U1"] }, { id: "S8", users: ["U9"] });
  ({ listener, heard } = fakeListener());
  log = fakeLog();
  surface = slack();
});

afterEach(async () => {
  await surface.stop();
  await server.close();
});

function slack(
  tokens: { botToken?: string; appToken?: string; apiUrl?: string; wall?: () => number } = {},
): Surface {
  return createSlack({
    botToken: "xoxb-1",
    appToken: "xapp-1",
    apiUrl: server.url,
    listener,
    readChart: async () => png,
    log,
    wall: Date.now,
    ...tokens,
  });
}

async function started(): Promise<void> {
  await surface.start();
  await eventually("both sockets", () => server.socketCount() === 2);
}

function event(name: string, changes: Record<string, unknown> = {}, id = name): Payload {
  const payload = fixture(name);
  return { ...payload, event_id: id, event: { ...payload.event, ...changes } };
}

const command = (changes: Payload = {}): Payload => ({
  ...fixture("slash-command"),
  response_url: server.responseUrl,
  ...changes,
});

const click = (changes: Payload = {}): Payload => ({
  ...fixture("block-actions"),
  response_url: server.responseUrl,
  ...changes,
});

describe("what is heard", () => {
  test("a mention is answered in its thread, and the listener learns who asked", async () => {
    await started();
    server.send("events_api", event("app-mention"));
    await eventually("the answer", () => heard.delivered.length === 1);
    expect(heard.messages).toEqual([
      {
        key: "slack:event:app-mention",
        place: { surface: "slack", channel: "C1", thread: "1764500000.000200" },
        speaker: { identity: "slack:T1/U1", name: "Mara", groups: ["slack:T1/S7"], outsider: false },
        text: "check web-1.example & tell",
        sentAtMs: 1764500000000,
      },
    ]);
    expect(server.messages[0]?.args).toMatchObject({
      channel: "C1",
      thread_ts: "1764500000.000200",
      unfurl_links: "false",
      unfurl_media: "false",
      metadata: { event_type: "smartcloudops_card", event_payload: { card: "0123456789abcdef012345" } },
    });
    expect(heard.delivered).toEqual([server.messages[0]?.ts]);
  });

  test("a slash command is acknowledged at once and answered in the channel", async () => {
    await started();
    const envelope = server.send("slash_commands", command());
    await eventually("the answer", () => server.messages.length === 1);
    expect(server.acks.has(envelope)).toBe(true);
    expect(server.messages[0]?.args).toMatchObject({ channel: "C2" });
    expect(server.messages[0]?.args).not.toHaveProperty("thread_ts");
    expect(heard.messages[0]).toMatchObject({ text: "status", place: { channel: "C2", thread: null } });
  });

  test("a direct message is answered in its thread", async () => {
    await started();
    server.send("events_api", event("message-im"));
    await eventually("the answer", () => server.messages.length === 1);
    expect(server.messages[0]?.args).toMatchObject({ channel: "D1", thread_ts: "1764500100.000300" });
  });

  test("the same delivery on both sockets, and its retry, act once and are all acknowledged", async () => {
    await started();
    const envelopes = [1, 2, 3].map(() => server.send("events_api", event("app-mention")));
    await eventually("three acknowledgements", () => envelopes.every((id) => server.acks.has(id)));
    await eventually("the answer", () => server.messages.length === 1);
    expect(heard.messages).toHaveLength(1);
  });

  test("bots, edits, joins, messages in channels and our own words are acknowledged and ignored", async () => {
    await started();
    const envelopes = [
      event("bot-message"),
      event("message-changed"),
      event("app-mention", { edited: { user: "U1", ts: "1764500001.0" } }, "edited mention"),
      event("message-im", { subtype: "channel_join" }, "join"),
      event("message-im", { user: "UBOT" }, "own"),
      event("message-im", { channel: "C1", channel_type: "channel" }, "channel"),
      event("message-im", { app_id: "A7" }, "app"),
    ].map((payload) => server.send("events_api", payload));
    await eventually("all acknowledgements", () => envelopes.every((id) => server.acks.has(id)));
    expect(heard.messages).toEqual([]);
    expect([...heard.known]).toEqual([]);
  });

  test("what cannot be stored is not acknowledged, so that Slack delivers it again", async () => {
    await started();
    heard.storeFails = true;
    const lost = server.send("events_api", event("app-mention"));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.acks.has(lost)).toBe(false);
    heard.storeFails = false;
    const retried = server.send("events_api", event("app-mention"));
    await eventually("the answer", () => server.messages.length === 1);
    expect(server.acks.has(retried)).toBe(true);
  });

  test("a listener that takes 3 s does not delay the acknowledgement beyond 1 s", async () => {
    await started();
    heard.delayMs = 3_000;
    const sent = Date.now();
    const envelopes = [
      server.send("slash_commands", command()),
      server.send("interactive", click()),
      server.send("events_api", event("app-mention")),
    ];
    await eventually("all acknowledgements", () => envelopes.every((id) => server.acks.has(id)));
    for (const id of envelopes) expect((server.acks.get(id) ?? Infinity) - sent).toBeLessThan(1_000);
    expect(server.messages).toEqual([]);
  });

  test("garbage on the socket neither ends the process nor the connection", async () => {
    await started();
    for (const text of [
      "not json",
      "null",
      "[]",
      '{"type":"events_api"}',
      '{"type":"events_api","envelope_id":"e","payload":{}}',
      '{"type":"close"}',
      '{"type":"error","envelope_id":"e","payload":{}}',
      '{"type":"interactive","envelope_id":"e","payload":{"type":"block_actions","actions":[]}}',
      '{"type":"slash_commands","envelope_id":"e","payload":{"command":7}}',
      '{"type":"events_api","envelope_id":"e","payload":{"event":{"type":"app_mention","ts":"x"}}}',
    ]) {
      server.sendRaw(text);
    }
    server.sendRaw(Buffer.from([0, 1, 2]));
    server.send("events_api", event("app-mention"));
    await eventually("the answer", () => server.messages.length === 1);
    expect(surface.state().connected).toBe(true);
  });
});

describe("buttons", () => {
  test("an accepted click carries the token and the card's thread; nothing further is said", async () => {
    await started();
    heard.card = null;
    const envelope = server.send("interactive", click());
    await eventually("the click", () => heard.clicks.length === 1);
    expect(server.acks.has(envelope)).toBe(true);
    expect(heard.clicks[0]).toMatchObject({
      key: "slack:click:T1/C3/1764500000.000900/card_button_0/1764500130.600600/U1",
      place: { surface: "slack", channel: "C3", thread: "1764500000.000900" },
      token: "AAAAAAAAAAAAAAAAAAAAAA",
    });
    expect(JSON.stringify([...heard.known])).not.toContain("AAAAAAAAAAAAAAAAAAAAAA");
    expect(server.messages).toEqual([]);
  });

  test("a refusal is seen by the clicking person alone", async () => {
    await started();
    heard.private = true;
    heard.card = plainCard({ title: "You asked for this plan", tone: "refused" });
    server.send("interactive", click());
    await eventually("the refusal", () => server.ephemerals.length === 1);
    expect(server.ephemerals[0]).toMatchObject({ channel: "C3", user: "U1" });
    expect(server.messages).toEqual([]);
    expect(heard.delivered).toEqual([]);
  });

  test("where Slack takes no private message, the click's own address is used", async () => {
    await started();
    heard.private = true;
    server.refuse("chat.postEphemeral", { error: "user_not_in_channel" });
    server.send("interactive", click());
    await eventually("the refusal", () => server.urlAnswers.length === 1);
    expect(server.urlAnswers[0]).toMatchObject({ response_type: "ephemeral", replace_original: false });
  });
});

test("a public answer to a click on a private message stands in the channel", async () => {
  await started();
  const container = { type: "message", channel_id: "C3", message_ts: "1764500000.001", is_ephemeral: true };
  server.send("interactive", click({ container, message: undefined }));
  await eventually("the answer", () => server.messages.length === 1);
  expect(server.messages[0]?.args).not.toHaveProperty("thread_ts");
});

describe("who is speaking", () => {
  test.each([
    ["a guest", "U2", "slack:T1/U2"],
    ["somebody of another organisation", "U3", "slack:T2/U3"],
    ["somebody Slack does not know", "U4", "slack:T1/U4"],
  ])("%s is an outsider without groups", async (_, user, identity) => {
    await started();
    server.send("events_api", event("app-mention", { user }));
    await eventually("the message", () => heard.messages.length === 1);
    expect(heard.speaker()).toMatchObject({ identity, groups: [], outsider: true });
  });

  test("in a channel shared with another organisation everybody is an outsider", async () => {
    await started();
    server.channels.set("C2", { id: "C2", is_ext_shared: true });
    server.send("slash_commands", command());
    await eventually("the message", () => heard.messages.length === 1);
    expect(heard.speaker()).toMatchObject({ groups: [], outsider: true });
  });

  test("without users.info nobody may act, and state() says which scope is missing", async () => {
    await started();
    server.refuse("users.info", { error: "missing_scope", needed: "users:read" });
    server.send("slash_commands", command());
    await eventually("the message", () => heard.messages.length === 1);
    expect(heard.speaker()).toMatchObject({ outsider: true });
    expect(surface.state().detail).toContain("add the scope users:read");
  });

  test("without group lists a member has no groups, and stays a member", async () => {
    await started();
    server.refuse("usergroups.list", { error: "missing_scope", needed: "usergroups:read" });
    server.send("slash_commands", command());
    await eventually("the message", () => heard.messages.length === 1);
    expect(heard.speaker()).toMatchObject({ identity: "slack:T1/U1", groups: [], outsider: false });
  });
});

describe("rights that change", () => {
  let now = Date.now();
  let speaks = 0;

  beforeEach(async () => {
    now = Date.now();
    await surface.stop();
    surface = slack({ wall: () => now });
    await started();
  });

  /** Who the listener is told it is, for one more command of Mara's. */
  async function speaker(changes: Payload = {}) {
    const before = heard.messages.length;
    server.send("slash_commands", command({ trigger_id: `t${(speaks += 1)}`, ...changes }));
    await eventually("the message", () => heard.messages.length > before);
    return heard.messages.at(-1)?.speaker;
  }

  test.each<[string, () => void, object]>([
    ["taken out of the group", () => void server.groups.splice(0, 1), { groups: [], outsider: false }],
    [
      "of a group that was disabled",
      () => void server.groups.splice(0, 1, { id: "S7", users: ["U1"], date_delete: 1 }),
      { groups: [], outsider: false },
    ],
    [
      "deactivated",
      () => void server.users.set("U1", { ...users.member, deleted: true }),
      { groups: [], outsider: true },
    ],
    [
      "made a guest",
      () => void server.users.set("U1", { ...users.member, is_restricted: true }),
      { groups: [], outsider: true },
    ],
    [
      "in a channel that was shared",
      () => void server.channels.set("C2", { id: "C2", is_ext_shared: true }),
      { groups: [], outsider: true, because: expect.stringContaining("shared") },
    ],
  ])("are seen within a minute: somebody %s", async (_, change, expected) => {
    expect(await speaker()).toMatchObject({ groups: ["slack:T1/S7"], outsider: false });
    change();
    now += 60_000;
    expect(await speaker()).toMatchObject(expected);
  });

  test("are not believed longer than a minute while Slack does not answer", async () => {
    expect(await speaker()).toMatchObject({ groups: ["slack:T1/S7"], outsider: false });
    for (const method of ["users.info", "usergroups.list", "conversations.info"])
      server.refuse(method, { error: "internal_error" });
    now += 60_000;
    expect(await speaker()).toMatchObject({ groups: [], outsider: true });
  });

  test("are nobody's in a channel of which Slack tells nothing, and state() says so", async () => {
    server.refuse("conversations.info", { error: "missing_scope", needed: "channels:read" });
    expect(await speaker()).toMatchObject({
      groups: [],
      outsider: true,
      because: expect.stringContaining("whether this channel is shared"),
    });
    expect(surface.state().detail).toContain("add the scope channels:read");
  });

  test.each([
    ["a bot", { is_bot: true }],
    ["a workflow", { is_workflow_bot: true }],
    ["a connector", { is_connector_bot: true }],
    ["somebody invited", { is_invited_user: true }],
  ])("are none of %s, whatever group it is in", async (_, changes) => {
    server.users.set("U1", { ...users.member, ...changes });
    expect(await speaker()).toMatchObject({ groups: [], outsider: true });
  });

  test("are none of a group that only the policy knows", async () => {
    server.groups.length = 0;
    expect(await speaker()).toMatchObject({ groups: [], outsider: false });
  });
});

describe("whom a card addresses", () => {
  const place = { surface: "slack" as const, channel: "C5", thread: null };
  const mentions = ["slack:T1/U3", "slack:T2/U4", "discord:G1/U5", "console:ada", "slack:T1/U6> <!channel"];
  const said = (index: number) => JSON.stringify(server.messages[index]?.args.blocks);

  test("is mentioned by id, of this organisation only, and nobody by text", async () => {
    await surface.post(place, plainCard({ mentions, text: "<@U9> <!here> @channel" }));
    expect(said(0)).toContain("<@U3>");
    expect(said(0).match(/<[@!#]/g)).toHaveLength(1);
    expect(said(0)).toContain("&lt;@U9&gt;");
  });

  test("is nobody while Slack does not say where the app is installed", async () => {
    server.refuse("auth.test", { error: "internal_error" });
    await surface.post(place, plainCard({ mentions }));
    expect(said(0)).not.toContain("<@");
  });
});

describe("cards", () => {
  const place = { surface: "slack" as const, channel: "C5", thread: null };
  const withChart = plainCard({ image: { url: "/charts/1.png", alt: "memory of web-1" } });

  test("a chart is uploaded once and stands in the card, also after an edit", async () => {
    const ts = await surface.post(place, withChart);
    await surface.edit(place, ts, { ...withChart, title: "Restarted" });
    const image = { type: "image", slack_file: { id: "F00000001" }, alt_text: "memory of web-1" };
    expect(server.messages[0]?.args.blocks).toContainEqual(image);
    expect(JSON.stringify(server.messages[0]?.args.blocks)).toContain("Restarted");
    expect(server.files.size).toBe(1);
    expect(server.files.get("F00000001")?.bytes.includes(png)).toBe(true);
  });

  test("when files cannot be uploaded the card is posted and says so", async () => {
    server.refuse("files.getUploadURLExternal", { error: "unknown_method" });
    await surface.post(place, withChart);
    const text = JSON.stringify(server.messages[0]?.args.blocks);
    expect(text).toContain("Chart unavailable: memory of web-1");
    expect(text).not.toContain('"image"');
  });

  test("a picture that Slack has not finished yet is waited for", async () => {
    server.refuse("chat.postMessage", { error: "invalid_blocks" }, 1);
    await surface.post(place, withChart);
    expect(JSON.stringify(server.messages[0]?.args.blocks)).toContain("slack_file");
  });

  test("refused blocks become plain text rather than nothing", async () => {
    server.refuse("chat.postMessage", { error: "msg_blocks_too_long" }, 1);
    await surface.post(place, plainCard({ buttons: [{ token: "t", label: "Approve", style: "primary" }] }));
    expect(server.messages[0]?.args.blocks).toEqual([]);
    expect(server.messages[0]?.args.text).toContain("type the command instead");
  });

  test("Retry-After is honoured and the card posted once", async () => {
    server.refuse("chat.postMessage", { error: "ratelimited" }, 1, 429, { "retry-after": "1" });
    const before = Date.now();
    await surface.post(place, plainCard());
    expect(Date.now() - before).toBeGreaterThanOrEqual(1_000);
    expect(server.messages).toHaveLength(1);
  });

  test("two cards for one channel are about a second apart, for two channels they are not", async () => {
    await surface.post({ ...place, channel: "C6" }, plainCard());
    const before = Date.now();
    await surface.post({ ...place, channel: "C7" }, plainCard());
    expect(Date.now() - before).toBeLessThan(500);
    await surface.post({ ...place, channel: "C6" }, plainCard());
    const [first, , third] = server.calls.filter((call) => call.method === "chat.postMessage");
    expect((third?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(900);
  });

  test.each([
    ["not_in_channel", "invite"],
    ["channel_not_found", "check the channel's id"],
    ["account_inactive", "reinstall"],
    ["invalid_auth", "SLACK_BOT_TOKEN"],
  ])("a refusal %s throws what to do", async (error, remedy) => {
    server.refuse("chat.postMessage", { error });
    await expect(surface.post(place, plainCard())).rejects.toThrow(remedy);
  });

  test("a slash command where the bot is not in the channel is answered to its asker", async () => {
    await started();
    server.refuse("chat.postMessage", { error: "not_in_channel" });
    server.send("slash_commands", command());
    await eventually("the answer", () => server.urlAnswers.length === 1);
    expect(JSON.stringify(server.urlAnswers[0])).toContain("/invite @smartcloudops");
    expect(heard.delivered).toEqual([]);
    expect(heard.undelivered).toBe(0);
  });

  test.each([
    ["a mention", "events_api", () => event("app-mention")],
    ["a slash command", "slash_commands", () => command()],
  ] as const)("an answer to %s that Slack is too broken to take is handed back", async (_, kind, payload) => {
    await started();
    server.refuse("chat.postMessage", { error: "internal_error" });
    server.send(kind, payload());
    await eventually("the return", () => heard.undelivered === 1);
    expect(heard.delivered).toEqual([]);
    expect(server.urlAnswers).toEqual([]);
    expect(log.lines.at(-1)).toMatchObject({ level: "error", message: "an answer did not reach Slack" });
  });
});

describe("when Slack is away", () => {
  test("a refused token is told, and the bot connects as soon as it is accepted", async () => {
    server.refuse("auth.test", { error: "invalid_auth" });
    await surface.start();
    expect(surface.state()).toEqual({
      connected: false,
      detail: expect.stringMatching(/invalid_auth.*SLACK_BOT_TOKEN/) as string,
    });
    server.allow("auth.test");
    await eventually("the connection", () => surface.state().connected, 6_000);
  });

  test("exchanged tokens are told apart", async () => {
    surface = slack({ botToken: "xapp-1", appToken: "xoxb-1" });
    await surface.start();
    expect(surface.state().detail).toContain("may be exchanged");
  });

  test("nobody listening at the address is told without ending the process", async () => {
    surface = slack({ apiUrl: "http://127.0.0.1:9/api/" });
    await surface.start();
    expect(surface.state()).toMatchObject({ connected: false });
    expect(surface.state().detail).toContain("check the network and SLACK_API_URL");
    await expect(
      surface.post({ surface: "slack", channel: "C1", thread: null }, plainCard()),
    ).rejects.toThrow("Slack does not answer");
  });

  test("when Slack renews one connection the other goes on listening", async () => {
    await started();
    server.renewOneSocket();
    await eventually("one socket less", () => server.socketCount() === 1);
    expect(surface.state()).toEqual({ connected: true, detail: "1 of 2 connections" });
    server.send("slash_commands", command());
    await eventually("the answer", () => server.messages.length === 1);
    await eventually("both sockets again", () => server.socketCount() === 2);
  });

  test("dropped sockets come back by themselves", async () => {
    await started();
    server.dropSockets();
    await eventually("no connection", () => !surface.state().connected);
    await eventually("both sockets again", () => server.socketCount() === 2);
    server.send("events_api", event("app-mention"));
    await eventually("the answer", () => server.messages.length === 1);
  });
});
