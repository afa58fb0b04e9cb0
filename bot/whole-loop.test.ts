import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  clickOnDiscord,
  clickOnSlack,
  discordCards,
  discordHome,
  instanceId,
  mentionOnDiscord,
  openWorld,
  sayOnSlack,
  slackCards,
  slackHome,
  type World,
} from "../fixtures/fakes/operators-world.ts";
import { openDoor } from "../fixtures/fakes/door.ts";
import { loadConfig } from "../infra/config.ts";
import type { Card } from "./card.ts";
import { type Running, start } from "./main.ts";

/**
 * The program as an operator runs it: a real configuration with Slack, Discord, AWS and Prometheus, here their fakes on
 * loopback, and the compiled worker of `npm run build`.
 */

type Cards = ReturnType<typeof slackCards>;
type Shown = Cards[number];
type Plan = {
  id: string;
  status: string;
  verdict: string | null;
  digest: string;
  notes: string[];
  steps: { state: string }[];
};
type Audit = { actor: string; verb: string; subject: string; detail: unknown };

let world: World;
let running: Running | null = null;
let logged: string[] = [];

beforeEach(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  logged = [];
});

afterEach(async (test) => {
  if (test.task.result?.state === "fail") console.log(logged.join(""));
  await running?.stop();
  running = null;
  await world?.close();
  vi.unstubAllEnvs();
});

async function begin(environment: NodeJS.ProcessEnv = world.environment): Promise<void> {
  running = await start(
    loadConfig(environment, () => ""),
    {
      print: () => undefined,
      writeLog: (line) => logged.push(line),
      wall: Date.now,
      workerUrl: new URL("../dist/bot/worker.js", import.meta.url),
      consoleFiles: new URL("../dist/bot/console/", import.meta.url),
      cycleMs: 500,
    },
  );
}

