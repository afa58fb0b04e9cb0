import { expect, test } from "vitest";
import type { Matrix } from "./matrix.ts";
import { createSearch } from "./neighbour-search.ts";
import { fitBoundary, NU, oneClassSvm, outsideBy } from "./one-class-svm.ts";
import { createRandom } from "./random.ts";

function ring(rows: number): Matrix {
  const random = createRandom(5);
  const values = new Float32Array(2 * rows);
  for (let row = 0; row < rows; row++) {
    const angle = 2 * Math.PI * random();
    values.set([Math.cos(angle) + 0.1 * random(), Math.sin(angle) + 0.1 * random()], 2 * row);
  }
  return { rows, columns: 2, values };
}

const train = ring(400);
const state = fitBoundary(train);
const scorer = oneClassSvm.scorer(state);
const score = (x: number, y: number) => scorer(Float32Array.of(x, y), 0);

test("the weights sum to nu x references and about that share lies outside", () => {
  expect(state.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(NU * 400, 6);
  expect(state.weights.every((weight) => weight > 0 && weight <= 1)).toBe(true);
  const outside = Array.from({ length: 400 }, (_, row) => scorer(train.values, 2 * row)).filter(
    (s) => s > 1e-3,
  );
  expect(outside.length).toBeLessThanOrEqual(NU * 400);
  expect(state.vectors.length).toBeGreaterThanOrEqual(NU * 400);
});

test("rows inside are below 0, rows outside above, and ever farther rows score ever higher", () => {
  expect(score(1, 0)).toBeLessThan(0);
  const outward = [2, 4, 8, 16, 100, 1e6].map((x) => score(x, 0));
  expect(outward[0]).toBeGreaterThan(0);
  expect(outward).toEqual([...outward].sort((a, b) => a - b));
  expect(new Set(outward).size).toBe(outward.length);
  expect(outward.at(-1)).toBeLessThan(Infinity);
});

test("libsvm's decision value has the same order, and one value for all rows far away", () => {
  const search = createSearch(state.references, 0);
  const outside = (x: number) => outsideBy(state, search(Float32Array.of(x, 0), 0));
  expect(outside(1)).toBeLessThan(0);
  expect(outside(2)).toBeGreaterThan(0);
  expect(outside(4)).toBeGreaterThan(outside(2));
  expect(outside(1e5)).toBe(state.rho);
  expect(outside(1e6)).toBe(state.rho);
});

test("rows that are all alike leave a kernel of width 1", () => {
  const same = fitBoundary({ rows: 10, columns: 2, values: new Float32Array(20).fill(3) });
  expect(same.gamma).toBe(1);
  const alike = oneClassSvm.scorer(same);
  expect(alike(Float32Array.of(3, 3), 0)).toBeCloseTo(0, 6);
  expect(alike(Float32Array.of(4, 3), 0)).toBeCloseTo(1, 6);
});
