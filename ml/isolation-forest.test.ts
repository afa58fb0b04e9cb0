import { expect, test } from "vitest";
import { averagePathLength, fitForest, isolationForest, SAMPLE_SIZE, TREES } from "./isolation-forest.ts";
import type { Matrix } from "./matrix.ts";
import { scoreRowsWith } from "./members.ts";
import { createRandom } from "./random.ts";

/** Standard normal rows (Box-Muller), and every hundredth row moved out to `distance` in the first column. */
function cloud(rows: number, columns: number, distance: number): Matrix {
  const random = createRandom(11);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const values = Float32Array.from({ length: rows * columns }, normal);
  for (let row = 0; row < rows; row += 100) values[row * columns] = distance;
  return { rows, columns, values };
}

test("the mean path length is that of the paper", () => {
  // Liu et al. 2008, equation 1: c(n) = 2 H(n-1) - 2 (n-1) / n with H(i) = ln(i) + 0.5772156649; c(256) = 10.2448.
  expect(averagePathLength(256)).toBeCloseTo(10.2448, 4);
  expect([0, 1, 2].map(averagePathLength)).toEqual([0, 0, 1]);
});

test("500 trees of 256 rows, fully grown to the paper's height limit", () => {
  const forest = isolationForest.fit(cloud(1000, 3, 8), { seed: 1 });
  expect([forest.sampleSize, TREES, SAMPLE_SIZE]).toEqual([256, 500, 256]);
  expect(forest.roots.length).toBe(500);
  // A tree with no more than 256 leaves has at most 511 nodes, and every inner node has both children.
  expect(forest.feature.length).toBeLessThanOrEqual(500 * 511);
  const leaves = [...forest.feature].filter((feature) => feature === -1).length;
  expect(leaves).toBe(forest.feature.length - leaves + TREES);
});

test("far rows score higher than all others, and all scores are in 0 to 1", () => {
  const matrix = cloud(1000, 3, 8);
  const scores = scoreRowsWith(isolationForest.scorer(isolationForest.fit(matrix, { seed: 1 })), matrix);
  const far = [...scores].filter((_, row) => row % 100 === 0);
  const near = [...scores].filter((_, row) => row % 100 !== 0);
  expect(Math.min(...far)).toBeGreaterThan(near.sort((a, b) => a - b)[Math.floor(near.length * 0.99)]!);
  expect(scores.every((score) => score > 0 && score < 1)).toBe(true);
  // "If all the instances return s = 0.5, the sample has no distinct anomaly": ordinary rows lie below it.
  expect(near.reduce((sum, score) => sum + score, 0) / near.length).toBeLessThan(0.5);
});

test("the same seed gives the same forest and the input is left alone", () => {
  const matrix = cloud(400, 4, 6);
  const copy = matrix.values.slice();
  const [first, second] = [1, 1].map((seed) => isolationForest.fit(matrix, { seed }));
  expect(first).toEqual(second);
  expect(isolationForest.fit(matrix, { seed: 2 })).not.toEqual(first);
  expect(matrix.values).toEqual(copy);
});

test("a missing value counts as the train mean", () => {
  const matrix = cloud(500, 2, 8);
  const forest = isolationForest.fit(matrix, { seed: 1 });
  const rows: Matrix = { rows: 2, columns: 2, values: Float32Array.of(Number.NaN, 0.3, 0, 0.3) };
  const [missing, atMean] = scoreRowsWith(isolationForest.scorer(forest), rows);
  expect(missing).toBe(atMean);
});

test("rows that are all alike score one half", () => {
  const same: Matrix = { rows: 50, columns: 2, values: new Float32Array(100).fill(1) };
  const scores = scoreRowsWith(isolationForest.scorer(isolationForest.fit(same, { seed: 1 })), same);
  expect([...scores].every((score) => Math.abs(score - 0.5) < 1e-6)).toBe(true);
});

test("other sizes of forest can be grown, also over more columns than 16 bits can count", () => {
  const wide: Matrix = { rows: 4, columns: 40_000, values: new Float32Array(160_000) };
  for (let row = 0; row < 4; row++) wide.values[row * 40_000 + 39_999] = row;
  const forest = fitForest(wide, { seed: 1, trees: 3, sampleSize: 4 });
  expect(forest.roots.length).toBe(3);
  expect(new Set(forest.feature)).toEqual(new Set([-1, 39_999]));
});
