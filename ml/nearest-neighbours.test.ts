import { expect, test } from "vitest";
import type { Matrix } from "./matrix.ts";
import { scoreRowsWith } from "./members.ts";
import { nearestNeighbours } from "./nearest-neighbours.ts";

test("the score is the mean distance to the five nearest references, by hand", () => {
  const train: Matrix = { rows: 6, columns: 1, values: Float32Array.of(0, 1, 2, 3, 4, 100) };
  const state = nearestNeighbours.fit(train, { seed: 1 });
  // From 4: 0, 1, 2, 3, 4 away; the sixth is 96 away.
  expect(nearestNeighbours.scorer(state)(Float32Array.of(4), 0)).toBe(2);
});

test("missing columns are left out and the distance is scaled up to all columns", () => {
  const train: Matrix = { rows: 5, columns: 2, values: new Float32Array(10).fill(1) };
  const state = nearestNeighbours.fit(train, { seed: 1 });
  const values = Float32Array.of(4, Number.NaN, 4, 4, Number.NaN, Number.NaN);
  const scores = scoreRowsWith(nearestNeighbours.scorer(state), { rows: 3, columns: 2, values });
  // One column is 3 away; two such columns would be sqrt(2 * 9) away.
  expect(scores[0]).toBeCloseTo(Math.sqrt(18), 6);
  expect(scores[1]).toBeCloseTo(Math.sqrt(18), 6);
  expect(scores[2]).toBeNaN();
});

test("a missing cell of a remembered row counts as the train mean of its column", () => {
  const train: Matrix = { rows: 3, columns: 2, values: Float32Array.of(1, Number.NaN, 1, 2, 1, 4) };
  const state = nearestNeighbours.fit(train, { seed: 1 });
  expect([...state.references.values]).toEqual([1, 3, 1, 2, 1, 4]);
});
