import { expect, test } from "vitest";
import { createNovelRange } from "./novel-range.ts";

const options = { metrics: ["cpu", "disk"], stepSeconds: 60, smallestChange: { disk: 5 } };

/** A range that has seen cpu swing between 10 and 20, and disk stand at 40, for forty minutes. */
function grown() {
  const range = createNovelRange(options);
  const answers = Array.from({ length: 40 }, (_, row) => range.push([row % 2 === 0 ? 10 : 20, 40]));
  return { range, answers };
}

test("nothing is novel while the range is young, nor inside it", () => {
  const { range, answers } = grown();
  expect(answers.flat()).toEqual([]);
  expect(createNovelRange(options).push([1e9, 0])).toEqual([]);
  expect(range.push([15, 40])).toEqual([]);
});

test("a value beyond the range by its whole width is novel, and says what was seen", () => {
  const { range } = grown();
  expect(range.push([29.9, 40])).toEqual([]);
  expect(range.push([95, 40])).toEqual([{ metric: "cpu", value: 95, seen: [10, 29.9] }]);
  expect(range.push([-10, 40])).toEqual([{ metric: "cpu", value: -10, seen: [10, 29.9] }]);
});

test("the smallest change that matters keeps a harmless step quiet", () => {
  const { range } = grown();
  expect(range.push([15, 44])).toEqual([]);
  expect(range.push([15, 50]).map(({ metric }) => metric)).toEqual(["disk"]);
});

test("what stays outside for half an hour becomes part of what is seen", () => {
  const { range } = grown();
  const rows = Array.from({ length: 40 }, () => range.push([90, 40]).length);
  expect(rows.slice(0, 30).every((count) => count === 1)).toBe(true);
  expect(rows.slice(30).every((count) => count === 0)).toBe(true);
});

test("missing and infinite values are neither novel nor seen", () => {
  const { range } = grown();
  expect(range.push([Number.NaN, Infinity])).toEqual([]);
  expect(range.push([95, Number.NaN])).toHaveLength(1);
});
