import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { storedRows } from "../../fixtures/fakes/stored-rows.ts";
import type { MeasuredRow } from "./metrics-history-append.ts";
import { createMetricsHistory, type HistorySource, type MetricsHistory } from "./metrics-history.ts";
import { openDatabase, type OpenDatabase } from "./open.ts";

let directory: string;
let store: OpenDatabase;
let history: MetricsHistory;

async function open(source: HistorySource = "prometheus"): Promise<void> {
  store = await openDatabase(path.join(directory, "store.db"), { wall: () => 0 });
  history = createMetricsHistory({ db: store.db, source, stepSeconds: 60 });
}

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "history-"));
  await open();
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});

const metrics = ["cpu", "memory"];
const all = { start: 0, end: 1e9 };

/** A row of `cpu` and `memory` at the n-th minute. */
function row(minute: number, values: number[] = [minute, 100 + minute], target = "web-1"): MeasuredRow {
  return { target, at: minute * 60, metrics, values };
}

async function read(filter: { target?: string; start: number; end: number } = all) {
  const rows: [string, number, number[]][] = [];
  for await (const { target, at, values } of storedRows(history, filter))
    rows.push([target, at, [...values]]);
  return rows;
}

describe("the history of metrics", () => {
  it("keeps rows over a restart, in order of time, with what is missing", async () => {
    await history.append([row(3, [Number.NaN, 7]), row(1), row(2, [0.1, -1e-300], "db-1"), row(2)]);
    await store.close();
    await open();
    expect(await read()).toEqual([
      ["web-1", 60, [1, 101]],
      ["web-1", 120, [2, 102]],
      ["db-1", 120, [0.1, -1e-300]],
      ["web-1", 180, [Number.NaN, 7]],
    ]);
    expect(await read({ target: "db-1", ...all })).toEqual([["db-1", 120, [0.1, -1e-300]]]);
    expect(await read({ target: "web-1", start: 61, end: 120 })).toEqual([["web-1", 120, [2, 102]]]);
    expect(await read({ target: "nobody", ...all })).toEqual([]);
  });

  it("keeps the first row of a target and a time, whoever sends another one", async () => {
    await history.append([row(1), row(2)]);
    await history.append([row(2, [9, 9]), row(1, [9, 9]), row(3), row(3, [9, 9])]);
    await store.close();
    await open();
    await history.append([row(3, [8, 8])]);
    expect((await read()).map(([, , values]) => values)).toEqual([
      [1, 101],
      [2, 102],
      [3, 103],
    ]);
    expect(await history.coverage()).toMatchObject([{ rows: 3, oldest: 60, newest: 180 }]);
  });

  it("stores all rows of a call or none", async () => {
    await history.append([row(1)]);
    const impossible = { ...row(3, [1, 2], "new-1"), at: 2.5 };
    await expect(history.append([row(2), impossible])).rejects.toThrow(/whole unix seconds, not 2.5/);
    await expect(history.append([row(2), { ...row(3), values: [1] }])).rejects.toThrow(
      /one value a metric, not 1 for 2/,
    );
    await expect(history.append([row(2, [1, 2], "")])).rejects.toThrow(/a target's name/);
    await sql`create trigger full before insert on metric_rows when new.metric_at = 300
      begin select raise(abort, 'the disk is full'); end`.execute(store.db);
    await expect(history.append([row(4, [1, 2], "new-1"), row(5)])).rejects.toThrow(/disk is full/);
    await sql`drop trigger full`.execute(store.db);
    expect(await read()).toEqual([["web-1", 60, [1, 101]]]);
    await history.append([row(4, [1, 2], "new-1"), row(5)]);
    expect((await history.coverage()).map(({ target, rows }) => [target, rows])).toEqual([
      ["new-1", 1],
      ["web-1", 2],
    ]);
  });

  it("reads rows of an earlier catalog as what they were", async () => {
    await history.append([row(1)]);
    await history.append([{ target: "web-1", at: 120, metrics: ["disk", "cpu"], values: [5, 6] }]);
    expect(await history.metrics(all)).toEqual(["cpu", "memory", "disk"]);
    expect(await history.metrics({ start: 0, end: 60 })).toEqual(["cpu", "memory"]);
    const frame = await history.read("web-1", { start: 0, end: 600, stepSeconds: 60 });
    expect(frame?.metrics).toEqual(["cpu", "memory", "disk"]);
    expect(frame?.columns.map((column) => [...column])).toEqual([
      [1, 6],
      [101, Number.NaN],
      [Number.NaN, 5],
    ]);
  });

  it("counts gaps and dead scrapes, also after a restart", async () => {
    await history.append([row(1), row(2), row(3, [Number.NaN, Number.POSITIVE_INFINITY])]);
    await store.close();
    await open();
    await history.append([row(4), row(10), { ...row(11, [0, Number.NaN]), dead: true }, row(20)]);
    expect(await history.coverage("web-1")).toEqual([
      { target: "web-1", rows: 7, oldest: 60, newest: 1200, gaps: 2, deadScrapes: 2 },
    ]);
    expect(await history.stats({ start: 600, end: 660 })).toMatchObject({ rows: 2, gaps: 1, deadScrapes: 1 });
  });

  it("forgets what is old, in its counts too, and a target of which nothing is left", async () => {
    await history.append([row(1, [1, 2], "old-1"), row(1), row(5), row(6, [Number.NaN, Number.NaN]), row(7)]);
    expect(await history.forget(361)).toBe(4);
    expect(await history.coverage()).toEqual([
      { target: "web-1", rows: 1, oldest: 420, newest: 420, gaps: 0, deadScrapes: 0 },
    ]);
    expect(await read()).toEqual([["web-1", 420, [7, 107]]]);
    expect(await history.forget(361)).toBe(0);
    await history.append([row(8, [3, 4], "old-1"), row(8)]);
    expect((await history.coverage()).map(({ target, rows }) => [target, rows])).toEqual([
      ["old-1", 1],
      ["web-1", 2],
    ]);
  });

  it("keeps a recording apart, and never gives it to a training", async () => {
    await history.append([row(1)]);
    const recording = createMetricsHistory({ db: store.db, source: "recording", stepSeconds: 60 });
    await recording.append([row(1, [50, 51]), row(2, [60, 61])]);
    const window = { start: 0, end: 600, stepSeconds: 60 };
    expect((await history.read("web-1", window))?.columns.map((column) => [...column])).toEqual([[1], [101]]);
    expect(await recording.read("web-1", window)).toBeNull();
    expect(await recording.coverage()).toMatchObject([{ target: "web-1", rows: 2 }]);
    expect(await read()).toHaveLength(1);
    expect(await recording.forget(1e9)).toBe(2);
    expect(await read()).toHaveLength(1);
  });

  it("lets others append and forget while somebody reads, who sees every row at most once", async () => {
    const targets = Array.from({ length: 700 }, (_, i) => `web-${i}`);
    const beat = (minute: number) => targets.map((target) => row(minute, [minute, 1], target));
    for (const minute of [1, 2, 3, 4]) await history.append(beat(minute));
    const seen = new Set<string>();
    let twice = 0;
    let writing: Promise<unknown> | null = null;
    for await (const page of history.pages(all)) {
      for (const { target, at } of page) {
        if (seen.has(`${target} ${at}`)) twice += 1;
        seen.add(`${target} ${at}`);
      }
      writing ??= Promise.all([history.append(beat(5)), history.append(beat(6)), history.forget(61)]);
    }
    await writing;
    expect(twice).toBe(0);
    expect([...seen].filter((key) => /^web-\d+ (120|180|240)$/.test(key))).toHaveLength(3 * 700);
    expect((await history.coverage("web-699"))[0]).toMatchObject({ rows: 5, oldest: 120, newest: 360 });
  });
});

describe("a frame for a training", () => {
  it("has a row a step from the first to the last measured one; gaps are missing", async () => {
    await history.append([row(2), row(3), row(6)]);
    const frame = await history.read("web-1", { start: 0, end: 1e9, stepSeconds: 60 });
    expect([...(frame?.time ?? [])]).toEqual([120, 180, 240, 300, 360]);
    expect([...(frame?.columns[0] ?? [])]).toEqual([2, 3, Number.NaN, Number.NaN, 6]);
    expect(frame?.stepSeconds).toBe(60);
  });

  it("is averaged where its step is coarser, each row over the step that ends with it", async () => {
    await history.append(
      [1, 2, 3, 4, 5, 6, 7].map((minute) => row(minute, [minute, minute === 4 ? 9 : NaN])),
    );
    const frame = await history.read("web-1", { start: 180, end: 420, stepSeconds: 180 });
    expect([...(frame?.time ?? [])]).toEqual([180, 360]);
    expect(frame?.columns.map((column) => [...column])).toEqual([
      [2, 5],
      [Number.NaN, 9],
    ]);
  });

  it("is null where there is nothing, and refuses a step that is none", async () => {
    expect(await history.read("web-1", { start: 0, end: 600, stepSeconds: 60 })).toBeNull();
    await history.append([row(1), row(30, [Number.NaN, Number.NaN])]);
    expect(await history.read("web-1", { start: 120, end: 3600, stepSeconds: 60 })).toBeNull();
    expect(await history.read("web-1", { start: 600, end: 60, stepSeconds: 60 })).toBeNull();
    await expect(history.read("web-1", { start: 0, end: 600, stepSeconds: 0 })).rejects.toThrow(RangeError);
  });
});

describe("statistics", () => {
  it("are those of the samples, by metric and label", async () => {
    // numpy: std([2, 4, 4, 4, 5, 5, 7, 9], ddof=1) = 2.138089935299395, mean 5
    const values = [2, 4, 4, 4, 5, 5, 7, 9];
    await history.append(values.map((value, i) => row(i + 1, [value, i === 0 ? 8e9 : Number.NaN])));
    await history.append([row(8, [5, Number.NaN], "web-2")]);
    const labelAt = (target: string, at: number) => (target === "web-1" && at > 360 ? "anomaly" : "normal");
    const stats = await history.stats({ ...all, target: "web-1" }, { labelAt });
    expect(stats).toMatchObject({ from: 60, to: 480, rows: 8, targets: 1, hours: 0.133 });
    expect(stats.labels).toEqual([
      { label: "normal", rows: 6, share: 0.75 },
      { label: "anomaly", rows: 2, share: 0.25 },
    ]);
    const [cpu, memory] = stats.metrics;
    expect(cpu).toMatchObject({ metric: "cpu", samples: 8, mean: 5, min: 2, max: 9 });
    expect(cpu?.std).toBeCloseTo(2.138089935299395, 12);
    expect(memory).toEqual({ metric: "memory", samples: 1, mean: 8e9, std: null, min: 8e9, max: 8e9 });
    expect(await history.stats(all)).toMatchObject({ rows: 9, targets: 2, hours: 0.133 });
  });

  it("of nothing are nothing", async () => {
    expect(await history.stats(all)).toEqual({
      from: null,
      to: null,
      rows: 0,
      targets: 0,
      hours: 0,
      gaps: 0,
      deadScrapes: 0,
      labels: [],
      metrics: [],
    });
  });
});

it("says how fast 90 days fill and how large they are, from a scaled-down volume", async () => {
  const names = Array.from({ length: 14 }, (_, i) => `metric_${i}`);
  const targets = 500;
  const moments = 40;
  let [took, longest] = [0, 0];
  for (let minute = 1; minute <= moments; minute++) {
    const beat = Array.from({ length: targets }, (_, i): MeasuredRow => ({
      target: `web-${i}`,
      at: minute * 60,
      metrics: names,
      values: names.map((_, metric) => Math.sin(minute * (metric + 1)) * (i + 1)),
    }));
    const start = performance.now();
    await history.append(beat);
    const ms = performance.now() - start;
    took += ms;
    longest = Math.max(longest, ms);
  }
  await store.close();
  const bytes = statSync(path.join(directory, "store.db")).size / (targets * moments);
  const gigabytes = (count: number) => ((count * 90 * 1440 * bytes) / 1e9).toFixed(1);
  console.log(
    `metrics history: ${Math.round((targets * moments) / (took / 1000))} rows/s, longest beat of ${targets} targets ` +
      `${longest.toFixed(0)} ms, ${bytes.toFixed(0)} bytes a row of 14 metrics: 90 days at 60 s are ` +
      `${gigabytes(1)} GB a target, ${gigabytes(100)} GB for 100, ${gigabytes(10_000)} GB for 10,000`,
  );
  await open();
  expect((await history.coverage("web-0"))[0]).toMatchObject({ rows: moments, gaps: 0 });
  expect(bytes).toBeLessThan(300);
});
