import { expect, it } from "vitest";
import { addTarget, coreWorld, webTarget } from "../fixtures/fakes/core.ts";
import { createCatalog } from "../infra/prometheus/catalog.ts";
import { autonomyOff } from "../remediation/autonomy.ts";
import type { MassEvent } from "../remediation/mass-event.ts";
import { listPlans } from "../remediation/plans.ts";
import type { Bot } from "./bot.ts";
import type { Reading } from "./detector.ts";
import { createWatch } from "./watch.ts";

const catalog = createCatalog();

it("so many targets without data that the monitoring is suspect turn autonomy off, once, and propose nothing", async () => {
  const world = await coreWorld();
  for (let n = 1; n <= 20; n += 1) addTarget(world, webTarget(`web-${n}`));
  const reading = (target: string, state: Reading["state"]): Reading => ({
    target,
    state,
    newest: world.now / 1_000,
    withheldBecause: null,
    score: 0.2,
    rarityDays: 0,
    since: null,
    top: [],
    agreeing: 0,
    members: 5,
    thresholdFactor: 1,
    vanished: [],
    nearestCalmAt: null,
    values: new Map(),
    beyond: [],
    model: null,
    frame: { stepSeconds: 60, time: new Float64Array(), metrics: [], columns: [] },
    novel: [],
    anomalies: [],
  });
  let silent = 0;
  const names = [...world.targets.keys()].sort();
  const told: MassEvent[] = [];
  const bot = {
    scene: () => ({
      nowMs: world.now,
      metricNow: world.now / 1_000,
      timeZone: "UTC",
      replay: false,
      dryRun: true,
      catalog,
    }),
    targets: () => [...world.targets.values()],
    detector: {
      catalog,
      stepSeconds: 60,
      advance: async () => ({
        readings: names.map((name, n) => reading(name, n < silent ? "no_data" : "normal")),
        partial: false,
        warnings: [],
      }),
    },
    ...world.memory,
    core: world.ctx,
    run: () => undefined,
  } as unknown as Bot;
  const watch = createWatch({
    bot,
    mayPropose: true,
    announce: async () => undefined,
    announceFleet: async () => undefined,
    announceMass: async (event) => void told.push(event),
    log: { info: () => undefined, warn: () => undefined },
  });
  for (silent of [0, 2, 4, 4]) {
    await watch.cycle();
    world.now += 60_000;
  }
  expect(await autonomyOff(world.ctx.store.db)).toBeNull();
  for (silent of [5, 9]) {
    await watch.cycle();
    world.now += 60_000;
  }
  expect(await autonomyOff(world.ctx.store.db)).toMatchObject({ person: "system" });
  expect(told).toEqual([{ targets: names.slice(0, 5), fleet: 21, silent: 5 }]);
  expect(await listPlans({}, world.ctx)).toEqual([]);
  expect(watch.state().problem).toBeNull();
  await world.close();
});
