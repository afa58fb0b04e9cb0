import { expect, test } from "vitest";
import type { EpisodeKind } from "./synthesize-episodes.ts";
import { synthesize, type SynthesizeOptions, syntheticMetrics } from "./synthesize.ts";

const start = Date.UTC(2024, 0, 1) / 1000;
const base: SynthesizeOptions = { start, seconds: 14 * 86_400, stepSeconds: 60, seed: 3, faults: true };

type Row = { time: number; kind: EpisodeKind | null; at: (metric: string) => number };

function rowsOf(options: Partial<SynthesizeOptions> = {}) {
  const { episodes, rows } = synthesize({ ...base, ...options });
  const read: Row[] = [];
  for (const { time, values, episode } of rows) {
    const copy = values.slice();
    const at = (metric: string) => copy[syntheticMetrics.findIndex(([name]) => name === metric)] ?? NaN;
    read.push({ time, kind: episode?.kind ?? null, at });
  }
  return { episodes, rows: read };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function levelAround(rows: readonly Row[], metric: string, time: number, seconds = 150): number {
  return mean(rows.filter((row) => Math.abs(row.time - time) <= seconds).map((row) => row.at(metric)));
}

test("rows of each kind have their share, and the rest is normal", () => {
  const { rows } = rowsOf({ seconds: 30 * 86_400 });
  const share = (kind: EpisodeKind | null) => rows.filter((row) => row.kind === kind).length / rows.length;
  expect(Math.abs(share(null) - 0.85)).toBeLessThan(0.01);
  expect(Math.abs(share("cpu_spike") - 0.075)).toBeLessThan(0.005);
  expect(Math.abs(share("memory_leak") - 0.04)).toBeLessThan(0.005);
  expect(Math.abs(share("error_storm") - 0.035)).toBeLessThan(0.005);
});

test("the same seed gives the same rows and another one other rows", () => {
  const numbers = (seed: number) =>
    rowsOf({ seed, seconds: 86_400 }).rows.flatMap((row) => [row.at("load1"), row.at("cpu_usage_percent")]);
  expect(numbers(3)).toEqual(numbers(3));
  expect(numbers(3)).not.toEqual(numbers(4));
});

test("a CPU spike climbs from 30 to 85 %, stays, is cured within two minutes and recovers", () => {
  const { rows, episodes } = rowsOf();
  const spikes = episodes.filter(({ kind }) => kind === "cpu_spike");
  expect(spikes.length).toBeGreaterThan(5);
  for (const { phases } of spikes) {
    const [begin = 0, peak = 0, cure = 0, recovery = 0, end = 0] = phases;
    const cpu = (time: number, seconds?: number) => levelAround(rows, "cpu_usage_percent", time, seconds);
    expect(Math.abs(cpu(begin + 180, 60) - 32.75)).toBeLessThan(3);
    expect(Math.abs(cpu((begin + peak) / 2) - 57.5)).toBeLessThan(2);
    expect(Math.abs(cpu((peak + cure) / 2) - 85)).toBeLessThan(2);
    expect(cpu(recovery + 60, 60)).toBeLessThan(50);
    expect(cpu(end, 60)).toBeLessThan(40);
    expect(levelAround(rows, "load1", cure - 60)).toBeGreaterThan(
      2 * levelAround(rows, "load1", begin - 300),
    );
  }
});

test("a memory leak climbs from 30 to 90 % and drops", () => {
  const { rows, episodes } = rowsOf();
  const leaks = episodes.filter(({ kind }) => kind === "memory_leak");
  expect(leaks.length).toBeGreaterThan(0);
  for (const { phases } of leaks) {
    const [begin = 0, drop = 0, end = 0] = phases;
    expect(Math.abs(levelAround(rows, "memory_usage_percent", begin + 300) - 31)).toBeLessThan(2);
    expect(Math.abs(levelAround(rows, "memory_usage_percent", (begin + drop) / 2) - 60)).toBeLessThan(2);
    expect(Math.abs(levelAround(rows, "memory_usage_percent", drop - 60, 60) - 90)).toBeLessThan(2);
    expect(levelAround(rows, "memory_usage_percent", end + 120, 60)).toBeLessThan(40);
  }
});

test("an error storm has a quarter of errors and slower answers, and is over after its recovery", () => {
  const { rows, episodes } = rowsOf();
  for (const { phases } of episodes.filter(({ kind }) => kind === "error_storm")) {
    const [begin = 0, recovery = 0, end = 0] = phases;
    expect(Math.abs(levelAround(rows, "error_rate", recovery - 60, 60) - 0.25)).toBeLessThan(0.05);
    expect(levelAround(rows, "response_time_p95_seconds", recovery - 60, 60)).toBeGreaterThan(
      1.8 * levelAround(rows, "response_time_p95_seconds", begin - 300),
    );
    expect(levelAround(rows, "error_rate", end, 60)).toBeLessThan(0.02);
  }
});

test("a normal host has a day and a week, and its metrics fit together", () => {
  const { rows, episodes } = rowsOf({ faults: false });
  expect(episodes).toEqual([]);
  const traffic = (wanted: (date: Date) => boolean) =>
    mean(
      rows.filter(({ time }) => wanted(new Date(time * 1000))).map((row) => row.at("requests_per_second")),
    );
  const working = (date: Date) => date.getUTCDay() >= 1 && date.getUTCDay() <= 5;
  const afternoon = (date: Date) => Math.abs(date.getUTCHours() - 15) <= 2;
  const night = (date: Date) => date.getUTCHours() <= 4;
  expect(traffic((date) => working(date) && afternoon(date))).toBeGreaterThan(2 * traffic(night));
  expect(traffic((date) => working(date) && afternoon(date))).toBeGreaterThan(
    1.3 * traffic((date) => !working(date) && afternoon(date)),
  );
  const times = ["response_time_p50_seconds", "response_time_p95_seconds", "response_time_p99_seconds"];
  const memory = (row: Row) => row.at("memory_usage_bytes") / row.at("memory_usage_percent");
  const unfit = rows.filter((row) => {
    const [p50 = NaN, p95 = NaN, p99 = NaN] = times.map(row.at);
    const total = (16 * 1024 ** 3) / 100;
    return !(p50 <= p95 && p95 <= p99 && Math.abs(memory(row) / total - 1) < 1e-9);
  });
  expect(unfit).toEqual([]);
  expect(Math.max(...rows.map((row) => row.at("error_rate")))).toBeLessThan(0.02);
  expect(Math.max(...rows.map((row) => row.at("cpu_usage_percent")))).toBeLessThan(60);
});

test("two stretches of one seed are the same host with other noise", () => {
  const middle = (from: number) => {
    const { rows } = rowsOf({ start: from, seconds: 7 * 86_400, faults: false });
    return [
      mean(rows.map((row) => row.at("requests_per_second"))),
      rows[0]!.at("cpu_usage_percent"),
    ] as const;
  };
  const [first, second] = [middle(start), middle(start + 7 * 86_400)];
  expect(second[0] / first[0]).toBeCloseTo(1, 1);
  expect(second[1]).not.toBe(first[1]);
});
