import { afterEach, beforeEach, expect, it } from "vitest";
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
import { discordHome, instanceId, type World } from "../fixtures/fakes/operators-world.ts";

/** The program as an operator runs it: Slack, Discord, AWS and Prometheus, here their fakes on loopback. */

let bot: OperatorsBot;
let world: World;

beforeEach(async () => {
  bot = await openOperatorsBot();
  world = bot.world;
  await bot.begin();
});

afterEach(async () => {
  await bot.close();
});

it("tells the incident once everywhere, refuses who may not, and runs what Mara approves once", async () => {
  const { slack, discord } = await proposal(world);
  const page = await until("the card on the console", async () => (await bot.consoleCards())[0]);
  expect(slack.title).toContain("web-1: the service is down");
  for (const card of [slack, discord, page])
    expect(card.buttons.map(({ label }) => label).slice(0, 2)).toEqual(["Approve restart", "Deny"]);
  for (const card of [slack, discord]) expect(card.text).not.toMatch(/dry-run|recorded/i);

  sayOnSlack(world, "U6", "status");
  const mention = mentionOnDiscord(world, "status");
  await until("the status on Slack", () =>
    slackCards(world).find(({ title }) => title.startsWith("1 target")),
  );
  expect(await until("the status on Discord", () => replyOnDiscord(world, mention))).toMatchObject({
    channel: discordHome,
  });

  for (const user of ["U5", "U6", "U3"]) clickOnSlack(world, user, slack, buttonOf(slack, "Approve"));
  await until("three private refusals", () => world.slack.ephemerals.length === 3);
  expect(world.slack.ephemerals.map(({ user }) => user).sort()).toEqual(["U3", "U5", "U6"]);
  const fromPage = await bot.call<{ card: { tone: string } }>("/buttons", { token: page.buttons[0]?.token });
  expect(fromPage.body.card.tone).toBe("refused");
  const refused = (await bot.audit()).filter(({ verb }) => verb === "refused approve");
  const strangers = ["console:local", "jon", "slack:T1/U6", "slack:T2/U3"];
  expect(refused.map(({ actor }) => actor).sort()).toEqual(strangers);
  expect(bot.sent()).toEqual([]);

  clickOnDiscord(world, discord, buttonOf(discord, "Approve"));
  const plan = await bot.judged();
  expect(plan.verdict).toBe("improved");
  expect(bot.sent()).toMatchObject([{ instanceId, detail: { parameters: { Service: ["app"] } } }]);
  expect(world.aws.calls.every(({ signed }) => signed)).toBe(true);
  expect((await bot.incidents()).map(({ status }) => status)).toEqual(["resolved"]);
  expect(await outcomes(bot)).toEqual(settledEverywhere);
  const approvals = (await bot.audit()).filter(({ verb }) => verb === "approve");
  expect(approvals).toMatchObject([{ actor: "mara", subject: plan.id }]);

  // The incident's card was posted once in each chat and edited since; nothing went anywhere else.
  const others = slackCards(world).filter((card) => !tellsOutcome(card));
  expect(others.map(({ title }) => title)).toEqual([expect.stringMatching(/^1 target/)]);
  expect(discordCards(world)).toHaveLength(2);
  expect(world.slack.messages).toHaveLength(2);
  expect(await bot.plans()).toHaveLength(1);
}, 120_000);

it("keeps old buttons over a restart, calls once whatever is clicked, and finishes over another restart", async () => {
  const [working, done] = world.aws.state.nextProgress;
  if (working && done) world.aws.state.nextProgress = [working, working, working, done];
  const { slack, discord } = await proposal(world);
  await bot.stop();
  await bot.begin();
  await until("both sockets of Slack", () => world.slack.socketCount() === 2);
  await until("Discord's gateway", () => world.discord.identifies.length === 2);

  for (let n = 0; n < 10; n++) {
    clickOnSlack(world, "U1", slack, buttonOf(slack, "Approve"), 2);
    clickOnDiscord(world, discord, buttonOf(discord, "Approve"), 2);
  }
  await until("the call", () => bot.sent().length === 1);
  const decisions = async () => (await bot.audit()).filter(({ verb }) => verb.endsWith("approve"));
  await until("every click in the audit", async () => (await decisions()).length >= 20);
  expect((await bot.plans()).map(({ status }) => status)).toEqual(["executing"]);
  const asked = Date.now();
  await bot.stop();
  expect(Date.now() - asked).toBeLessThan(5_000);
  expect(bot.logged.filter((line) => line.includes("a part failed"))).toEqual([]);
  await bot.begin();

  expect((await bot.judged()).verdict).toBe("improved");
  expect(await outcomes(bot)).toEqual(settledEverywhere);
  expect(bot.sent()).toHaveLength(1);
  const refusals = Array.from({ length: 19 }, () => "refused approve");
  expect((await decisions()).map(({ verb }) => verb).sort()).toEqual(["approve", ...refusals]);
  expect(await bot.plans()).toHaveLength(1);
}, 60_000);

it("runs nothing that was denied, and says who denied it and why", async () => {
  await proposal(world);
  sayOnSlack(world, "U5", "deny plan-1 because the deploy is still running");
  const isDenied = ({ text }: { text: string }) => text.includes("Denied by Jon");
  const told = await until("the denial on Slack", () => slackCards(world).find(isDenied));
  expect(told.text).toContain("the deploy is still running");
  await until("the denial on Discord", () => discordCards(world).find(isDenied));
  await until("no card to approve", () => !slackCards(world).some(awaitsDecision));
  expect(discordCards(world).some(awaitsDecision)).toBe(false);
  // Three rounds of the watch later it is still so.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect((await bot.plans()).map(({ status }) => status)).toEqual(["denied"]);
  expect(bot.sent()).toEqual([]);
  expect((await bot.audit()).find(({ verb }) => verb === "deny")).toMatchObject({ actor: "jon" });
}, 40_000);

it("asks who is on call by their own accounts in both chats, and mentions nobody else", async () => {
  await proposal(world);
  sayOnSlack(world, "U5", "escalate plan-1");
  const asks = ({ title }: { title: string }) => title.startsWith("plan-1 needs a decision");
  const slack = await until("the escalation on Slack", () => slackCards(world).find(asks));
  await until("the escalation on Discord", () => discordCards(world).find(asks));
  const mentioned = (text: string) => text.match(/<[@!#][^>]*>/g);
  expect(mentioned(slack.text)).toEqual(["<@U1>"]);
  for (const card of slackCards(world).filter((each) => !asks(each))) expect(mentioned(card.text)).toBeNull();
  const told = world.discord.messages.map(({ body }) => body as Record<string, unknown>);
  const users = told.flatMap(
    ({ allowed_mentions }) => (allowed_mentions as { users?: string[] }).users ?? [],
  );
  expect(users).toEqual(["500000000000000001"]);
  expect((await bot.audit()).find(({ verb }) => verb === "escalate")).toMatchObject({
    actor: "jon",
    subject: "plan-1",
  });

  clickOnDiscord(world, discordCards(world).find(asks) ?? slack, buttonOf(slack, "Deny"));
  await until(
    "no card to approve",
    () => ![...slackCards(world), ...discordCards(world)].some(awaitsDecision),
  );
  expect((await bot.plans()).map(({ status }) => status)).toEqual(["denied"]);
  expect(bot.sent()).toEqual([]);
}, 40_000);
