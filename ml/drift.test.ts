import { describe, expect, test } from "vitest";
import { distanceFromUniform, measureDrift } from "./drift.ts";
import type { Frame } from "./frame.ts";
import { createRandom } from "./random.ts";
import { trainModel } from "./train.ts";

const stepSeconds = 300;
const day = 86_400;

/** Two metrics over some days; `shift` (in standard deviations) and `alive` say what the host does on each row. */
function host(days: number, { seed = 1, shift = 0, from = 0, gap = false } = {}): Frame {
  const random = createRandom(seed);
  const rows = (days * day) / stepSeconds;
  const noise = () => (random() + random() + random() + random() - 2) * 1.7;
  const columns = [20, 60].map((level) =>
    Float64Array.from({ length: rows }, (_, row) => {
      const value = level + Math.sin(row / 46) + noise() + (row * stepSeconds >= from ? shift : 0);
      return gap && row * stepSeconds >= from ? Number.NaN : value;
    }),
  );
  return {
    stepSeconds,
    time: Float64Array.from({ length: rows }, (_, row) => 1_790_000_100 + row * stepSeconds),
    metrics: ["cpu_usage_percent", "memory_usage_percent"],
    columns,
  };
}

const model = trainModel(host(4), { alarmBudget: 0.25, seed: 1, smallestChange: {} });
const lastDay = (frame: Frame) => (frame.time.at(-1) ?? 0) - day;

describe("a host", () => {
  test("that stays as it was does not drift, and about one row in twenty is rare to the model", () => {
    const frame = host(2, { seed: 7 });
    const drift = measureDrift(model, frame, lastDay(frame));
    expect(drift).toMatchObject({ drifted: false, metrics: [] });
    expect(drift.hours).toBeCloseTo(24, 0);
    expect(drift.rareShare).toBeLessThan(0.15);
    expect(drift.distance).toBeLessThan(0.3);
  });

  test("whose quiet level moved by one and a half standard deviations drifts", () => {
    const frame = host(2, { seed: 7, shift: 1.6 });
    const drift = measureDrift(model, frame, lastDay(frame));
    expect(drift.drifted).toBe(true);
    expect(drift.rareShare).toBeGreaterThan(0.25);
    expect(drift.distance).toBeGreaterThan(0.5);
  });

  test("that moved less than half a day ago is not said to drift yet", () => {
    const frame = host(0.5, { seed: 7, shift: 1.6 });
    expect(measureDrift(model, frame, (frame.time.at(-1) ?? 0) - 0.4 * day)).toMatchObject({
      drifted: false,
    });
  });

  test("without rows does not drift", () => {
    const frame = host(2, { gap: true });
    expect(measureDrift(model, frame, lastDay(frame))).toEqual({
      drifted: false,
      rows: 0,
      hours: 0,
      rareShare: 0,
      distance: 0,
      metrics: [],
    });
  });
});

test("a metric that left its usual range is named with its share", () => {
  const frame = host(2, { seed: 7 });
  const columns = frame.columns.map((column, m) => (m === 1 ? column.map((value) => value + 40) : column));
  const { metrics } = measureDrift(model, { ...frame, columns }, lastDay(frame));
  expect(metrics).toEqual([{ metric: "memory_usage_percent", outsideShare: 1 }]);
});

test("the distance from uniform is the largest excess of small values", () => {
  // At .1, .2 and .3 of three values the share at or below them is 1/3, 2/3 and 1: the largest excess is .7.
  expect(distanceFromUniform(Float64Array.of(0.1, 0.2, 0.3))).toBeCloseTo(0.7, 12);
  // All larger than they should be: that side does not count.
  expect(distanceFromUniform(Float64Array.of(0.9, 0.95, 1))).toBe(0);
  expect(distanceFromUniform(new Float64Array())).toBe(0);
});
