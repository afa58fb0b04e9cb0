import { expect, test } from "vitest";
import { timeTicks, valueRange, valueTicks } from "./chart-axis.ts";

const labels = (ticks: { label: string }[]) => ticks.map(({ label }) => label);

test.each([
  [0, 100, "percent", ["0", "20 %", "40 %", "60 %", "80 %", "100 %"]],
  [0, 0.05, "fraction", ["0", "1 %", "2 %", "3 %", "4 %", "5 %"]],
  [0, 0.7, "seconds", ["0", "200 ms", "400 ms", "600 ms"]],
  [0, 12, "seconds", ["0", "2 s", "4 s", "6 s", "8 s", "10 s", "12 s"]],
  [0, 900, "seconds", ["0", "2.5 min", "5.0 min", "7.5 min", "10.0 min", "12.5 min", "15.0 min"]],
  [0, 14.8e9, "bytes", ["0", "2.5 GB", "5.0 GB", "7.5 GB", "10.0 GB", "12.5 GB"]],
  [0, 900e6, "bytes_per_second", ["0", "200 MB/s", "400 MB/s", "600 MB/s", "800 MB/s"]],
  [0, 48, "per_second", ["0", "10/s", "20/s", "30/s", "40/s"]],
  [0, 4500, "count", ["0", "1,000", "2,000", "3,000", "4,000"]],
  [-3, 3, "count", ["−3", "−2", "−1", "0", "1", "2", "3"]],
  [0, 1.15, "up", ["down", "up"]],
])("%d to %d %s is written %o", (low, high, unit, expected) => {
  expect(labels(valueTicks(low, high, unit, 6))).toEqual(expected);
});

test("ticks lie at the values they name", () => {
  expect(valueTicks(0, 0.05, "fraction", 6).map(({ at }) => Number(at.toFixed(9)))).toEqual([
    0, 0.01, 0.02, 0.03, 0.04, 0.05,
  ]);
});

test("the range includes zero unless all values are far from it", () => {
  expect(valueRange([10, 40], "percent").low).toBe(0);
  const far = valueRange([90, 96], "percent");
  expect(far.low).toBeGreaterThan(80);
  expect(far.high).toBeLessThanOrEqual(103);
});

test("noise of one percent is not blown up to fill the picture", () => {
  const { low, high } = valueRange([2.1e9, 2.12e9], "bytes");
  expect(high - low).toBeGreaterThan(0.1 * 2.1e9);
});

test.each([[[0, 0]], [[5]], [[]], [[NaN, Infinity]], [[-4, -4]], [[0.001, 0.001]]])(
  "%o has a range with some height",
  (values) => {
    for (const unit of ["percent", "bytes", "seconds", "fraction", "count"]) {
      const { low, high } = valueRange(values, unit);
      expect(high).toBeGreaterThan(low);
      expect(valueTicks(low, high, unit, 6).length).toBeGreaterThan(0);
    }
  },
);

test("clock times are round in the reader's zone, also where it is half an hour off", () => {
  // 2026-11-20T03:14:00Z is 08:44 in Kolkata (UTC+5:30).
  const start = Date.UTC(2026, 10, 20, 3, 14) / 1000;
  const ticks = timeTicks(start, start + 3 * 3600, { kind: "clock", timeZone: "Asia/Kolkata" }, 4);
  expect(labels(ticks)).toEqual(["09:00", "10:00", "11:00"]);
  expect(ticks[0]?.at).toBe(Date.UTC(2026, 10, 20, 3, 30) / 1000);
});

test("a window of days is labelled with dates", () => {
  const start = Date.UTC(2026, 10, 20, 3, 14) / 1000;
  const ticks = timeTicks(start, start + 7 * 86_400, { kind: "clock", timeZone: "UTC" }, 8);
  expect(labels(ticks).slice(0, 2)).toEqual(["21 Nov", "22 Nov"]);
});

test("relative times count back from the newest sample", () => {
  const ticks = timeTicks(400, 1000, { kind: "relative", newest: 1000 }, 5);
  expect(labels(ticks)).toEqual(
    ["−10 min", "−8 min", "−6 min", "−4 min", "−2 min", "now"].slice(-labels(ticks).length),
  );
  expect(ticks.at(-1)?.at).toBe(1000);
  expect(labels(timeTicks(0, 7200, { kind: "relative", newest: 3600 }, 2))).toEqual(["−1 h", "now", "+1 h"]);
});
