import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { countedStore } from "../fixtures/fakes/counted-store.ts";
import { type WatchWorld, watchWorld } from "../fixtures/fakes/watch-world.ts";
import { createCatalog } from "../infra/prometheus/catalog.ts";
import { PrometheusError } from "../infra/prometheus/error.ts";
import { listPlans } from "../remediation/plans.ts";
import type { Reading } from "./detector.ts";

/** The watch over a real core and store; only what the detector reads is made up. */

const catalog = createCatalog();
let stage: WatchWorld;

beforeEach(async () => {
  stage = await watchWorld();
});

afterEach(() => stage.close());

it("opens one incident, lets the rule propose once, and tells it", async () => {
  const { cycle } = stage.watch();
  for (let minute = 0; minute < 12; minute += 1) {
    stage.see([stage.leaking("web-1")]);
    await cycle();
    stage.world.now += 60_000;
  }
  expect(await stage.open()).toMatchObject([
    { target: "web-1", metric: "memory_usage_percent", severity: "warning" },
  ]);
  expect(await listPlans({}, stage.world.ctx)).toMatchObject([
    { runbook: "restart-service", rule: "memory-leak", requester: { id: "system" } },
  ]);
  expect(new Set(stage.announced)).toEqual(new Set(["inc-1"]));
});

it("proposes nothing out of a partial answer, and nothing when it may only watch", async () => {
  stage.see([stage.leaking("web-1")], true);
  await stage.watch().cycle();
  stage.see([stage.leaking("web-2")]);
  await stage.watch(false).cycle();
  expect(await stage.open()).toHaveLength(2);
  expect(await listPlans({}, stage.world.ctx)).toEqual([]);
});

it("keeps the finding while an alarm closes after its cause is gone", async () => {
  const { cycle } = stage.watch(false);
  stage.see([stage.leaking("web-1")]);
  await cycle();
  stage.world.now += 300_000;
  const closing = stage.leaking("web-1");
  stage.see([{ ...closing, top: closing.top.map((row) => ({ ...row, value: row.usual[0] + 1 })) }]);
  await cycle();
  expect(await stage.open()).toMatchObject([{ title: "web-1: memory usage is far above usual" }]);
});

it("takes no data for neither healthy nor anomalous", async () => {
  const { cycle } = stage.watch();
  stage.see([stage.reading("web-1", { state: "no_data", newest: null, values: new Map() })]);
  await cycle();
  expect(await stage.open()).toEqual([]);
  stage.see([stage.leaking("web-1")]);
  await cycle();
  stage.see([stage.reading("web-1", { state: "no_data", values: new Map() })]);
  await cycle();
  expect(await stage.open()).toHaveLength(1);
});

it("clears what was firing before a restart, also when the first look saw no data", async () => {
  stage.see([stage.leaking("web-1")]);
  await stage.watch(false).cycle();
  const restarted = stage.watch(false);
  stage.see([stage.reading("web-1", { state: "no_data", values: new Map() })]);
  await restarted.cycle();
  expect(await stage.open()).toHaveLength(1);
  stage.see([stage.reading("web-1")]);
  await restarted.cycle();
  expect(await stage.open()).toEqual([]);
});

it("lets a hard limit join the same incident", async () => {
  const { cycle } = stage.watch(false);
  stage.see([stage.leaking("web-1")]);
  await cycle();
  const metric = catalog.find("memory_usage_percent");
  if (metric === null) throw new Error("the catalog lost memory_usage_percent");
  stage.see([{ ...stage.leaking("web-1"), beyond: [{ metric, value: 96 }] }]);
  await cycle();
  const incidents = await stage.open();
  expect(incidents).toHaveLength(1);
  expect(incidents[0]?.alerts.map(({ cause }) => cause).sort()).toEqual(["alert", "anomaly"]);
  expect(incidents[0]?.severity).toBe("critical");
});

it("keeps its problem for status while Prometheus is silent, and forgets it afterwards", async () => {
  const { cycle, state } = stage.watch();
  stage.fail(new PrometheusError("unreachable", "Prometheus refused the connection", "Check PROMETHEUS_URL"));
  await cycle();
  expect(state().problem).toContain("Prometheus refused the connection");
  stage.see([stage.reading("web-1")]);
  await cycle();
  expect(state().problem).toBeNull();
});

