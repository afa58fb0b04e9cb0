import { expect, test } from "vitest";
import { webTarget } from "../fixtures/fakes/core.ts";
import { createCatalog } from "../infra/prometheus/catalog.ts";
import type { Prometheus } from "../infra/prometheus/client.ts";
import { rowsWithSamples, type Frame } from "../ml/frame.ts";
import { type HistorySources, readHistory } from "./training-history.ts";

const catalog = createCatalog();
const stepSeconds = 60;
const now = 1_795_000_200;
const web1 = webTarget("web-1");

/** A Prometheus that has CPU of web-1 for so many hours; `asked` counts its queries. */
function prometheus(hours: number): Prometheus & { asked: number } {
  const none = { series: [], warnings: [], partial: false };
  const cpu = catalog.find("cpu_usage_percent");
  if (cpu === null) throw new Error("the catalog lost its CPU");
  const expression = catalog.expression(cpu, stepSeconds);
  const source = {
    asked: 0,
    query: async () => none,
    ready: async () => ({ ok: true as const, version: "2" }),
    queryRange: async (expr: string, { end }: { end: number }) => {
      source.asked += 1;
      if (expr !== expression) return none;
      const last = Math.floor(end / stepSeconds) * stepSeconds;
      const time = Array.from(
        { length: hours * 60 },
        (_, row) => last - (hours * 60 - 1 - row) * stepSeconds,
      );
      return { ...none, series: [{ labels: { instance: "web-1" }, time, values: time.map(() => 7) }] };
    },
  };
  return source as unknown as Prometheus & { asked: number };
}

function collected(hours: number): Frame {
  const rows = hours * 60;
  return {
    stepSeconds,
    time: Float64Array.from({ length: rows }, (_, row) => now - (rows - 1 - row) * stepSeconds),
    metrics: ["cpu_usage_percent"],
    columns: [new Float64Array(rows).fill(3)],
  };
}

const sources = (parts: { prometheus: Prometheus; collected: Frame | null }): HistorySources => ({
  prometheus: parts.prometheus,
  catalog,
  clock: { metric: () => now },
  history: { read: async () => parts.collected },
  stepSeconds,
  historyEnd: null,
});

test("whichever holds more rows is learned from", async () => {
  const fromPrometheus = await readHistory(
    web1,
    [],
    sources({ prometheus: prometheus(30), collected: collected(5) }),
  );
  expect(fromPrometheus?.source).toBe("Prometheus");
  expect(rowsWithSamples(fromPrometheus?.frame ?? collected(0))).toBe(1_800);
  const fromHistory = await readHistory(
    web1,
    [],
    sources({ prometheus: prometheus(5), collected: collected(30) }),
  );
  expect(fromHistory?.source).toBe("metrics history");
  expect(rowsWithSamples(fromHistory?.frame ?? collected(0))).toBe(1_800);
});

test("Prometheus is not asked for two weeks that were collected", async () => {
  const source = prometheus(400);
  const history = await readHistory(web1, [], sources({ prometheus: source, collected: collected(14 * 24) }));
  expect(history?.source).toBe("metrics history");
  expect(source.asked).toBe(0);
});

test("rows before the first sample are cut off, stretches that are left out are blank", async () => {
  const stretch = { start: now - 3_600, end: now - 1_800 };
  const history = await readHistory(
    web1,
    [stretch],
    sources({ prometheus: prometheus(10), collected: null }),
  );
  const frame = history?.frame ?? collected(0);
  expect(frame.time).toHaveLength(600);
  const cpu = frame.columns[frame.metrics.indexOf("cpu_usage_percent")] ?? new Float64Array();
  const blank = [...cpu].filter(Number.isNaN).length;
  expect(blank).toBe(31);
  frame.time.forEach((time, row) => {
    expect(Number.isNaN(cpu[row])).toBe(time >= stretch.start && time <= stretch.end);
  });
});

test("of a recording only its own history is learned, not what the replay repeats", async () => {
  const end = now - 7_200;
  const history = await readHistory(web1, [], {
    ...sources({ prometheus: prometheus(10), collected: null }),
    historyEnd: end,
  });
  expect(history?.frame.time.at(-1)).toBeLessThanOrEqual(end);
});

test("nothing anywhere is nothing", async () => {
  expect(await readHistory(web1, [], sources({ prometheus: prometheus(0), collected: null }))).toBeNull();
});
