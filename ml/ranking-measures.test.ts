import { expect, test } from "vitest";
import { averagePrecision, baseRate, bestF1, rankedRows } from "./ranking-measures.ts";

const scores = (...values: number[]) => Float64Array.from(values);
const labels = (...values: number[]) => Uint8Array.from(values);

test("average precision is scikit-learn's", () => {
  // scikit-learn's documentation: average_precision_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) = 0.83...
  expect(averagePrecision(scores(0.1, 0.4, 0.35, 0.8), labels(0, 0, 1, 1))).toBeCloseTo(5 / 6, 12);
});

test("rows of equal score are taken together, so their order in time earns nothing", () => {
  // All equal: one threshold with precision 1/4 and recall 1.
  expect(averagePrecision(scores(1, 1, 1, 1), labels(1, 0, 0, 0))).toBe(0.25);
  expect(averagePrecision(scores(1, 1, 1, 1), labels(0, 0, 0, 1))).toBe(0.25);
});

test("a perfect ranking has average precision and F1 of 1, the worst one the least", () => {
  expect(averagePrecision(scores(9, 8, 1, 0), labels(1, 1, 0, 0))).toBe(1);
  expect(bestF1(scores(9, 8, 1, 0), labels(1, 1, 0, 0))).toBe(1);
  // Labels last: precision 1/3 at the third row, 2/4 at the fourth; F1 2*2/(4+2).
  expect(averagePrecision(scores(9, 8, 1, 0), labels(0, 0, 1, 1))).toBeCloseTo((1 / 3 + 1 / 2) / 2, 12);
  expect(bestF1(scores(9, 8, 1, 0), labels(0, 0, 1, 1))).toBeCloseTo(2 / 3, 12);
});

test("withheld scores rank below every other", () => {
  expect([...rankedRows(scores(Number.NaN, -5, 3))]).toEqual([2, 1, 0]);
  expect(averagePrecision(scores(Number.NaN, Number.NaN, 1), labels(1, 0, 0))).toBeCloseTo(1 / 3, 12);
});

test("without labels there is nothing to measure", () => {
  expect(averagePrecision(scores(1, 2), labels(0, 0))).toBeNaN();
  expect(bestF1(scores(1, 2), labels(0, 0))).toBeNaN();
  expect(baseRate(labels(0, 1, 0, 0))).toBe(0.25);
});
