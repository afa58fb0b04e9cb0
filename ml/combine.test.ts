import { expect, test } from "vitest";
import {
  asOfNow,
  combine,
  combineRow,
  createSmoother,
  fitTails,
  smoothingFor,
  surprisesOf,
} from "./combine.ts";

test("a row's surprise is the mean of the second and third highest: no member decides alone", () => {
  expect(combineRow([9, 1, 2, 3, 0])).toBe(2.5);
  expect(combineRow([0, 0, 99])).toBe(0);
  expect(combineRow([4, 4, 4])).toBe(4);
});

test("two members are averaged, and one is itself", () => {
  expect(combineRow([1, 3])).toBe(2);
  expect(combineRow([3])).toBe(3);
});

test("a withheld row stays withheld, and smoothing goes on as if it had not been there", () => {
  expect(combineRow([1, Number.NaN, 2])).toBeNaN();
  const smooth = createSmoother(0.5);
  expect([4, Number.NaN, 0, 0].map(smooth)).toEqual([4, Number.NaN, 2, 1]);
});

test("a series is combined row by row", () => {
  const surprises = {
    "nearest-neighbours": Float64Array.of(2, 4),
    "one-class-svm": Float64Array.of(4, 8),
  };
  expect([...combine(surprises, 0.5)]).toEqual([3, 4.5]);
});

test("members are comparable only by how seldom calm moments reach their scores", () => {
  const calm = { "isolation-forest": Float64Array.from({ length: 1000 }, (_, i) => i / 1000) };
  const [ordinary, rare] = surprisesOf({ "isolation-forest": Float64Array.of(0.5, 0.9995) }, fitTails(calm))[
    "isolation-forest"
  ]!;
  expect(ordinary).toBeCloseTo(0.3, 1);
  expect(rare).toBeGreaterThan(2);
});

test("rows of five minutes and rows of captures are smoothed less than those of a minute", () => {
  expect([15, 60, 300].map(smoothingFor)).toEqual([0.5, 0.3, 0.5]);
});

test("a surprise that only long windows still remember counts half, one of the present as it is", () => {
  expect([0, 0.4, 1, 1.5, 2, 7].map((short) => asOfNow(4, short))).toEqual([2, 2, 2, 3, 4, 4]);
  expect(asOfNow(Number.NaN, 3)).toBeNaN();
  expect(asOfNow(4, Number.NaN)).toBeNaN();
});
