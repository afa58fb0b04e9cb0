import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { storedRows } from "../fixtures/fakes/stored-rows.ts";
import { webTarget } from "../fixtures/fakes/core.ts";
import { createMetricsHistory, type MetricsHistory } from "../infra/database/metrics-history.ts";
import { openDatabase, type OpenDatabase } from "../infra/database/open.ts";
import { type Catalog, createCatalog, type Metric } from "../infra/prometheus/catalog.ts";
import type { Prometheus, Series, Window } from "../infra/prometheus/client.ts";
import { PrometheusError } from "../infra/prometheus/error.ts";
import { createCollector } from "./collect.ts";

/** A Prometheus that scrapes `service_up` and `cpu` of its targets every 15 s, and carries values as the real one does. */
function fakePrometheus(world: { now: number }) {
  const state = {
    /** Whether a target was scraped at a time; "down" is a scrape that failed. */
    scraped: (_target: string, _at: number): boolean | "down" => true,
    down: false,
    partial: false,
    /** Windows that were asked for. */
    asked: [] as Window[],
  };
  const newest = (target: string, at: number) => {
    for (let time = Math.floor(at / 15) * 15; time > at - 300; time -= 15)
      if (time <= world.now && state.scraped(target, time) !== false) return time;
    return null;
  };
  const valueOf = (expr: string, target: string, at: number): number | null => {
    const time = newest(target, at);
    if (time === null) return null;
    const isDown = state.scraped(target, time) === "down";
    if (expr === "up") return isDown ? 0 : 1;
    if (expr === "cpu") return isDown ? null : time;
    return time;
  };
  const queryRange: Prometheus["queryRange"] = async (expr, window) => {
    if (state.down) throw new PrometheusError("unreachable", "nobody answers", "Start it");
    state.asked.push(window);
    const series = ["web-1", "web-2"].map((target): Series => {
      const found: Series = { labels: { target }, time: [], values: [] };
      for (let at = window.start; at <= window.end; at += window.stepSeconds) {
        const value = valueOf(expr, target, at);
        if (value === null) continue;
        found.time.push(at);
        found.values.push(value);
      }
      return found;
    });
    return { series, warnings: [], partial: state.partial };
  };
  const prometheus: Prometheus = {
    queryRange,
    query: () => Promise.reject(new Error("the collection asks for ranges only")),
    ready: async () => ({ ok: true, version: "fake" }),
  };
  return { prometheus, state };
}

const metric = (name: string, unit: Metric["unit"], expr: string): Metric => ({
  name,
  title: name,
  aliases: [],
  unit,
  range: [0, null],
  worse: "more",
  smallestChange: 0,
  expr,
  limit: null,
  combine: "max",
});
const catalog: Catalog = createCatalog({
  metrics: [metric("service_up", "up", "up"), metric("cpu", "count", "cpu")],
  scrapeSeconds: 15,
});

const day = 86_400;
const start = 1_800_000_000;
let directory: string;
let store: OpenDatabase;
let history: MetricsHistory;
let world: { now: number };
let fake: ReturnType<typeof fakePrometheus>;
let told: string[];
let targets: string[];

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "collect-"));
  world = { now: start };
  fake = fakePrometheus(world);
  told = [];
  targets = ["web-1"];
  store = await openDatabase(path.join(directory, "store.db"), { wall: () => 0 });
  history = createMetricsHistory({ db: store.db, source: "prometheus", stepSeconds: 60 });
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});

function collector(retentionDays = 90) {
  const tell = (_fields: object, message: string) => void told.push(message);
  return createCollector({
    prometheus: fake.prometheus,
    catalog,
    clock: { metric: () => world.now },
    targets: () => targets.map((name) => webTarget(name)),
    history,
    retentionDays,
    log: { info: tell, warn: tell },
  });
}

/** Only what happened since the start is scraped, so that a test begins without history. */
const sinceStart = (_target: string, at: number) => at >= start;

/** Rows as "target, seconds after the start, cpu (as seconds after the start)". */
async function stored() {
  const rows: string[] = [];
  for await (const { target, at, values, dead } of storedRows(history))
    rows.push(`${target} ${at - start} ${(values[1] ?? NaN) - start}${dead ? " dead" : ""}`);
  return rows;
}

