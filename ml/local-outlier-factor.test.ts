import { expect, test } from "vitest";
import { fitFactor, localOutlierFactor } from "./local-outlier-factor.ts";
import type { Matrix } from "./matrix.ts";
import { createRandom } from "./random.ts";

const column = (...values: number[]): Matrix => ({
  rows: values.length,
  columns: 1,
  values: Float32Array.from(values),
});

test("densities and the factor are those worked out by hand", () => {
  // Three references, so two neighbours each. Distances 0-1: 1, 1-3: 2, 0-3: 3; reach 3, 2, 3.
  // Mean reachability of 0: (max(2,1) + max(3,3)) / 2 = 2.5; of 1: (max(3,1) + max(3,2)) / 2 = 3; of 3: (2 + 3) / 2 = 2.5.
  const state = fitFactor(column(0, 1, 3));
  expect(state.neighbours).toBe(2);
  expect([...state.reach]).toEqual([3, 2, 3]);
  [1 / 2.5, 1 / 3, 1 / 2.5].forEach((density, i) => expect(state.density[i]).toBeCloseTo(density, 9));
  // The row 5: neighbours 3 (2 away, reachability 3) and 1 (4 away), mean 3.5; their mean density is (.4 + .3333) / 2.
  const score = localOutlierFactor.scorer(state)(Float32Array.of(5), 0);
  expect(score).toBeCloseTo(((0.4 + 1 / 3) / 2) * 3.5, 8);
});

test("a row between the clusters is found, although a sparse cluster is wider than its distance from the dense one", () => {
  const random = createRandom(3);
  const dense = Array.from({ length: 100 }, () => random() / 10);
  const sparse = Array.from({ length: 100 }, () => 50 + 20 * random());
  const score = localOutlierFactor.scorer(fitFactor(column(...dense, ...sparse)));
  expect(score(Float32Array.of(1.5), 0)).toBeGreaterThan(10);
  expect(score(Float32Array.of(60), 0)).toBeLessThan(1.5);
  expect(score(Float32Array.of(0.05), 0)).toBeLessThan(1.5);
});

test("many duplicates have a finite density, and the same row is like its neighbours", () => {
  const state = fitFactor(column(...Array<number>(30).fill(2), 7));
  const score = localOutlierFactor.scorer(state);
  expect(score(Float32Array.of(2), 0)).toBeCloseTo(1, 9);
  expect(score(Float32Array.of(3), 0)).toBeGreaterThan(1e6);
  expect(score(Float32Array.of(3), 0)).toBeLessThan(Infinity);
});

test("the member's floor keeps a machine that repeats itself from being called strange at the first difference", () => {
  const train = column(...Array<number>(990).fill(0), ...Array.from({ length: 10 }, (_, i) => i));
  const member = localOutlierFactor.scorer(localOutlierFactor.fit(train, { seed: 1 }));
  expect(member(Float32Array.of(0), 0)).toBeCloseTo(1, 6);
  expect(member(Float32Array.of(0.01), 0)).toBeLessThan(2);
  expect(member(Float32Array.of(9), 0)).toBeGreaterThan(10);
});
