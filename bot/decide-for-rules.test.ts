import { expect, it } from "vitest";
import { cureByRule, proposeByRule, trustedWorld } from "../fixtures/fakes/trusted-world.ts";
import { addTarget, memoryAlert, personIn, webTarget, type World } from "../fixtures/fakes/core.ts";
import { autonomyOff } from "../remediation/autonomy.ts";
import { raiseAlert } from "../remediation/incident.ts";
import type { MassEvent } from "../remediation/mass-event.ts";
import { switchAutonomy } from "../remediation/promote.ts";
import type { Bot } from "./bot.ts";
import { createRuleDecider } from "./decide-for-rules.ts";

function botOf(world: World, parts: Partial<Bot> = {}) {
  const run: string[] = [];
  const bot = {
    core: world.ctx,
    run: (plan: string) => void run.push(plan),
    watchOnly: false,
    watchState: () => ({ lastCycleAt: world.now, problem: null }),
    ...parts,
  };
  return { bot, run };
}

it("runs what nobody objected to, and counts down on its cards once a minute until then", async () => {
  const world = await trustedWorld("veto");
  const { bot, run } = botOf(world);
  const step = createRuleDecider(bot);
  const plan = await proposeByRule(world);
  world.changes.length = 0;
  for (let second = 0; second < 600; second += 10) {
    await step();
    world.now += 10_000;
  }
  expect(run).toEqual([]);
  const counted = world.changes.filter((change) => change.plan === plan).length;
  expect(counted).toBeGreaterThanOrEqual(10);
  expect(counted).toBeLessThanOrEqual(11);
  await step();
  expect(run).toEqual([plan]);
  await step();
  expect(run).toEqual([plan]);
  await world.close();
});

it.each<[string, (world: World) => Partial<Bot>]>([
  ["it may only watch", () => ({ watchOnly: true })],
  [
    "the watch has a problem",
    (world) => ({ watchState: () => ({ lastCycleAt: world.now, problem: "refused" }) }),
  ],
  ["the watch has not looked yet", () => ({ watchState: () => ({ lastCycleAt: null, problem: null }) })],
  [
    "the watch has not looked for long",
    (world) => ({ watchState: () => ({ lastCycleAt: world.now - 300_001, problem: null }) }),
  ],
])("decides nothing while %s", async (_why, parts) => {
  const world = await trustedWorld("auto");
  const { bot, run } = botOf(world, parts(world));
  await proposeByRule(world);
  await createRuleDecider(bot)();
  expect(run).toEqual([]);
  await createRuleDecider(botOf(world).bot)();
  await world.close();
});

it("tells when a rule lost what it was promoted to", async () => {
  const world = await trustedWorld("veto");
  await cureByRule(world, "worse");
  await createRuleDecider(botOf(world).bot)();
  expect(world.events.map(({ message }) => message).join()).toContain(
    "the rule memory-leak decides nothing alone on app any more: plan-3 made it worse",
  );
  await world.close();
});

it("turns autonomy off when incidents of many targets open within five minutes, whoever found them", async () => {
  const world = await trustedWorld("auto");
  for (let n = 3; n <= 20; n += 1) addTarget(world, webTarget(`web-${n}`));
  const told: MassEvent[] = [];
  const { bot, run } = botOf(world);
  const step = createRuleDecider(bot, async (event) => void told.push(event));
  for (let n = 2; n <= 6; n += 1)
    await raiseAlert(
      memoryAlert(`web-${n}`, { cause: "alert", key: `am:${n}`, startsAt: world.now / 1_000 }),
      world.ctx,
    );
  await proposeByRule(world);
  await step();
  await step();
  expect(told).toMatchObject([{ fleet: 21 }]);
  expect(run).toEqual([]);
  expect(await autonomyOff(world.ctx.store.db)).not.toBeNull();
  world.now += 1_000;
  expect(await switchAutonomy("on", personIn(world.ctx.policy, "mara"), "", world.ctx)).toEqual({ ok: true });
  await step();
  expect(await autonomyOff(world.ctx.store.db)).toBeNull();
  await world.close();
});