describe("the collection", () => {
  it("stores each complete minute once, when its samples have arrived", async () => {
    fake.state.scraped = sinceStart;
    const { beat } = collector();
    world.now = start + 89;
    await beat();
    expect(await stored()).toEqual(["web-1 0 0"]);
    world.now = start + 90;
    await beat();
    await beat();
    world.now = start + 149;
    await beat();
    expect(await stored()).toEqual(["web-1 0 0", "web-1 60 60"]);
  });

  it("fetches after a restart what was missed, a day at most, and goes on where it was", async () => {
    fake.state.scraped = sinceStart;
    world.now = start + 90;
    await collector().beat();
    world.now = start + 10 * 60 + 30;
    fake.state.asked = [];
    await collector().beat();
    expect(fake.state.asked[0]?.start).toBe(start + 120);
    expect(await history.coverage()).toMatchObject([{ rows: 11, gaps: 0 }]);
    world.now = start + 3 * day;
    fake.state.asked = [];
    await collector().beat();
    expect(Math.min(...fake.state.asked.map((window) => window.start))).toBe(start + 2 * day);
    expect(await history.coverage()).toMatchObject([{ rows: 11 + 1440, gaps: 1 }]);
  });

  it("never stores a carried value as a new one", async () => {
    // The last scrape is 5 s after the second minute: Prometheus repeats it for five more minutes.
    fake.state.scraped = (target, at) => sinceStart(target, at) && (at <= start + 125 || target === "web-2");
    targets = ["web-1", "web-2"];
    world.now = start + 330;
    await collector().beat();
    expect((await stored()).filter((row) => row.startsWith("web-1"))).toEqual([
      "web-1 0 0",
      "web-1 60 60",
      "web-1 120 120",
      "web-1 180 NaN dead",
      "web-1 240 NaN dead",
      "web-1 300 NaN dead",
    ]);
    expect(await history.coverage("web-1")).toMatchObject([{ rows: 6, gaps: 0, deadScrapes: 3 }]);
  });

  it("marks a row of which only the being down is known as a dead scrape", async () => {
    fake.state.scraped = (_target, at) => (at < start ? false : at < start + 60 ? true : "down");
    world.now = start + 150;
    await collector().beat();
    expect(await stored()).toEqual(["web-1 0 0", "web-1 60 NaN dead", "web-1 120 NaN dead"]);
  });

  it("takes minutes in which Prometheus knew nothing at all for a gap, once they are old", async () => {
    fake.state.scraped = (target, at) => sinceStart(target, at) && (at < start + 120 || at >= start + 1200);
    const { beat } = collector();
    world.now = start + 330;
    await beat();
    expect(await stored()).toEqual(["web-1 0 0", "web-1 60 60", "web-1 120 105"]);
    world.now = start + 1300;
    await beat();
    expect(await history.coverage()).toMatchObject([{ rows: 5, gaps: 1, deadScrapes: 0 }]);
    expect(await stored()).toContain("web-1 1260 1260");
  });

  it("misses nothing of a target that never had a value", async () => {
    fake.state.scraped = (target, at) => target === "web-1" && sinceStart(target, at);
    targets = ["web-1", "web-2"];
    world.now = start + 90;
    await collector().beat();
    expect(await history.coverage()).toMatchObject([{ target: "web-1", rows: 2 }]);
  });

  it("says once that Prometheus is away, and fetches what it missed when it is back", async () => {
    fake.state.scraped = sinceStart;
    const running = collector();
    world.now = start + 90;
    fake.state.down = true;
    await running.beat();
    world.now += 60;
    await running.beat();
    expect(running.problem()).toMatch(/nobody answers/);
    fake.state.down = false;
    await running.beat();
    expect(running.problem()).toBeNull();
    expect(told).toEqual([
      "the history of metrics could not be collected",
      "the history of metrics is collected again",
    ]);
    expect(await stored()).toHaveLength(3);
  });

  it("asks an incomplete answer again for ten minutes, then keeps what there is, not as dead", async () => {
    fake.state.scraped = (_target, at) => (at < start ? false : "down");
    fake.state.partial = true;
    const { beat } = collector();
    world.now = start + 90;
    await beat();
    expect(await stored()).toEqual([]);
    world.now = start + 90 + 600;
    await beat();
    expect((await stored()).slice(0, 2)).toEqual(["web-1 0 NaN", "web-1 60 NaN"]);
    expect(await history.coverage()).toMatchObject([{ deadScrapes: 0, gaps: 0 }]);
  });

  it("replaces nothing when the clock jumps back, and goes on", async () => {
    fake.state.scraped = sinceStart;
    const { beat } = collector();
    world.now = start + 3_630;
    await beat();
    expect(await stored()).toHaveLength(61);
    world.now = start + 630;
    await beat();
    await beat();
    expect(await stored()).toHaveLength(61);
    expect(told).toEqual(["metric time went back: rows that are there already are kept"]);
    world.now = start + 3_690;
    await beat();
    expect(await stored()).toHaveLength(62);
    expect(await history.coverage()).toMatchObject([{ rows: 62, gaps: 0 }]);
  });

  it("stores nothing for a future that Prometheus does not know", async () => {
    fake.state.scraped = (target, at) => sinceStart(target, at) && at < start + 200;
    const { beat } = collector();
    world.now = start + 90;
    await beat();
    world.now = start + 365 * day;
    await beat();
    world.now = start + 190;
    await beat();
    expect(await stored()).toEqual(["web-1 0 0", "web-1 60 60", "web-1 120 120"]);
  });

  it("stops between two answers", async () => {
    const running = collector();
    const { queryRange } = fake.prometheus;
    fake.prometheus.queryRange = (expr, window) => {
      running.stop();
      return queryRange(expr, window);
    };
    await running.beat();
    // A day in parts of four hours: the part that was under way is stored whole.
    expect(await stored()).toHaveLength(240);
  });
});

describe("the retention", () => {
  it("deletes what is older than the days that are kept", async () => {
    fake.state.scraped = sinceStart;
    const running = collector(2);
    world.now = start + 630;
    await running.beat();
    world.now = start + 2 * day + 180;
    await running.beat();
    expect(await running.sweep()).toBe(2);
    expect((await stored())[0]).toBe("web-1 120 120");
    expect((await history.coverage())[0]).toMatchObject({ oldest: start + 120 });
  });

  it("does not believe a clock that is ahead of every row", async () => {
    fake.state.scraped = sinceStart;
    const running = collector(1);
    expect(await running.sweep()).toBe(0);
    world.now = start + 630;
    await running.beat();
    world.now = start + 365 * day;
    expect(await running.sweep()).toBe(0);
    expect(await stored()).toHaveLength(11);
  });
});
