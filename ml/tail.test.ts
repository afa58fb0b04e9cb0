import { expect, test } from "vitest";
import { createRandom } from "./random.ts";
import { fitTail, surprise } from "./tail.ts";

const draws = (count: number, inverse: (u: number) => number) => {
  const random = createRandom(5);
  return Float64Array.from({ length: count }, () => inverse(1 - random()));
};

test("surprise is -log10 of the tail probability, within and beyond the fitted tail", () => {
  // Exponential: P(X > x) = exp(-x), so -log10 p = x / ln 10.
  const tail = fitTail(draws(50_000, (u) => -Math.log(u)));
  for (const x of [1, 2, 3, 5, 7, 9])
    expect(Math.abs(surprise(tail, x) - x / Math.LN10)).toBeLessThan(0.12 * (1 + x / 5));
});

test("a heavy tail is believed up to shape one half", () => {
  // Pareto with index 3: P(X > x) = x^-3, shape 1/3; at x = 20 -log10 p = 3.9.
  const tail = fitTail(draws(50_000, (u) => u ** (-1 / 3)));
  expect(tail.shape).toBeGreaterThan(0.15);
  expect(tail.shape).toBeLessThanOrEqual(0.5);
  expect(Math.abs(surprise(tail, 20) - 3 * Math.log10(20))).toBeLessThan(0.5);
});

test("surprise never falls as values rise, and stays finite", () => {
  const tail = fitTail(draws(500, (u) => -Math.log(u)));
  const values = [-1e9, 0, 0.1, 1, 3, 5, 8, 20, 1e3, 1e9, Number.MAX_VALUE];
  const surprises = values.map((value) => surprise(tail, value));
  expect(surprises).toEqual([...surprises].sort((a, b) => a - b));
  expect(surprises.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
  expect(surprise(tail, Number.NaN)).toBeNaN();
});

test("beyond one in ten thousand surprise keeps the order but grows slowly", () => {
  const tail = fitTail(draws(5000, (u) => -Math.log(u)));
  const [far, farther] = [surprise(tail, 1000), surprise(tail, 2000)];
  expect(farther).toBeGreaterThan(far);
  expect(farther).toBeLessThan(40);
});

test("constant calm values make anything above them rare and nothing infinite", () => {
  const tail = fitTail(new Float64Array(100).fill(3));
  expect(surprise(tail, 3)).toBeLessThan(0.01);
  expect(surprise(tail, 3.1)).toBeGreaterThan(4);
  expect(Number.isFinite(surprise(tail, 3.1))).toBe(true);
});
