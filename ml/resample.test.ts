import { expect, test } from "vitest";
import { sliceFrame, type Frame } from "./frame.ts";
import { detectorStep, resample } from "./resample.ts";

const fine = (start: number, values: number[]): Frame => ({
  stepSeconds: 5,
  time: Float64Array.from(values, (_, i) => start + 5 * i),
  metrics: ["cpu"],
  columns: [Float64Array.from(values)],
});

test("captures finer than 15 s are averaged to the next multiple of their step, coarser data keep theirs", () => {
  expect([1, 5, 10, 7, 15, 30, 60, 300].map(detectorStep)).toEqual([15, 15, 20, 21, 15, 30, 60, 300]);
});

test("three samples make one row, which carries the time of its last sample", () => {
  const { frame } = resample(fine(900, [1, 2, 3, 4, Number.NaN, 8, 7]), 15);
  expect([...frame.time]).toEqual([910, 925]);
  expect([...frame.columns[0]!]).toEqual([2, 6]);
});

test("each fine row knows the newest row that was complete by then", () => {
  const { completed } = resample(fine(900, [1, 2, 3, 4, 5, 6, 7]), 15);
  expect([...completed]).toEqual([-1, -1, 0, 0, 0, 1, 1]);
});

test("a frame that begins inside a cell drops it, so any trailing window gives the same rows", () => {
  const whole = fine(
    1003,
    Array.from({ length: 60 }, (_, i) => Math.sin(i)),
  );
  const expected = resample(whole, 15).frame;
  for (const from of [1, 2, 3, 7, 20]) {
    const part = resample(sliceFrame(whole, from, 60), 15).frame;
    const offset = expected.time.indexOf(part.time[0]!);
    expect(offset).toBeGreaterThanOrEqual(0);
    expect([...part.columns[0]!]).toEqual([...expected.columns[0]!.subarray(offset)]);
  }
});

test("a frame at the wanted step is left alone", () => {
  const frame = fine(900, [1, 2]);
  expect(resample(frame, 5).frame).toBe(frame);
  expect([...resample(frame, 5).completed]).toEqual([0, 1]);
});