it("ends a limit's alert only when the metric is measured within its limit again", async () => {
  const { cycle } = stage.watch(false);
  const metric = catalog.find("service_up");
  if (metric === null) throw new Error("the catalog lost service_up");
  const down = { values: new Map([["service_up", 0]]), beyond: [{ metric, value: 0 }] };
  stage.see([stage.reading("web-1", { state: "learning", ...down })]);
  await cycle();
  for (const values of [new Map<string, number>(), new Map([["service_up", 0]])]) {
    stage.see([stage.reading("web-1", { state: "learning", values })]);
    await cycle();
    expect(await stage.open()).toHaveLength(1);
  }
  stage.see([stage.reading("web-1", { state: "learning", values: new Map([["service_up", 1]]) })]);
  await cycle();
  expect(await stage.open()).toEqual([]);
});

it("proposes in a later round when what stood in the way has passed", async () => {
  const { cycle } = stage.watch();
  stage.see([stage.leaking("web-1")], true);
  await cycle();
  expect(await listPlans({}, stage.world.ctx)).toEqual([]);
  stage.world.now += 60_000;
  stage.see([stage.leaking("web-1")]);
  await cycle();
  await cycle();
  expect(await listPlans({}, stage.world.ctx)).toHaveLength(1);
});

it("makes a finding of a metric that is not measured any more, and ends it when it is", async () => {
  const { cycle } = stage.watch();
  const gone = () => stage.reading("web-1", { vanished: ["memory_usage_percent"] });
  stage.see([gone()], true);
  await cycle();
  expect(await stage.open()).toEqual([]);
  stage.see([gone()]);
  await cycle();
  expect(await stage.open()).toMatchObject([{ title: "web-1: memory usage is not measured any more" }]);
  expect(await listPlans({}, stage.world.ctx)).toEqual([]);
  stage.see([stage.reading("web-1")], true);
  await cycle();
  expect(await stage.open()).toHaveLength(1);
  stage.see([stage.reading("web-1", { state: "withheld", withheldBecause: "warming_up" })]);
  await cycle();
  expect(await stage.open()).toHaveLength(1);
  stage.see([stage.reading("web-1")]);
  await cycle();
  expect(await stage.open()).toEqual([]);
});

it("only warns by a model of the first days, and lets no rule propose", async () => {
  const model = { model: { stage: "first_days", demo: false, learnedMinutes: 900 } } as Reading["model"];
  stage.see([{ ...stage.leaking("web-1"), score: 9, model }]);
  await stage.watch().cycle();
  expect(await stage.open()).toMatchObject([{ severity: "warning" }]);
  expect(await listPlans({}, stage.world.ctx)).toEqual([]);
});

it("looks for a new normal after a day, once an hour", async () => {
  const { cycle } = stage.watch(false);
  const began = stage.world.now / 1_000;
  for (let hour = 0; hour <= 25; hour += 1) {
    stage.see([{ ...stage.leaking("web-1"), since: began }]);
    await cycle();
    stage.world.now += 3_600_000;
  }
  const [incident] = await stage.open();
  expect(incident?.detail.steadySince).toBe(stage.world.now / 1_000 - 3_600 - 86_400);
  expect(stage.historyReads()).toBe(2);
});

it("keeps an episode's highest score for what people say of it, across a restart", async () => {
  for (const [score, restarted] of [
    [2, false],
    [7, false],
    [3, true],
  ] as const) {
    if (restarted) stage.see([]);
    stage.see([{ ...stage.leaking("web-1"), score }]);
    await stage.watch(false).cycle();
    stage.world.now += 180_000;
  }
  expect((await stage.open())[0]?.detail).toMatchObject({ score: 3, peak: 7 });
});

it("looks at ten thousand targets that are well without a statement for each, and lets others have their turn", async () => {
  const { cycle } = stage.watch();
  stage.see(Array.from({ length: 10_000 }, (_, n) => stage.reading(`host-${n}`)));
  const { store, count } = countedStore(stage.world.ctx.store);
  stage.world.ctx.store = store;
  // A clock on which each target takes a millisecond, and somebody who counts their turns.
  let [ms, turns, over] = [0, 0, false];
  const clock = vi.spyOn(performance, "now").mockImplementation(() => (ms += 1));
  const take = () => {
    turns += 1;
    if (!over) setImmediate(take);
  };
  setImmediate(take);
  await cycle();
  over = true;
  clock.mockRestore();
  expect(count()).toBeLessThan(10);
  // One after every slice of ten milliseconds; in one piece it would be none.
  expect(turns).toBeGreaterThan(100);
});
