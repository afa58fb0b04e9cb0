import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openDoor } from "../fixtures/fakes/door.ts";
import {
  awaitsDecision,
  buttonOf,
  openOperatorsBot,
  type OperatorsBot,
  outcomes,
  proposal,
  settledEverywhere,
  tellsOutcome,
  until,
} from "../fixtures/fakes/operators-bot.ts";
import {
  clickOnDiscord,
  clickOnSlack,
  discordCards,
  mentionOnDiscord,
  replyOnDiscord,
  sayOnSlack,
  slackCards,
} from "../fixtures/fakes/operators-chats.ts";
import { instanceId, type World } from "../fixtures/fakes/operators-world.ts";

/** What an operator sees while something the bot needs is gone, and that it comes back by itself. */

let bot: OperatorsBot;
let world: World;

beforeEach(async () => {
  bot = await openOperatorsBot();
  world = bot.world;
});

afterEach(async () => {
  await bot.close();
  vi.unstubAllEnvs();
});

it("judges and tells the others while Slack hangs, and tells Slack when it is back", async () => {
  await bot.begin();
  const { slack } = await proposal(world);
  clickOnSlack(world, "U1", slack, buttonOf(slack, "Approve"));
  await until("the call", () => bot.sent().length === 1);
  world.slack.setDelay(60_000);
  expect((await bot.judged()).verdict).toBe("improved");
  await until("the outcome on Discord", () => discordCards(world).find(tellsOutcome), 5);
  expect(slackCards(world).some(tellsOutcome)).toBe(false);
  world.slack.setDelay(0);
  expect(await outcomes(bot)).toEqual(settledEverywhere);
  expect(slackCards(world)).toHaveLength(1);
}, 80_000);

it("stays up without Prometheus, says so, proposes nothing, and goes on when it is back", async () => {
  await world.prometheus.shut();
  await bot.begin();
  expect((await bot.call("/ready")).status).toBe(503);
  await until("Slack", () => world.slack.socketCount() === 2);
  await until("the watch's own word", async () => /PROMETHEUS_URL/.test((await bot.ask("status")).text));
  sayOnSlack(world, "U6", "status");
  await until("the answer on Slack", () =>
    slackCards(world).find(({ text }) => text.includes("PROMETHEUS_URL")),
  );
  expect(await bot.incidents()).toEqual([]);

  await world.prometheus.open();
  const { discord } = await proposal(world);
  await world.prometheus.shut();
  const mention = mentionOnDiscord(world, "check web-1");
  const reply = await until("the answer on Discord", () => replyOnDiscord(world, mention));
  expect(reply.text).toContain("Prometheus does not answer");
  expect((await bot.ask("status")).title).toBe("Prometheus does not answer");
  clickOnDiscord(world, discord, buttonOf(discord, "Deny"));
  await until("the denial", async () => (await bot.plans())[0]?.status === "denied");
  expect(await bot.plans()).toHaveLength(1);
  expect((await bot.incidents()).map(({ status }) => status)).toEqual(["open"]);
}, 60_000);

it("shows what AWS refused and what to do, and lets the fix be proposed again", async () => {
  world.aws.fail("SendCommand", { how: "throttle" });
  await bot.begin();
  const { discord } = await proposal(world);
  clickOnDiscord(world, discord, buttonOf(discord, "Approve"));
  const throttled = await until("the failure", () =>
    slackCards(world).find(({ text }) => text.includes("wait a minute and try again")),
  );
  expect(throttled.title).toContain("failed");

  world.aws.fail("SendCommand", { how: "code", code: "AccessDeniedException" });
  // The cooldown of this policy.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  clickOnSlack(world, "U5", throttled, buttonOf(throttled, "Propose a fix"));
  const again = await until("the second proposal", () => slackCards(world).find(awaitsDecision));
  clickOnSlack(world, "U1", again, buttonOf(again, "Approve"));
  const forbidden = await until("the second failure", () =>
    slackCards(world).find(({ text }) => text.includes("infra/deploy/iam")),
  );
  expect(forbidden.title).toContain("failed");
  expect((await bot.plans()).map(({ status }) => status)).toEqual(["failed", "failed"]);
  expect((await bot.incidents()).map(({ status }) => status)).toEqual(["open"]);
  expect(bot.sent()).toEqual([]);
}, 60_000);

it("does not run a plan whose instance has changed since, and says what changed", async () => {
  await bot.begin();
  const { slack } = await proposal(world);
  const instance = world.aws.state.instances.get(instanceId);
  if (instance) instance.state = "stopped";
  clickOnSlack(world, "U1", slack, buttonOf(slack, "Approve"));
  const told = await until("the reason", () =>
    discordCards(world).find(({ text }) => text.includes("nothing was run")),
  );
  expect(told.text).toMatch(
    /web-1 is not as it was when this was proposed: its state was running and is stopped/,
  );
  expect((await bot.plans()).map(({ status }) => status)).toEqual(["cancelled"]);
  expect(bot.sent()).toEqual([]);
}, 40_000);

it("tells an incident without a remedy while AWS hides its instances, and proposes when it shows them", async () => {
  world.aws.fail("DescribeInstances", { how: "code", code: "UnauthorizedOperation", status: 403 }, 1_000);
  await bot.begin();
  const card = await until("the card on Slack", () =>
    slackCards(world).find(({ title }) => title.includes("the service is down")),
  );
  expect(card.text).toContain("EC2 could not be asked");
  expect(card.text).toContain("infra/deploy/iam");
  expect(card.buttons.map(({ label }) => label)).not.toContain("Propose a fix");
  expect(await bot.plans()).toEqual([]);

  world.aws.allow("DescribeInstances");
  await proposal(world);
  expect(slackCards(world)).toHaveLength(1);
}, 40_000);

it("never uses credentials that lie around: no byte goes to AWS or a language model", async () => {
  const [aws, openai, gemini] = await Promise.all([openDoor(null), openDoor(null), openDoor(null)]);
  const around = {
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL: aws.url,
    OPENAI_API_KEY: "sk-example",
    OPENAI_BASE_URL: openai.url,
    GEMINI_API_KEY: "example",
    GOOGLE_GEMINI_BASE_URL: gemini.url,
  };
  for (const [name, value] of Object.entries(around)) vi.stubEnv(name, value);
  await bot.begin({
    ...around,
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
    PORT: "0",
    SMARTCLOUDOPS_DATA_DIR: `${world.environment.SMARTCLOUDOPS_DATA_DIR}-demo`,
    SMARTCLOUDOPS_REPLAY_FAULT: "service_down",
    SMARTCLOUDOPS_REPLAY_SPEED: "60",
  });
  const plan = await until("the plan", async () => (await bot.plans())[0], 30);
  await bot.ask("what do you make of all this?");
  const approved = await bot.call(`/plans/${plan.id}/approve`, { digest: plan.digest });
  expect(approved.status).toBe(200);
  expect((await bot.judged()).verdict).toBe("improved");
  expect([aws.knocks(), openai.knocks(), gemini.knocks()]).toEqual([0, 0, 0]);
  await Promise.all([aws.shut(), openai.shut(), gemini.shut()]);
}, 60_000);
