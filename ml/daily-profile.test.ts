import { expect, test } from "vitest";
import { fitDailyProfiles, placeInDay, profileAt } from "./daily-profile.ts";
import { createRandom } from "./random.ts";

const START = 1_699_920_000;
const STEP = 600;

/** So many days of one metric; `value` gets the hour of the day, 0 to 24, and a random number. */
function days(count: number, value: (hour: number, random: number) => number) {
  const random = createRandom(3);
  const time = Float64Array.from({ length: count * 144 }, (_, row) => START + STEP * row);
  const column = time.map((t) => value((t % 86_400) / 3600, random()));
  return { stepSeconds: STEP, time, metrics: ["load"], columns: [column] };
}

test("a daily rhythm is learned as the distance from the mean at each hour", () => {
  const daily = fitDailyProfiles(
    days(10, (hour, random) => 100 + 20 * Math.sin((2 * Math.PI * hour) / 24) + random),
  );
  expect(profileAt(daily, 0, placeInDay(START + 6 * 3600))).toBeCloseTo(20, 0);
  expect(profileAt(daily, 0, placeInDay(START + 18 * 3600))).toBeCloseTo(-20, 0);
  expect(Math.abs(profileAt(daily, 0, placeInDay(START + 24 * 3600)))).toBeLessThan(1);
});

test("without a rhythm there is next to nothing to subtract", () => {
  const daily = fitDailyProfiles(days(10, (_, random) => 100 * random));
  expect(Math.max(...daily.map(Math.abs))).toBeLessThan(1);
});

test("what happened on one day only is no habit", () => {
  const frame = days(10, (_, random) => random);
  frame.columns[0]!.fill(50, 3 * 144 + 60, 3 * 144 + 72);
  expect(Math.max(...fitDailyProfiles(frame).map(Math.abs))).toBeLessThan(0.5);
});

test("a history under four days, a constant, and a metric without samples have no rhythm", () => {
  const none = new Float64Array(24);
  expect(fitDailyProfiles(days(3, (hour) => hour))).toEqual(none);
  expect(fitDailyProfiles(days(10, () => 7))).toEqual(none);
  expect(fitDailyProfiles(days(10, () => Number.NaN))).toEqual(none);
});

test("between two hours the profile is a straight line, round midnight too", () => {
  const daily = Float64Array.from({ length: 24 }, (_, hour) => hour);
  expect(profileAt(daily, 0, placeInDay(START + 9.5 * 3600))).toBe(9);
  expect(profileAt(daily, 0, placeInDay(START + 10 * 3600))).toBe(9.5);
  expect(profileAt(daily, 0, placeInDay(START))).toBe(11.5);
});
