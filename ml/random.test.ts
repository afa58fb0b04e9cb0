import { expect, test } from "vitest";
import { createRandom, sampleIndices } from "./random.ts";
import { mean, standardDeviation } from "./stats.ts";

test("the same seed gives the same numbers and another seed others", () => {
  const draw = (seed: number) => Array.from({ length: 5 }, createRandom(seed));
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

test("numbers are uniform in 0 to 1", () => {
  const numbers = Array.from({ length: 20_000 }, createRandom(1));
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  // Uniform: mean 1/2, deviation 1/sqrt(12) = .2887; five standard errors of 20,000 draws are .01.
  expect(Math.abs(mean(numbers) - 0.5)).toBeLessThan(0.01);
  expect(Math.abs(standardDeviation(numbers) - Math.sqrt(1 / 12))).toBeLessThan(0.01);
});

test("a sample holds different indices, and all of them when more are asked for", () => {
  const sample = sampleIndices(100, 30, createRandom(3));
  expect(new Set(sample).size).toBe(30);
  expect(sample.every((i) => i >= 0 && i < 100)).toBe(true);
  expect([...sampleIndices(4, 9, createRandom(3))].sort()).toEqual([0, 1, 2, 3]);
});
