import { afterEach, beforeEach, expect, it } from "vitest";
import { coreWorld, type World } from "../fixtures/fakes/core.ts";
import { createCatalog } from "../infra/prometheus/catalog.ts";
import { PrometheusError } from "../infra/prometheus/error.ts";
import { listIncidents } from "../remediation/incident.ts";
import { listPlans } from "../remediation/plans.ts";
import type { Bot } from "./bot.ts";
import type { Reading, Survey } from "./detector.ts";
import { createWatch } from "./watch.ts";

/** The watch over a real core and store; only what the detector reads is made up. */

const catalog = createCatalog();
let world: World;
let survey: Survey | Error;
let announced: string[];

const reading = (target: string, parts: Partial<Reading> = {}): Reading => ({
  target,
  state: "normal",
  newest: world.now / 1_000,
  score: 0.2,
  rarityDays: 0,
  since: null,
  top: [],
  values: new Map([["memory_usage_percent", 9]]),
  beyond: [],
  model: null,
  frame: { stepSeconds: 60, time: new Float64Array(), metrics: [], columns: [] },
  anomalies: [],
  ...parts,
});

const leaking = (target: string) =>
  reading(target, {
    state: "anomalous",
    score: 2,
    since: world.now / 1_000 - 60,
    top: [
      {
        metric: "memory_usage_percent",
        value: 41,
        usual: [8, 10],
        share: 0.9,
        window: { feature: "value", seconds: 60 },
      },
      {
        metric: "requests_per_second",
        value: 40,
        usual: [10, 75],
        share: 0.01,
        window: { feature: "value", seconds: 60 },
      },
    ],
  });

function watch(mayPropose = true) {
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
      survey: async () => {
        if (survey instanceof Error) throw survey;
        return survey;
      },
    },
    core: world.ctx,
    run: () => undefined,
  } as unknown as Bot;
  return createWatch({
    bot,
    mayPropose,
    announce: async (incident) => void announced.push(incident),
    log: { info: () => undefined, warn: () => undefined },
  });
}

const see = (readings: Reading[], partial = false) => {
  survey = { metricAt: world.now / 1_000, readings, warnings: [], partial };
};

const open = () => listIncidents({ unresolvedOnly: true }, world.ctx);

beforeEach(async () => {
  world = await coreWorld();
  announced = [];
  see([]);
});

afterEach(() => world.close());

it("opens one incident, lets the rule propose once, and tells it", async () => {
  const { cycle } = watch();
  for (let minute = 0; minute < 12; minute += 1) {
    see([leaking("web-1")]);
    await cycle();
    world.now += 60_000;
  }
  expect(await open()).toMatchObject([
    { target: "web-1", metric: "memory_usage_percent", severity: "warning" },
  ]);
  expect(await listPlans({}, world.ctx)).toMatchObject([
    { runbook: "restart-service", rule: "memory-leak", requester: { id: "system" } },
  ]);
  expect(new Set(announced)).toEqual(new Set(["inc-1"]));
});

it("proposes nothing out of a partial answer, and nothing when it may only watch", async () => {
  see([leaking("web-1")], true);
  await watch().cycle();
  see([leaking("web-2")]);
  await watch(false).cycle();
  expect(await open()).toHaveLength(2);
  expect(await listPlans({}, world.ctx)).toEqual([]);
});

it("keeps the finding while an alarm closes after its cause is gone", async () => {
  const { cycle } = watch(false);
  see([leaking("web-1")]);
  await cycle();
  world.now += 300_000;
  const closing = leaking("web-1");
  see([{ ...closing, top: closing.top.map((row) => ({ ...row, value: row.usual[0] + 1 })) }]);
  await cycle();
  expect(await open()).toMatchObject([{ title: "web-1: memory usage is far above usual" }]);
});

it("takes no data for neither healthy nor anomalous", async () => {
  const { cycle } = watch();
  see([reading("web-1", { state: "no_data", newest: null, values: new Map() })]);
  await cycle();
  expect(await open()).toEqual([]);
  see([leaking("web-1")]);
  await cycle();
  see([reading("web-1", { state: "no_data", values: new Map() })]);
  await cycle();
  expect(await open()).toHaveLength(1);
});

it("clears what was firing before a restart, also when the first look saw no data", async () => {
  see([leaking("web-1")]);
  await watch(false).cycle();
  const restarted = watch(false);
  see([reading("web-1", { state: "no_data", values: new Map() })]);
  await restarted.cycle();
  expect(await open()).toHaveLength(1);
  see([reading("web-1")]);
  await restarted.cycle();
  expect(await open()).toEqual([]);
});

it("lets a hard limit join the same incident", async () => {
  const { cycle } = watch(false);
  see([leaking("web-1")]);
  await cycle();
  const metric = catalog.find("memory_usage_percent");
  if (metric === null) throw new Error("the catalog lost memory_usage_percent");
  see([{ ...leaking("web-1"), beyond: [{ metric, value: 96 }] }]);
  await cycle();
  const incidents = await open();
  expect(incidents).toHaveLength(1);
  expect(incidents[0]?.alerts.map(({ cause }) => cause).sort()).toEqual(["alert", "anomaly"]);
  expect(incidents[0]?.severity).toBe("critical");
});

it("keeps its problem for status while Prometheus is silent, and forgets it afterwards", async () => {
  const { cycle, state } = watch();
  survey = new PrometheusError("unreachable", "Prometheus refused the connection", "Check PROMETHEUS_URL");
  await cycle();
  expect(state().problem).toContain("Prometheus refused the connection");
  see([reading("web-1")]);
  await cycle();
  expect(state().problem).toBeNull();
});

it("ends a limit's alert only when the metric is measured within its limit again", async () => {
  const { cycle } = watch(false);
  const metric = catalog.find("service_up");
  if (metric === null) throw new Error("the catalog lost service_up");
  const down = { values: new Map([["service_up", 0]]), beyond: [{ metric, value: 0 }] };
  see([reading("web-1", { state: "learning", ...down })]);
  await cycle();
  for (const values of [new Map<string, number>(), new Map([["service_up", 0]])]) {
    see([reading("web-1", { state: "learning", values })]);
    await cycle();
    expect(await open()).toHaveLength(1);
  }
  see([reading("web-1", { state: "learning", values: new Map([["service_up", 1]]) })]);
  await cycle();
  expect(await open()).toEqual([]);
});

it("proposes in a later round when what stood in the way has passed", async () => {
  const { cycle } = watch();
  see([leaking("web-1")], true);
  await cycle();
  expect(await listPlans({}, world.ctx)).toEqual([]);
  world.now += 60_000;
  see([leaking("web-1")]);
  await cycle();
  await cycle();
  expect(await listPlans({}, world.ctx)).toHaveLength(1);
});
