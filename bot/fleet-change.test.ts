import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type FleetPrometheus, openFleetPrometheus } from "../fixtures/fakes/fleet-prometheus.ts";
import { buttonOf, openOperatorsBot, type OperatorsBot, until } from "../fixtures/fakes/operators-bot.ts";
import { clickOnSlack, discordCards, sayOnSlack, slackCards } from "../fixtures/fakes/operators-chats.ts";

/** The whole program over five targets whose service goes down: one card, buttons to each, words of people. */

let folder: string;
let bot: OperatorsBot;
let prometheus: FleetPrometheus;
let environment: NodeJS.ProcessEnv;

beforeEach(async () => {
  bot = await openOperatorsBot();
  prometheus = await openFleetPrometheus(bot.world.prometheus.url);
  folder = mkdtempSync(join(tmpdir(), "smartcloudops-fleet-"));
  const targets = join(folder, "targets.yaml");
  writeFileSync(targets, prometheus.targets);
  environment = {
    ...bot.world.environment,
    PROMETHEUS_URL: prometheus.url,
    SMARTCLOUDOPS_TARGETS: targets,
  };
});

afterEach(async () => {
  await bot.close();
  await prometheus.close();
  rmSync(folder, { recursive: true, force: true });
});

const fleetCard = (count: number) => () =>
  slackCards(bot.world).find(({ title }) => title.startsWith(`${count} targets changed at one moment`));

it("tells five targets that fail at one moment on one card, also across a restart, and takes a person's word once", async () => {
  for (const name of ["web-1", "web-2", "web-3", "web-4"]) prometheus.down.add(name);
  await bot.begin(environment);
  const card = await until("the card of four targets", fleetCard(4));
  expect(slackCards(bot.world)).toHaveLength(1);
  expect(card.text).toContain("Service up on all of them.");
  expect(card.buttons.map(({ label }) => label.replace(/inc-\d/, "inc-N"))).toEqual(
    ["web-1", "web-2", "web-3", "web-4"].map((name) => `${name} (inc-N)`),
  );
  expect(await bot.plans()).toEqual([]);

  await bot.stop();
  prometheus.down.add("web-5");
  await bot.begin(environment);
  const joined = await until("the same card with the fifth", fleetCard(5));
  expect(joined.id).toBe(card.id);
  expect(slackCards(bot.world)).toHaveLength(1);
  expect(await until("the same on Discord", () => discordCards(bot.world)[0])).toMatchObject({
    title: expect.stringContaining("5 targets") as string,
  });

  clickOnSlack(bot.world, "U5", joined, buttonOf(joined, "web-2"));
  const own = await until("web-2's own card", () =>
    slackCards(bot.world).find(({ title }) => title.startsWith("web-2: the service is down")),
  );
  const { incident } = /(?<incident>inc-\d)/.exec(own.text)?.groups ?? {};
  expect(own.buttons.map(({ label }) => label)).toContain("Not a problem");

  clickOnSlack(bot.world, "U6", own, buttonOf(own, "Not a problem"));
  await until("the refusal", () => bot.world.slack.ephemerals.length === 1);
  clickOnSlack(bot.world, "U5", own, buttonOf(own, "Not a problem"), 2);
  clickOnSlack(bot.world, "U5", own, buttonOf(own, "Not a problem"));
  await until("what came of it, on both cards", () =>
    slackCards(bot.world).every(({ text }) => text.includes("not a problem, said Jon")),
  );
  const said = (await bot.audit()).filter(
    ({ subject, verb }) => subject === incident && verb.includes("feedback"),
  );
  expect(said.map(({ actor, verb }) => `${actor} ${verb}`).sort()).toEqual([
    "jon feedback",
    "slack:T1/U6 refused feedback",
  ]);

  for (const id of ["inc-1", "inc-2", "inc-3", "inc-4", "inc-5"].filter((each) => each !== incident))
    sayOnSlack(bot.world, "U5", `resolve ${id}`);
  const over = await until("all resolved", () =>
    slackCards(bot.world).find(({ title }) => title === "5 targets changed at one moment: all resolved"),
  );
  expect(over).toMatchObject({ id: card.id, buttons: [] });
  expect(await bot.plans()).toEqual([]);
}, 60_000);

it("still proposes for one target alone, and takes the exact words", async () => {
  prometheus.down.add("web-1");
  await bot.begin(environment);
  await until("the plan", async () => (await bot.plans())[0]);
  sayOnSlack(bot.world, "U5", "not a problem inc-1");
  await until("the incident's end", async () => (await bot.incidents())[0]?.status === "resolved");
  expect((await bot.plans()).map(({ status }) => status)).toEqual(["cancelled"]);
}, 30_000);
