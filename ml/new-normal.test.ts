import { expect, test } from "vitest";
import { newLevel } from "./new-normal.ts";

const stepSeconds = 300;
const now = 1_700_000_100;
/** Thirty hours up to now; `level` in hours before now. */
const series = (level: (hoursAgo: number) => number) => {
  const time = Float64Array.from({ length: 360 }, (_, row) => now - (360 - row) * stepSeconds);
  return { time, values: time.map((at) => level((now - at) / 3_600)), stepSeconds };
};
const asked = { usual: [40, 50], smallestChange: 1, now } as const;

test("a day at another level, moving no more than it always did, is a new level", () => {
  const level = newLevel(
    series((ago) => (ago > 26 ? 45 : 70 + 3 * Math.sin(ago))),
    asked,
  );
  expect(level).toMatchObject({ since: now - 86_400 });
  expect(level!.low).toBeGreaterThan(66);
  expect(level!.high).toBeLessThan(74);
});

test("what still climbs, or came back for hours, is none", () => {
  expect(
    newLevel(
      series((ago) => 100 - ago),
      asked,
    ),
  ).toBeNull();
  expect(
    newLevel(
      series((ago) => (ago > 8 && ago < 14 ? 45 : 70)),
      asked,
    ),
  ).toBeNull();
});

test("less than a day, or a day with holes, is not judged", () => {
  expect(
    newLevel(
      series((ago) => (ago > 20 ? 45 : 70)),
      asked,
    ),
  ).toBeNull();
  expect(
    newLevel(
      series((ago) => (ago > 6 && ago < 12 ? Number.NaN : 70)),
      asked,
    ),
  ).toBeNull();
  expect(newLevel({ time: [], values: [], stepSeconds }, asked)).toBeNull();
});

test("what is usual is no new level", () => {
  expect(
    newLevel(
      series(() => 45),
      asked,
    ),
  ).toBeNull();
});
