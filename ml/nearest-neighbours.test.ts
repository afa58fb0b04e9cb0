import { expect, test } from "vitest";
import type { Matrix } from "./matrix.ts";
import { createSearch, NEIGHBOURS, nearestNeighbours, REFERENCES } from "./nearest-neighbours.ts";
import { createRandom } from "./random.ts";

const noise = (rows: number, columns: number, seed: number): Matrix => {
  const random = createRandom(seed);
  return { rows, columns, values: Float32Array.from({ length: rows * columns }, () => random() * 4 - 2) };
};

/** Every distance in full, sorted: slow and plainly right. */
function bruteForce(references: Matrix, query: Float32Array): number {
  const distances = Array.from({ length: references.rows }, (_, row) => {
    let sum = 0;
    query.forEach((value, column) => {
      sum += (value - references.values[row * references.columns + column]!) ** 2;
    });
    return Math.sqrt(sum);
  });
  const nearest = distances.sort((a, b) => a - b).slice(0, NEIGHBOURS);
  return nearest.reduce((sum, distance) => sum + distance, 0) / nearest.length;
}

test("the score is the mean distance to the five nearest references, by hand", () => {
  const train: Matrix = { rows: 6, columns: 1, values: Float32Array.of(0, 1, 2, 3, 4, 100) };
  const state = nearestNeighbours.fit(train, { seed: 1 });
  // From 4: 0, 1, 2, 3, 4 away; the sixth is 96 away.
  expect([...nearestNeighbours.score(state, { rows: 1, columns: 1, values: Float32Array.of(4) })]).toEqual([
    2,
  ]);
});

test("stopping early never changes the answer", () => {
  const train = noise(300, 37, 1);
  const queries = noise(200, 37, 2);
  const scores = nearestNeighbours.score(nearestNeighbours.fit(train, { seed: 1 }), queries);
  scores.forEach((score, row) => {
    expect(score).toBeCloseTo(bruteForce(train, queries.values.subarray(row * 37, (row + 1) * 37)), 5);
  });
});

test("missing columns are left out and the distance is scaled up to all columns", () => {
  const train: Matrix = { rows: 5, columns: 2, values: Float32Array.of(1, 1, 1, 1, 1, 1, 1, 1, 1, 1) };
  const state = nearestNeighbours.fit(train, { seed: 1 });
  const rows: Matrix = {
    rows: 3,
    columns: 2,
    values: Float32Array.of(4, Number.NaN, 4, 4, Number.NaN, Number.NaN),
  };
  const scores = nearestNeighbours.score(state, rows);
  // One column is 3 away; two such columns would be sqrt(2 * 9) away.
  expect(scores[0]).toBeCloseTo(Math.sqrt(18), 6);
  expect(scores[1]).toBeCloseTo(Math.sqrt(18), 6);
  expect(scores[2]).toBeNaN();
});

test("references with gaps are compared by the columns they have", () => {
  const train: Matrix = {
    rows: 5,
    columns: 2,
    values: Float32Array.of(1, Number.NaN, 1, 1, 1, 1, 1, 1, 1, 1),
  };
  const state = nearestNeighbours.fit(train, { seed: 1 });
  expect(state.complete).toBe(false);
  expect(nearestNeighbours.score(state, { rows: 1, columns: 2, values: Float32Array.of(1, 1) })[0]).toBe(0);
});

test("at most 1024 references are kept, seeded, and the input is left alone", () => {
  const train = noise(3000, 3, 5);
  const copy = train.values.slice();
  const state = nearestNeighbours.fit(train, { seed: 1 });
  expect(state.references.rows).toBe(REFERENCES);
  expect(nearestNeighbours.fit(train, { seed: 1 })).toEqual(state);
  expect(nearestNeighbours.fit(train, { seed: 2 })).not.toEqual(state);
  expect(train.values).toEqual(copy);
});

test("a search names the references it found, nearest first", () => {
  const train: Matrix = { rows: 6, columns: 1, values: Float32Array.of(50, 10, 20, 30, 40, 1000) };
  const search = createSearch({ references: train, complete: true });
  const { rows, squared } = search({ rows: 1, columns: 1, values: Float32Array.of(31) }, 0);
  expect([...rows]).toEqual([3, 4, 2, 0, 1]);
  expect([...squared]).toEqual([1, 81, 121, 361, 441]);
});
