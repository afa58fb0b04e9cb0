import { expect, test } from "vitest";
import { usualAtThisHour } from "./usual-hour.ts";

const hour = (value: number) => new Float64Array(12).fill(value);

test("two such hours are enough, one is not", () => {
  expect(usualAtThisHour([hour(4)], 6)).toBeNull();
  expect(usualAtThisHour([hour(4), hour(6)], 6)).toEqual({ low: 4, high: 6, middle: 5, weeks: 2 });
});

test("an hour that was hardly collected does not count as seen", () => {
  const hardly = hour(Number.NaN);
  hardly[0] = 5;
  expect(usualAtThisHour([hour(4), hardly], 6)).toBeNull();
});

test("a single spike does not widen what is usual", () => {
  const spiked = new Float64Array(60).fill(5);
  spiked[3] = 900;
  expect(usualAtThisHour([spiked, new Float64Array(60).fill(5)], 30)).toMatchObject({ low: 5, high: 5 });
});