async function call<Answer>(path: string, body?: object): Promise<{ status: number; body: Answer }> {
  const response = await fetch((running?.url ?? "") + path, {
    ...(body === undefined
      ? {}
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

const plans = async () => (await call<{ plans: Plan[] }>("/plans")).body.plans;
const audit = async () => (await call<{ entries: Audit[] }>("/audit")).body.entries;
const incidents = async () =>
  (await call<{ incidents: { id: string; status: string }[] }>("/incidents")).body.incidents;
const ask = async (query: string) => (await call<{ card: Card; text: string }>("/query", { query })).body;

/** What an open page of the console shows: the first event lists the newest cards. */
async function consoleCards(): Promise<Card[]> {
  const leaving = new AbortController();
  const response = await fetch(`${running?.url}/updates`, { signal: leaving.signal });
  let text = "";
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(piece).toString("utf8");
    if (text.includes("\n\n")) break;
  }
  leaving.abort();
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? "[]";
  return (JSON.parse(data) as { card: Card }[]).map(({ card }) => card);
}

async function until<Value>(
  what: string,
  look: () => Promise<Value | null | undefined | false> | Value | null | undefined | false,
  seconds = 15,
): Promise<Value> {
  const end = Date.now() + seconds * 1_000;
  while (Date.now() < end) {
    const seen = await look();
    if (seen) return seen;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: not seen within ${seconds} s`);
}

const approveOf = (card: Shown) => card.buttons.find(({ label }) => label.startsWith("Approve"));
const waiting = (cards: Cards) => cards.find((card) => approveOf(card) !== undefined);
const buttonOf = (card: Shown, label: string) => {
  const button = card.buttons.find((each) => each.label.startsWith(label));
  if (button === undefined) throw new Error(`"${card.title}" has no button ${label}`);
  return button;
};
const sent = () => world.aws.accepted.filter(({ operation }) => operation === "SendCommand");
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The incident's card as it waits for a decision on Slack and Discord. */
async function proposal(): Promise<{ slack: Shown; discord: Shown }> {
  const slack = await until("the card on Slack", () => waiting(slackCards(world)));
  const discord = await until("the card on Discord", () => waiting(discordCards(world)));
  return { slack, discord };
}

async function judged(): Promise<Plan> {
  return until("the verdict", async () => (await plans()).find(({ verdict }) => verdict !== null), 40);
}

const withOutcome = (cards: { title: string }[]) => cards.find(({ title }) => title.includes("improved"));

/** Every copy of the incident's card shows what came of it, with nothing left to press. */
async function outcomeEverywhere(): Promise<void> {
  const slack = await until(
    "the outcome on Slack",
    () => withOutcome(slackCards(world)) as Shown | undefined,
  );
  const discord = await until(
    "the outcome on Discord",
    () => withOutcome(discordCards(world)) as Shown | undefined,
  );
  const page = await until("the outcome on the console", async () =>
    (await consoleCards()).find(({ title }) => title.includes("improved")),
  );
  for (const card of [slack, discord, page]) expect(card.buttons).toEqual([]);
  expect([slack.hasChart, discord.hasChart, page.image !== null]).toEqual([true, true, true]);
}

describe("with Slack, Discord, AWS and Prometheus", () => {
  it("tells the incident once everywhere, refuses who may not, and runs what Mara approves once", async () => {
    world = await openWorld();
    await begin();
    const { slack, discord } = await proposal();
    expect(slack.title).toContain("web-1: the service is down");
    for (const card of [slack, discord]) {
      expect(card.buttons.map(({ label }) => label).slice(0, 2)).toEqual(["Approve restart", "Deny"]);
    }
    const [onPage] = await consoleCards();
    expect(onPage?.buttons.map(({ label }) => label).slice(0, 2)).toEqual(["Approve restart", "Deny"]);
    expect(slack.text).not.toContain("dry-run");

    sayOnSlack(world, "U6", "status");
    const mention = mentionOnDiscord(world, "status");
    await until("the status on Slack", () =>
      slackCards(world).find(({ title }) => title.startsWith("1 target")),
    );
    const reply = await until("the status on Discord", () =>
      world.discord.messages.find(
        ({ body }) => (body.message_reference as { message_id?: string } | undefined)?.message_id === mention,
      ),
    );
    expect(reply.channel).toBe(discordHome);

    for (const user of ["U5", "U6", "U3"]) clickOnSlack(world, user, slack, buttonOf(slack, "Approve"));
    await until("three private refusals", () => world.slack.ephemerals.length === 3);
    expect(world.slack.ephemerals.map(({ user }) => user).sort()).toEqual(["U3", "U5", "U6"]);
    const local = onPage?.buttons[0]?.token;
    const fromPage = await call<{ card: Card }>("/buttons", { token: local });
    expect(fromPage.body.card.tone).toBe("refused");
    expect(sent()).toEqual([]);
    const refused = (await audit()).filter(({ verb }) => verb === "refused approve");
    expect(refused.map(({ actor }) => actor).sort()).toEqual([
      "console:local",
      "jon",
      "slack:T1/U6",
      "slack:T2/U3",
    ]);

    clickOnDiscord(world, discord, buttonOf(discord, "Approve"));
    const plan = await judged();
    expect(plan.verdict).toBe("improved");
    expect(sent().map(({ instanceId: id, detail }) => ({ id, parameters: detail.parameters }))).toEqual([
      { id: instanceId, parameters: { Service: ["app"] } },
    ]);
    expect((await incidents()).map(({ status }) => status)).toEqual(["resolved"]);
    await outcomeEverywhere();
    const approvals = (await audit()).filter(({ verb }) => verb === "approve");
    expect(approvals.map(({ actor, subject }) => [actor, subject])).toEqual([["mara", plan.id]]);

    const told = slackCards(world).filter(({ text }) => text.includes("inc-1"));
    expect(told.filter(({ title }) => !title.startsWith("1 target"))).toHaveLength(1);
    expect(world.slack.messages.map(({ channel }) => channel)).toEqual(
      world.slack.messages.map(() => slackHome),
    );
    expect(discordCards(world).filter(({ title }) => title.includes("improved"))).toHaveLength(1);
    expect(await plans()).toHaveLength(1);
  }, 60_000);

  it("keeps old buttons over a restart, runs once whatever is clicked at once, and owes Slack the outcome", async () => {
    world = await openWorld();
    await begin();
    const { slack, discord } = await proposal();
    await running?.stop();
    await begin();
    await until("both sockets of Slack", () => world.slack.socketCount() === 2);
    await until("Discord's gateway", () => world.discord.identifies.length === 2);

    for (let n = 0; n < 10; n++) {
      clickOnSlack(world, "U1", slack, buttonOf(slack, "Approve"), 2);
      clickOnDiscord(world, discord, buttonOf(discord, "Approve"), 2);
    }
    await until("the one call", () => sent().length === 1);
    // Slack goes on taking calls and never answers; then it is gone.
    world.slack.setDelay(60_000);
    const plan = await judged();
    expect(plan.verdict).toBe("improved");
    await until("the outcome on Discord", () => withOutcome(discordCards(world)), 3);
    expect(withOutcome(slackCards(world))).toBeUndefined();
    world.slack.setDelay(0);
    await outcomeEverywhere();
    expect(sent()).toHaveLength(1);
    const entries = await audit();
    expect(entries.filter(({ verb }) => verb === "approve")).toHaveLength(1);
    expect(await plans()).toHaveLength(1);
  }, 80_000);

  it("finishes what was running when it was stopped, without calling again", async () => {
    world = await openWorld();
    world.aws.state.nextProgress = Array.from({ length: 3 }, () => ({
      status: "InProgress",
      responseCode: -1,
      output: "",
    })).concat({ status: "Success", responseCode: 0, output: "done" });
    await begin();
    const { slack } = await proposal();
    clickOnSlack(world, "U1", slack, buttonOf(slack, "Approve"));
    await until("the call", () => sent().length === 1);
    await running?.stop();
    expect(logged.filter((line) => line.includes("a part failed"))).toEqual([]);
    await begin();
    expect((await judged()).verdict).toBe("improved");
    expect(sent()).toHaveLength(1);
    await outcomeEverywhere();
  }, 60_000);

  it("runs nothing that was denied, and says who denied it and why", async () => {
    world = await openWorld();
    await begin();
    await proposal();
    sayOnSlack(world, "U5", "deny plan-1 because the deploy is still running");
    const denied = await until("the denial", () =>
      slackCards(world).find(({ text }) => text.includes("Denied by")),
    );
    expect(denied.text).toContain("Jon");
    expect(denied.text).toContain("the deploy is still running");
    await until("the denial on Discord", () =>
      discordCards(world).find(({ text }) => text.includes("Denied by Jon")),
    );
    await until("no card to approve", () => waiting(slackCards(world)) === undefined);
    expect(waiting(discordCards(world))).toBeUndefined();
    await pause(1_500);
    expect((await plans()).map(({ status }) => status)).toEqual(["denied"]);
    expect(sent()).toEqual([]);
    const entry = (await audit()).find(({ verb }) => verb === "deny");
    expect(entry).toMatchObject({ actor: "jon", subject: "plan-1" });
  }, 40_000);

  it("stays up without Prometheus, says so, proposes nothing, and goes on when it is back", async () => {
    world = await openWorld();
    await world.prometheus.shut();
    await begin();
    expect((await call("/ready")).status).toBe(503);
    sayOnSlack(world, "U6", "status");
    await until("the answer on Slack", () =>
      slackCards(world).find(({ title }) => /Prometheus does not answer|no targets/.test(title)),
    );
    expect((await ask("status")).card.title).toMatch(/Prometheus does not answer|no targets/);
    expect(await incidents()).toEqual([]);

    await world.prometheus.open();
    const { discord } = await proposal();
    await world.prometheus.shut();
    const mention = mentionOnDiscord(world, "check web-1");
    const reply = await until("the answer on Discord", () =>
      world.discord.messages.find(
        ({ body }) => (body.message_reference as { message_id?: string } | undefined)?.message_id === mention,
      ),
    );
    expect(JSON.stringify(reply.body)).toContain("Prometheus does not answer");
    await until("the watch's own word", async () => {
      const { body } = await call<{ watch: { problem: string | null } }>("/status");
      return body.watch?.problem;
    });
    clickOnDiscord(world, discord, buttonOf(discord, "Deny"));
    await until("the denial", async () => (await plans())[0]?.status === "denied");
    expect(await plans()).toHaveLength(1);
    expect((await incidents()).map(({ status }) => status)).toEqual(["open"]);
  }, 60_000);

  it("shows what AWS refused and what to do, and lets the fix be proposed again", async () => {
    world = await openWorld();
    world.aws.fail("SendCommand", { how: "throttle" });
    await begin();
    const { discord } = await proposal();
    clickOnDiscord(world, discord, buttonOf(discord, "Approve"));
    const throttled = await until("the failure", () =>
      slackCards(world).find(({ title }) => title.includes("failed")),
    );
    expect(throttled.text).toContain("wait a minute and try again");
    expect(sent()).toEqual([]);

    world.aws.fail("SendCommand", { how: "code", code: "AccessDeniedException" });
    clickOnSlack(world, "U5", throttled, buttonOf(throttled, "Propose a fix"));
    const again = await until("the second proposal", () => waiting(slackCards(world)));
    clickOnSlack(world, "U1", again, buttonOf(again, "Approve"));
    const forbidden = await until("the second failure", () =>
      slackCards(world).find(({ text }) => text.includes("infra/deploy/iam/policy.json")),
    );
    expect(forbidden.title).toContain("failed");
    expect((await plans()).map(({ status }) => status)).toEqual(["failed", "failed"]);
    expect((await incidents()).map(({ status }) => status)).toEqual(["open"]);
    expect(sent()).toEqual([]);
  }, 60_000);

  it("tells an incident without a remedy while AWS does not say what it has, and why", async () => {
    world = await openWorld();
    world.aws.fail("DescribeInstances", { how: "code", code: "UnauthorizedOperation", status: 403 }, 100);
    await begin();
    const card = await until("the card on Slack", () =>
      slackCards(world).find(({ title }) => title.includes("the service is down")),
    );
    expect(card.text).toContain("EC2 could not be asked");
    expect(card.text).toContain("infra/deploy/iam/policy.json");
    expect(card.buttons.map(({ label }) => label)).not.toContain("Propose a fix");
    expect(await plans()).toEqual([]);
  }, 40_000);
});

it("never uses credentials that lie around: no byte goes to AWS or a language model", async () => {
  world = await openWorld();
  const [aws, openai, gemini] = await Promise.all([openDoor(null), openDoor(null), openDoor(null)]);
  const around = {
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL: aws.url,
    OPENAI_API_KEY: "sk-example",
    OPENAI_BASE_URL: openai.url,
    GEMINI_API_KEY: "example",
    GOOGLE_GEMINI_BASE_URL: gemini.url,
  };
  for (const [name, value] of Object.entries(around)) vi.stubEnv(name, value);
  await begin({
    ...around,
    PORT: "0",
    SMARTCLOUDOPS_DATA_DIR: `${world.environment.SMARTCLOUDOPS_DATA_DIR}-demo`,
    SMARTCLOUDOPS_REPLAY_FAULT: "service_down",
    SMARTCLOUDOPS_REPLAY_SPEED: "60",
  });
  const plan = await until("the plan", async () => (await plans())[0], 30);
  await ask("what do you make of all this?");
  const approved = await call(`/plans/${plan.id}/approve`, { digest: plan.digest });
  expect(approved.status).toBe(200);
  expect((await judged()).verdict).toBe("improved");
  expect([aws.knocks(), openai.knocks(), gemini.knocks()]).toEqual([0, 0, 0]);
  await Promise.all([aws.shut(), openai.shut(), gemini.shut()]);
}, 60_000);
