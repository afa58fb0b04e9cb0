import { expect, test } from "vitest";
import { type JudgedAlarm, proposeThreshold, realAmongAlike } from "./feedback.ts";

const no = (...peaks: number[]): JudgedAlarm[] => peaks.map((peak) => ({ peak, real: false }));
const yes = (...peaks: number[]): JudgedAlarm[] => peaks.map((peak) => ({ peak, real: true }));

test("three of four false alarms would be spared and all five real ones kept", () => {
  expect(proposeThreshold([...no(1.05, 1.1, 1.15, 3.2), ...yes(1.6, 2, 2.4, 5, 9)])).toEqual({
    factor: 1.18,
    spared: 3,
    falseAlarms: 4,
    real: 5,
  });
});

test("applied, the change does what it says", () => {
  const judged = [...no(1.01, 1.2, 1.33, 1.5), ...yes(1.7, 4)];
  const change = proposeThreshold(judged);
  const raised = judged.filter(({ peak }) => peak >= change!.factor);
  expect(raised.filter(({ real }) => real)).toHaveLength(change!.real);
  expect(raised.filter(({ real }) => !real)).toHaveLength(change!.falseAlarms - change!.spared);
});

test("a real alarm among the weak ones, few verdicts, or little gain: nothing is proposed", () => {
  expect(proposeThreshold([...no(1.2, 1.3, 1.4), ...yes(1.1)])).toBeNull();
  expect(proposeThreshold(no(1.1, 1.2, 1.3))).toBeNull();
  expect(proposeThreshold([...no(1.1, 5, 6, 7), ...yes(2)])).toBeNull();
  expect(proposeThreshold(yes(1.2, 2, 3, 4, 5))).toBeNull();
  expect(proposeThreshold([])).toBeNull();
});

test("without a real alarm the threshold is at most doubled", () => {
  expect(proposeThreshold(no(1.1, 1.2, 1.3, 30))?.factor).toBe(1.33);
  expect(proposeThreshold(no(9, 10, 11, 12))).toBeNull();
});

test("nothing like a probability before fifty verdicts, then what came of those most alike", () => {
  const judged = [...Array<null>(30)]
    .flatMap(() => no(1.1))
    .concat(...[...Array<null>(19)].map(() => yes(4)));
  expect(realAmongAlike(judged, 4)).toBeNull();
  judged.push(...yes(4));
  expect(realAmongAlike(judged, 4.2)).toEqual({ real: 20, of: 20 });
  expect(realAmongAlike(judged, 1.2)).toEqual({ real: 0, of: 20 });
  expect(realAmongAlike(judged, Number.NaN)).toBeNull();
});
