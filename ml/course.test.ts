import { expect, test } from "vitest";
import { courseOf } from "./course.ts";

const minutes = (count: number) => Float64Array.from({ length: count }, (_, row) => row * 60);
const course = (values: number[], smallest = 1) => courseOf(minutes(values.length), values, smallest);

test("a leak climbs at its rate per minute, a drain falls", () => {
  const leak = Array.from({ length: 12 }, (_, row) => 9 + 2.6 * row + (row % 2) * 0.3);
  expect(course(leak).kind).toBe("climbing");
  expect(course(leak).perMinute).toBeCloseTo(2.6, 1);
  expect(course(leak.map((value) => 100 - value))).toMatchObject({ kind: "falling" });
});

test("a step that stays is flat, however high it is", () => {
  expect(course([10, 80, 81, 80, 80, 81, 80, 81, 80, 80])).toMatchObject({ kind: "flat" });
  expect(course([50, 50, 50, 50, 50, 50])).toMatchObject({ kind: "flat" });
});

test("a ramp that has ended does not climb any more", () => {
  const ended = [...Array.from({ length: 8 }, (_, row) => 10 * row), 72, 72, 72, 72, 72, 72];
  expect(course(ended).kind).not.toBe("climbing");
});

test("less than what matters is no climbing, and a few values or noise say nothing", () => {
  expect(course(Array.from({ length: 12 }, (_, row) => 50 + row / 100))).toMatchObject({ kind: "flat" });
  expect(course([1, 2, 3])).toEqual({ kind: "unsteady", perMinute: Number.NaN });
  expect(course([10, 90, 20, 70, 30, 95, 12, 66])).toMatchObject({ kind: "unsteady" });
});

test("missing samples are left out", () => {
  const gaps = Array.from({ length: 12 }, (_, row) => (row % 3 === 0 ? Number.NaN : 5 * row));
  expect(course(gaps).perMinute).toBeCloseTo(5);
});
