import { expect, test } from "vitest";
import { chooseMetrics } from "./choose-metrics.ts";

const frame = (columns: number[][]) => ({
  stepSeconds: 60,
  time: Float64Array.from(columns[0]!, (_, row) => 60 * row),
  metrics: columns.map((_, m) => `m${m}`),
  columns: columns.map((column) => Float64Array.from(column)),
});

test("up to 64 metrics stay as they are", () => {
  const few = frame(Array.from({ length: 64 }, () => [1, 1]));
  expect(chooseMetrics(few)).toBe(few);
});

test("of more, those that move most often stay, in their order", () => {
  const [constant, busy, missing, seldom] = [
    [1, 1, 1, 1, 1],
    [1, 2, 1, 2, 1],
    [Number.NaN, 5, Number.NaN, 6, Number.NaN],
    [1, 1, 2, 2, 2],
  ] as const;
  const many = frame([[...constant], [...seldom], [...missing], [...busy]]);
  expect(chooseMetrics(many, 2).metrics).toEqual(["m1", "m3"]);
  expect(chooseMetrics(many, 2).columns.map((column) => [...column])).toEqual([[...seldom], [...busy]]);
});
