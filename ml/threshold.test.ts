import { expect, test } from "vitest";
import { alarmRuleFor, applyAlarmRule, countAlarms } from "./alarm-rule.ts";
import { createRandom } from "./random.ts";
import { demoThreshold, solveThreshold, type CalmHistory } from "./threshold.ts";

const rule = alarmRuleFor(60);

/** Calm surprise with an excursion of random height and ten rows every two hours. */
function history(days: number): CalmHistory {
  const random = createRandom(2);
  const combined = new Float64Array(days * 1440).fill(0.4);
  for (let row = 60; row < combined.length; row += 120) combined.fill(1 + 4 * random(), row, row + 10);
  return { combined, short: combined.slice(), days, rule };
}
const alarmsAt = ({ combined, short }: CalmHistory, threshold: number) =>
  countAlarms(
    applyAlarmRule(
      combined.map((value) => value / threshold),
      short,
      rule,
    ),
    rule.mergeRows,
  );

test("calm history raises no more alarms than the alarm budget, and one step lower it would", () => {
  const calm = history(20);
  for (const budget of [0.25, 0.5, 2]) {
    const threshold = solveThreshold(calm, budget);
    expect(alarmsAt(calm, threshold)).toBeLessThanOrEqual(budget * 20);
    expect(alarmsAt(calm, threshold - 0.1)).toBeGreaterThan(budget * 20 - 2);
  }
});

test("a larger alarm budget never raises the threshold", () => {
  const calm = history(10);
  const thresholds = [0.05, 0.25, 1, 4].map((budget) => solveThreshold(calm, budget));
  expect(thresholds).toEqual([...thresholds].sort((a, b) => b - a));
});

test("history too short for one alarm puts the threshold above everything seen, by a decade a tenfold shortage", () => {
  const calm = history(1);
  const highest = Math.max(...calm.combined);
  expect(solveThreshold(calm, 0.1)).toBeCloseTo(highest + 1, 6);
  expect(solveThreshold(calm, 0.01)).toBeCloseTo(highest + 2, 6);
});

test("a demo's threshold is its largest calm surprise times the margin, and never trivial", () => {
  const calm = history(1);
  expect(demoThreshold(calm, 1.25)).toBeCloseTo(1.25 * Math.max(...calm.combined), 9);
  expect(demoThreshold({ ...calm, combined: new Float64Array(9) }, 1.25)).toBe(1);
});
