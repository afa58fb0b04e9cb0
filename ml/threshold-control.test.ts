import { expect, test } from "vitest";
import { createThresholdControl } from "./threshold-control.ts";

const DAY = 1440;
const options = { alarmBudget: 0.25, stepSeconds: 60, budgetInForce: true };

/** The factor after so many rows, with an alarm of five rows every `every` rows. */
function follow(control: ReturnType<typeof createThresholdControl>, rows: number, every: number): number {
  for (let row = 1; row <= rows; row++) control.push(row % every < 5 && row >= every);
  return control.factor;
}

test("alarms within three times the alarm budget leave the threshold alone", () => {
  expect(follow(createThresholdControl(options, 10), 6 * DAY, DAY / 2 + 10)).toBe(1);
});

test("a third alarm in a day raises it, more raise it further, and there is an end to that", () => {
  const control = createThresholdControl(options, 10);
  expect(follow(control, DAY / 2, DAY / 8)).toBeGreaterThan(1.25);
  const busy = follow(createThresholdControl(options, 10), 10 * DAY, DAY / 24);
  expect(busy).toBeGreaterThan(2);
  expect(busy).toBeLessThanOrEqual(3);
});

test("without alarms half of the rise is gone after a day, and all of it after a fortnight", () => {
  const control = createThresholdControl(options, 10);
  const raised = follow(control, DAY, DAY / 8) - 1;
  const quiet = (rows: number) => {
    for (let row = 0; row < rows; row++) control.push(false);
    return control.factor - 1;
  };
  expect(quiet(DAY) / raised).toBeCloseTo(0.5, 2);
  expect(quiet(14 * DAY)).toBe(0);
});

test("one alarm that comes and goes within the merge gap is one alarm", () => {
  const control = createThresholdControl(options, 10);
  for (let row = 0; row < 500; row++) control.push(row % 8 < 4);
  expect(control.factor).toBe(1);
});

test("a larger alarm budget tolerates more, and a demo has none", () => {
  expect(follow(createThresholdControl({ ...options, alarmBudget: 4 }, 10), DAY, DAY / 8)).toBe(1);
  expect(follow(createThresholdControl({ ...options, budgetInForce: false }, 10), DAY, DAY / 8)).toBe(1);
});
