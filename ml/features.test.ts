import { expect, test } from "vitest";
import { coverageOf, CLIP, fitScaling, scaleFeatures, shortColumns } from "./features.ts";
import type { Matrix } from "./matrix.ts";

/** One metric: ten columns with the same values. */
const metric = (values: number[]): Matrix => ({
  rows: values.length,
  columns: 10,
  values: Float32Array.from(values.flatMap((value) => Array<number>(10).fill(value))),
});
const all = (matrix: Matrix) => Int32Array.from({ length: matrix.rows }, (_, row) => row);

test("columns are z-scored on the rows they were learned from", () => {
  const features = metric([2, 4, 4, 4, 5, 5, 7, 9]);
  const scaling = fitScaling(features, all(features), [Number.NaN]);
  expect([scaling.centre[0], scaling.scale[0]]).toEqual([5, 2]);
  expect(scaleFeatures(features, scaling).values[72]).toBe(2);
});

test("a level counts less than its change", () => {
  const scaled = scaleFeatures(metric([9]), fitScaling(metric([2, 4]), [0, 1], [Number.NaN])).values;
  expect([0, 1, 4, 7].map((column) => scaled[column])).toEqual(Array<number>(4).fill(Math.fround(3.6)));
  expect([2, 3, 5, 6, 8, 9].map((column) => scaled[column])).toEqual(Array<number>(6).fill(6));
});

test("the scale never falls below the smallest change that matters", () => {
  const features = metric([30, 30.01, 30, 30.01]);
  const scaling = fitScaling(features, all(features), [1]);
  expect(scaling.scale[0]).toBe(1);
  expect(scaleFeatures(metric([30.5]), scaling).values[2]).toBeCloseTo(0.495, 3);
});

test("without a known smallest change the scale is at least 1e-4 of the range", () => {
  const features = metric([...Array<number>(99_999).fill(0), 1]);
  const rows = all(features);
  expect(fitScaling(features, rows, [Number.NaN]).scale[0]).toBeCloseTo(Math.sqrt(1e-5), 4);
  expect(fitScaling(metric([0, 0]), [0, 1], [Number.NaN]).scale[0]).toBe(1e-4);
});

test("a constant that moves is clipped, not infinite", () => {
  const constant = metric([1, 1, 1]);
  const scaled = scaleFeatures(
    metric([5, -5, Number.NaN]),
    fitScaling(constant, all(constant), [Number.NaN]),
  );
  expect([scaled.values[2], scaled.values[12], scaled.values[22]]).toEqual([CLIP, -CLIP, Number.NaN]);
});

test("a column never seen in train is missing in every row and counts neither for nor against coverage", () => {
  const two: Matrix = { rows: 2, columns: 2, values: Float32Array.of(1, Number.NaN, Number.NaN, Number.NaN) };
  expect([...coverageOf(two)]).toEqual([1, 0]);
  expect([...coverageOf(two, [1, 1])]).toEqual([0.5, 0]);
  const unseen = metric([Number.NaN, Number.NaN]);
  const scaling = fitScaling(unseen, [0, 1], [Number.NaN]);
  expect(scaleFeatures(metric([3]), scaling).values.every(Number.isNaN)).toBe(true);
});

test("the short columns are the value and the shortest window of each metric", () => {
  expect(shortColumns(2)).toEqual([0, 1, 2, 3, 10, 11, 12, 13]);
});
