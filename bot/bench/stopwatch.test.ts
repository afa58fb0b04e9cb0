import { expect, test } from "vitest";
import { eachMs, medianMs, quantileOf } from "./stopwatch.ts";

/** A clock that is moved by what is measured. */
function clock() {
  let ms = 0;
  return { now: () => ms, pass: (by: number) => void (ms += by) };
}

test("the median is of at most so many runs, and of fewer when they take long", () => {
  const { now, pass } = clock();
  const lengths = [5, 1, 3, 100];
  let runs = 0;
  const run = () => pass(lengths[runs++]!);
  expect([medianMs(now, run, { most: 3, budgetMs: 1000 }), runs]).toEqual([3, 3]);
  runs = 3;
  expect([medianMs(now, run, { most: 3, budgetMs: 50 }), runs]).toEqual([100, 4]);
});

test("calls are timed one by one", () => {
  const { now, pass } = clock();
  expect([...eachMs(now, 3, (call) => pass(call + 1))]).toEqual([1, 2, 3]);
});

test("a quantile is one of the values, and no value has none", () => {
  expect([quantileOf([3, 1, 2], 0.5), quantileOf([3, 1, 2], 0.99), quantileOf([7], 0)]).toEqual([2, 3, 7]);
  expect(quantileOf([], 0.5)).toBeNaN();
});
