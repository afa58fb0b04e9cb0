import { expect, test } from "vitest";
import { countAtOrAbove, mean, median, quantile, sortedFinite, standardDeviation } from "./stats.ts";

test("mean and standard deviation leave missing values out", () => {
  // Wikipedia, "Standard deviation": 2 4 4 4 5 5 7 9 has mean 5 and population deviation 2.
  const values = Object.freeze([2, 4, Number.NaN, 4, 4, 5, 5, Infinity, 7, 9]);
  expect(mean(values)).toBe(5);
  expect(standardDeviation(values)).toBe(2);
  expect(mean([])).toBeNaN();
  expect(standardDeviation([Number.NaN])).toBeNaN();
});

test("quantiles are linear between neighbours, as numpy's default", () => {
  // numpy.quantile([1, 2, 3, 4], [0, .25, .5, .9, 1]) = [1, 1.75, 2.5, 3.7, 4]
  const values = Object.freeze([1, 2, 3, 4]);
  expect([0, 0.25, 0.5, 0.9, 1].map((share) => Number(quantile(values, share).toFixed(12)))).toEqual([
    1, 1.75, 2.5, 3.7, 4,
  ]);
  expect(quantile([], 0.5)).toBeNaN();
});

test("the median does not need sorted or complete values", () => {
  expect(median([9, Number.NaN, 1, 5])).toBe(5);
  expect([...sortedFinite([3, -Infinity, 1])]).toEqual([1, 3]);
});

test("counting at or above includes equal values", () => {
  expect([0, 1, 2, 3, 4].map((value) => countAtOrAbove([1, 2, 2, 3], value))).toEqual([4, 4, 3, 1, 0]);
});
