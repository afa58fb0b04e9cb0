import { expect, test } from "vitest";
import type { Frame } from "./frame.ts";
import { onsetsOf } from "./onsets.ts";

const frameOf = (columns: Record<string, number[]>): Frame => {
  const rows = Object.values(columns)[0]?.length ?? 0;
  return {
    stepSeconds: 60,
    time: Float64Array.from({ length: rows }, (_, row) => 6_000 + row * 60),
    metrics: Object.keys(columns),
    columns: Object.values(columns).map((column) => Float64Array.from(column)),
  };
};
const usual = (metric: string): [number, number] | null => (metric === "unknown" ? null : [0, 10]);

test("what left its usual range first comes first, and what is back inside is not named", () => {
  const frame = frameOf({
    cpu: [5, 5, 5, 5, 5, 5, 40, 40, 40],
    disk: [5, 5, 5, 90, 90, 90, 90, 90, 90],
    errors: [5, 90, 90, 5, 5, 5, 5, 5, 5],
    unknown: [90, 90, 90, 90, 90, 90, 90, 90, 90],
  });
  expect(onsetsOf(frame, ["cpu", "disk", "errors", "unknown", "absent"], usual)).toEqual([
    { metric: "disk", at: 6_180 },
    { metric: "cpu", at: 6_360 },
  ]);
});

test("a short return and missing samples do not begin the stretch anew", () => {
  const frame = frameOf({
    disk: [5, 5, 90, 5, 5, 90, Number.NaN, 90, 90],
    load: [5, 90, 5, 5, 5, 5, 90, 90, 90],
  });
  expect(onsetsOf(frame, ["disk", "load"], usual)).toEqual([
    { metric: "disk", at: 6_120 },
    { metric: "load", at: 6_360 },
  ]);
});

test("what was outside all along began with the frame, and an empty frame has no onset", () => {
  expect(onsetsOf(frameOf({ disk: [-1, -1] }), ["disk"], usual)).toEqual([{ metric: "disk", at: 6_000 }]);
  expect(onsetsOf(frameOf({ disk: [] }), ["disk"], usual)).toEqual([]);
});
