import { expect, test } from "vitest";
import type { Frame } from "./frame.ts";
import { rollingFeatures, windowsFor } from "./rolling.ts";

const frame = (values: number[]): Frame => ({
  stepSeconds: 60,
  time: Float64Array.from(values, (_, i) => 60 * i),
  metrics: ["cpu"],
  columns: [Float64Array.from(values)],
});
const rowOf = (values: number[], row: number, origin = 0) => {
  const { values: all, columns } = rollingFeatures(frame(values), {
    stepSeconds: 60,
    windows: [3, 6, 12],
    origins: Float64Array.of(origin),
    daily: new Float64Array(24),
  });
  return [...all.subarray(row * columns, (row + 1) * columns)];
};

test("windows are 5, 15 and 60 minutes with at least 3, 6 and 12 rows, and 45 to 180 seconds below a minute", () => {
  expect(windowsFor(60)).toEqual([5, 15, 60]);
  expect(windowsFor(300)).toEqual([3, 6, 12]);
  expect(windowsFor(15)).toEqual([3, 6, 12]);
  expect(windowsFor(3600)).toEqual([3, 6, 12]);
});

test("a row holds the value, and mean, deviation and change of each window", () => {
  // Row 3 of 1 2 6 4: window of three is 2 6 4, mean 4, deviation sqrt(8/3), change 4 - 1 = 3;
  // of the six-row window four rows are there (over half), mean 3.25; the twelve-row window is under half full.
  const [value, mean, deviation, change, mean6, , change6, mean12] = rowOf([1, 2, 6, 4], 3);
  expect([value, mean, change, mean6]).toEqual([4, 4, 3, 3.25]);
  expect(deviation).toBeCloseTo(Math.sqrt(8 / 3), 6);
  expect(change6).toBeNaN();
  expect(mean12).toBeNaN();
});

test("the origin moves levels but not deviations and changes", () => {
  const values = [10, 12, 16, 14];
  const [value, mean, deviation, change] = rowOf(values, 3, 10);
  expect([value, mean, change]).toEqual([4, 4, 4]);
  expect(deviation).toBe(rowOf(values, 3)[2]);
});

test("a gap carries the last value three steps, then the metric is missing", () => {
  const values = [1, 2, 3, ...Array<number>(5).fill(Number.NaN), 9];
  expect([3, 4, 5, 6, 8].map((row) => rowOf(values, row)[0])).toEqual([3, 3, 3, Number.NaN, 9]);
});

test("a row never depends on what comes later", () => {
  const calm = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
  const later = [...calm, 1e9, -1e9];
  expect(rowOf(later, 12)).toEqual(rowOf(calm, 12));
});

test("infinite samples count as missing and enormous ones stay finite", () => {
  expect(rowOf([1, 2, 3, Infinity], 3)[0]).toBe(3);
  const huge = rowOf([1, 2, Number.MAX_VALUE, 3], 3);
  expect(huge.filter((value) => Number.isNaN(value)).length).toBeLessThan(huge.length);
  expect(rowOf([5, 5, 5, 5], 3, 5)).toContain(0);
});
