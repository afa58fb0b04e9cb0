import { describe, expect, test } from "vitest";
import { createDailyClock } from "./daily-clock.ts";
import { fitDailyProfiles } from "./daily-profile.ts";
import { createRandom } from "./random.ts";

const STEP = 300;
const START = 1_699_920_000;
const HOUR = 3600;
const usual = (time: number) => 50 + 30 * Math.sin((2 * Math.PI * (time % 86_400)) / 86_400);

/** A model that learned ten days of a clear rhythm and of a metric without one. */
function rhythmModel() {
  const random = createRandom(1);
  const time = Float64Array.from({ length: 10 * 288 }, (_, row) => START + STEP * row);
  const columns = [time.map((t) => usual(t) + 4 * random()), time.map(() => random())];
  const daily = fitDailyProfiles({ stepSeconds: STEP, time, metrics: ["load", "noise"], columns });
  const scale = new Float64Array(20).fill(1.2);
  const scaling = { centre: new Float64Array(20), scale, weight: scale };
  return {
    daily,
    stepSeconds: STEP,
    fitted: {
      scaling,
      members: {},
      calm: { references: { rows: 0, columns: 20, values: new Float32Array() } },
    },
  };
}
const model = rhythmModel();

/** The shift, in hours, at the end of each hour of so many days. */
function hourly(days: number, load: (time: number, row: number) => number): number[] {
  const clock = createDailyClock(model);
  const random = createRandom(2);
  const shifts = Array.from({ length: days * 288 }, (_, row) => {
    const time = START + STEP * row;
    return clock.push(time, [load(time, row) + 4 * random(), random()]) / HOUR;
  });
  return shifts.filter((_, row) => row % 12 === 11);
}

describe("the daily clock", () => {
  test("stays where it is while the rhythm is in step", () => {
    expect(hourly(5, usual).every((shift) => shift === 0)).toBe(true);
  });

  test("finds a rhythm that is seven hours ahead within half a day, and one that is seven behind", () => {
    const ahead = hourly(2, (time) => usual(time + 7 * HOUR));
    expect(ahead.slice(12).every((shift) => Math.abs(shift - 7) <= 0.5)).toBe(true);
    expect(hourly(2, (time) => usual(time - 7 * HOUR)).at(-1)).toBeCloseTo(-7, 0);
  });

  test("follows daylight saving within a few days", () => {
    const shifts = hourly(10, (time, row) => usual(time + (row > 5 * 288 ? HOUR : 0)));
    expect(shifts.slice(0, 5 * 24).every((shift) => shift === 0)).toBe(true);
    expect(shifts.at(-1)).toBeCloseTo(1, 0);
  });

  test("is moved by no level shift, no flat line and no fault of half a day", () => {
    const still = (load: (time: number, row: number) => number) =>
      expect(hourly(5, load).every((shift) => shift === 0)).toBe(true);
    still((time, row) => usual(time) + (row > 300 ? 60 : 0));
    still((time, row) => (row > 400 ? 20 : usual(time)));
    still((time, row) => (row > 400 && row < 544 ? 100 : usual(time)));
  });

  test("waits for samples, and has nothing to say about metrics without a rhythm", () => {
    expect(hourly(2, () => Number.NaN).every((shift) => shift === 0)).toBe(true);
    const flat = createDailyClock({ ...model, daily: new Float64Array(48) });
    expect(Array.from({ length: 600 }, (_, row) => flat.push(START + STEP * row, [row, row])).at(-1)).toBe(0);
  });
});
