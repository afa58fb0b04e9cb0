import { expect, test } from "vitest";
import { alignToGrid, isContiguous, joinFrames, selectMetrics, sliceFrame, type Frame } from "./frame.ts";

const frame = (time: number[], values: number[], stepSeconds = 60): Frame => ({
  stepSeconds,
  time: Float64Array.from(time),
  metrics: ["cpu"],
  columns: [Float64Array.from(values)],
});

test("rows with a gap and a jittering clock land on the grid, the gap is missing", () => {
  const { frame: aligned, cellOf } = alignToGrid(frame([1000, 1062, 1239, 1300], [1, 2, 3, 4]));
  expect([...aligned.time]).toEqual([1000, 1060, 1120, 1180, 1240, 1300]);
  expect([...aligned.columns[0]!]).toEqual([1, 2, Number.NaN, Number.NaN, 3, 4]);
  expect([...cellOf]).toEqual([0, 1, 4, 5]);
});

test("of two rows in one cell the later value counts, unless it is missing", () => {
  const { frame: aligned, cellOf } = alignToGrid(frame([0, 60, 61, 120, 121], [1, 2, 3, 4, Number.NaN]));
  expect([...aligned.columns[0]!]).toEqual([1, 3, 4]);
  expect([...cellOf]).toEqual([0, 1, 1, 2, 2]);
});

test("a time stamp from another century is refused instead of filling the memory", () => {
  expect(() => alignToGrid(frame([0, 60, 1e12], [1, 2, 3]))).toThrow(/a time stamp among them must be wrong/);
});

test("a frame continues another when the gap between them is one step", () => {
  const earlier = frame([0, 60], [1, 2]);
  expect(isContiguous(earlier, frame([120, 180], [3, 4]))).toBe(true);
  expect(isContiguous(earlier, frame([180, 240], [3, 4]))).toBe(false);
  expect(isContiguous(earlier, frame([60, 120], [3, 4]))).toBe(false);
  expect(isContiguous(earlier, frame([120, 420], [3, 4], 300))).toBe(false);
  expect(isContiguous(earlier, frame([], []))).toBe(false);
});

test("slicing, joining and selecting keep rows and columns together", () => {
  const joined = joinFrames(frame([0, 60], [1, 2]), frame([120], [3]));
  expect([...joined.columns[0]!]).toEqual([1, 2, 3]);
  const tail = sliceFrame(joined, 1, 3);
  expect([...tail.time]).toEqual([60, 120]);
  const selected = selectMetrics(tail, ["memory", "cpu"]);
  expect(selected.columns.map((column) => [...column])).toEqual([
    [Number.NaN, Number.NaN],
    [2, 3],
  ]);
});
