import { describe, expect, test } from "vitest";
import { allowedAlarms, type Evidence, type GateName, judge, ratesOf, refusalText } from "./gates.ts";

const perfect = { faults: 20, detected: 20, alarms: 20, falseAlarms: 0, missed: {} };
const good: Evidence = {
  demo: false,
  synthetic: false,
  learnedMinutes: 14 * 1440,
  presentShare: 0.98,
  alarmBudget: 0.25,
  heldBack: { days: 3.5, alarms: 1 },
  injected: { faults: 24, detected: 20, alarms: 22, falseAlarms: 3, missed: { ramp: 4 } },
  champion: {
    days: 3.5,
    unseenByBoth: true,
    challenger: { alarms: 1, injected: perfect },
    champion: { alarms: 1, injected: perfect },
  },
};

const failed = (evidence: Evidence): GateName[] =>
  judge(evidence)
    .gates.filter(({ passed }) => !passed)
    .map(({ name }) => name);

test("a model that is quiet, sees injected faults and is no worse than the live one passes", () => {
  const report = judge(good);
  expect(report).toMatchObject({ passed: true });
  expect(report.gates.every(({ inForce }) => inForce)).toBe(true);
  expect(refusalText(report)).toBe("");
  expect(report.numbers).toMatchObject({
    heldBackAlarms: 1,
    injectedFaults: 24,
    championF1: 1,
    challengerF1: 1,
  });
});

const injected = (detected: number, falseAlarms: number) => ({
  injected: { faults: 100, detected, alarms: detected + falseAlarms, falseAlarms, missed: {} },
});
const against = (
  challenger: { alarms: number; detected: number },
  champion: { alarms: number; detected: number },
) => ({
  champion: {
    days: 4,
    unseenByBoth: true,
    challenger: { alarms: challenger.alarms, injected: { ...perfect, detected: challenger.detected } },
    champion: { alarms: champion.alarms, injected: { ...perfect, detected: champion.detected } },
  },
});

describe("refused is what", () => {
  test.each<[string, Partial<Evidence>, GateName[]]>([
    ["learned synthetic data", { synthetic: true }, ["real data"]],
    ["learned from less than twelve hours", { learnedMinutes: 719 }, ["enough data"]],
    ["has more gaps than rows", { presentShare: 0.49 }, ["enough data"]],
    [
      "alarms ten times in three and a half quiet days",
      { heldBack: { days: 3.5, alarms: 10 } },
      ["alarm budget"],
    ],
    ["misses more than 30 % of the faults", injected(69, 0), ["injected faults"]],
    ["has less than 60 % real alarms among them", injected(100, 67), ["injected faults"]],
    ["has an F1 under .7", injected(71, 45), ["injected faults"]],
    ["never alarms", injected(0, 0), ["injected faults"]],
    [
      "alarms more than the live model, beyond the budget",
      against({ alarms: 4, detected: 20 }, { alarms: 1, detected: 20 }),
      ["live model"],
    ],
    [
      "sees less than the live model",
      against({ alarms: 0, detected: 17 }, { alarms: 0, detected: 20 }),
      ["live model"],
    ],
  ])("%s", (_, parts, expected) => {
    expect(failed({ ...good, ...parts })).toEqual(expected);
  });
});

describe("accepted is what", () => {
  test.each<[string, Partial<Evidence>]>([
    ["stands just at every limit", { ...injected(70, 29), learnedMinutes: 720, presentShare: 0.5 }],
    [
      "alarms more than the live model, but within three times its budget",
      against({ alarms: 3, detected: 20 }, { alarms: 0, detected: 20 }),
    ],
    [
      "sees hardly less than the live model",
      against({ alarms: 0, detected: 19 }, { alarms: 0, detected: 20 }),
    ],
    [
      "is noisy where the live model is noisier",
      against({ alarms: 6, detected: 20 }, { alarms: 7, detected: 20 }),
    ],
    ["has nothing to be compared with", { champion: null }],
  ])("%s", (_, parts) => {
    expect(failed({ ...good, ...parts })).toEqual([]);
  });
});

test("a demo passes by its real data; what could not be examined says so and counts for nothing", () => {
  const demo = { ...good, demo: true, learnedMinutes: 30, heldBack: null, injected: null, champion: null };
  const report = judge(demo);
  expect(report.passed).toBe(true);
  expect(report.gates.filter(({ inForce }) => inForce).map(({ name }) => name)).toEqual(["real data"]);
  expect(failed({ ...demo, synthetic: true })).toEqual(["real data"]);
});

test("the alarms that are allowed are what chance leaves of three times the budget", () => {
  // Quantiles at .99 of Poisson distributions with means .1875, 2.625 and 5.25, from scipy.stats.poisson.ppf.
  expect([0.25, 3.5, 7].map((length) => allowedAlarms(0.25, length))).toEqual([2, 7, 11]);
});

test("rates are shares of faults and of alarms", () => {
  expect(ratesOf({ faults: 10, detected: 8, alarms: 16, falseAlarms: 8, missed: {} })).toEqual({
    recall: 0.8,
    precision: 0.5,
    f1: 0.8 / 1.3,
  });
  expect(ratesOf({ faults: 10, detected: 0, alarms: 0, falseAlarms: 0, missed: {} })).toEqual({
    recall: 0,
    precision: 0,
    f1: 0,
  });
});
