import { expect, test } from "vitest";
import { createRandom, createSampler, sampleIndices } from "./random.ts";
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

test("a sampler keeps drawing different samples, each place equally often", () => {
  const draw = createSampler(10, 3, createRandom(5));
  const counts = new Float64Array(10);
  for (let i = 0; i < 10_000; i++) {
    const sample = draw();
    expect(new Set(sample).size).toBe(3);
    for (const index of sample) counts[index]! += 1;
  }
  // Each index is drawn with probability .3: 3000 times, with a standard deviation of 46.
  expect(counts.every((count) => Math.abs(count - 3000) < 230)).toBe(true);
});
