import { describe, expect, test } from "vitest";
import { alarmRuleFor, applyAlarmRule, countAlarms, createAlarm } from "./alarm-rule.ts";
import { createRandom } from "./random.ts";

const rule = alarmRuleFor(60);
const flags = (score: number[], short: number[] = score) =>
  [...applyAlarmRule(Float64Array.from(score), Float64Array.from(short), rule)].join("");
const repeat = (value: number, rows: number) => Array<number>(rows).fill(value);

test("hold, merge and close are 2, 10 and 5 minutes, and 30, 30 and 45 seconds below a minute", () => {
  expect(alarmRuleFor(60)).toEqual({ holdRows: 2, mergeRows: 10, closeRows: 5, settleRows: 1800 });
  expect(alarmRuleFor(300)).toEqual({ holdRows: 1, mergeRows: 2, closeRows: 1, settleRows: 360 });
  expect(alarmRuleFor(15)).toEqual({ holdRows: 2, mergeRows: 2, closeRows: 3, settleRows: 7200 });
});

describe("at a step of one minute", () => {
  test("one high row is no alarm; the alarm is known at the second, and the first is not marked afterwards", () => {
    expect(flags([0, 2, 0, 2, 2, 2])).toBe("000011");
  });

  test("it ends when the short-window score has been normal for five rows, though the long windows still remember", () => {
    expect(flags([...repeat(3, 12)], [...repeat(3, 4), ...repeat(0, 8)])).toBe("011111110000");
  });

  test("what only the long windows see lasts until the score itself is normal", () => {
    expect(flags([...repeat(3, 4), ...repeat(0, 8)], repeat(0, 12))).toBe("011111110000");
  });

  test("a score that hovers round the threshold does not end the alarm", () => {
    expect(flags([2, 2, ...repeat(0.9, 10), ...repeat(0.5, 6)], repeat(2, 18))).toBe("011111111111111100");
  });

  test("trouble that returns within ten minutes of the end is known at once, and the gap stays empty", () => {
    const returning = flags([2, 2, ...repeat(0, 12), 2, 2]);
    expect(returning).toBe("0111110000000011");
    expect(countAlarms(Uint8Array.from(returning, Number), rule.mergeRows)).toBe(1);
    expect(flags([2, 2, ...repeat(0, 16), 2, 2])).toBe("01111100000000000001");
  });

  test("no data is neither anomalous nor an end of the alarm", () => {
    expect(flags([2, 2, Number.NaN, Number.NaN, 2, 0])).toBe("010011");
  });
});

describe("a level shift that nobody undoes", () => {
  const hours = (count: number) => 60 * count;
  const shifted = [...repeat(0.2, hours(10)), ...repeat(2, hours(60))];

  test("is alarmed for thirty hours, then the alarm ends and does not come back", () => {
    const known = flags(shifted);
    expect(known.indexOf("1")).toBe(hours(10) + 1);
    expect((known.match(/1/g) ?? []).length).toBeGreaterThan(hours(29));
    expect((known.match(/1/g) ?? []).length).toBeLessThan(hours(31));
    expect(known.slice(hours(42))).not.toContain("1");
  });

  test("is told as settled from then on, and while what stands out from it is alarmed it is not", () => {
    const alarm = createAlarm(rule);
    const follow = (scores: number[]) => scores.map((score) => [alarm.push(score, score), alarm.settled]);
    const known = follow(shifted);
    expect(known.slice(0, hours(39)).some(([, settled]) => settled)).toBe(false);
    expect(known.slice(hours(42)).every(([open, settled]) => !open && settled)).toBe(true);
    expect(follow(repeat(3.5, 30)).at(-1)).toEqual([true, false]);
    expect(follow(repeat(2, 30)).at(-1)).toEqual([false, true]);
    expect(follow(repeat(0.2, hours(24))).at(-1)).toEqual([false, false]);
  });

  test("does not hide a fault that stands out from the new level", () => {
    const [fault, back] = [repeat(3.5, 30), repeat(2, hours(2))];
    expect(flags([...shifted, ...fault, ...back]).slice(shifted.length, shifted.length + 30)).toContain("1");
  });

  test("is forgotten when the old level returns", () => {
    const returned = [...shifted, ...repeat(0.2, hours(24)), ...repeat(1.2, 30)];
    expect(flags(returned).slice(-20)).toBe("1".repeat(20));
  });
});

test("a raised threshold keeps alarms from opening, and leaves an open one alone", () => {
  const alarm = createAlarm(rule);
  expect([1.2, 1.2, 1.2].map((score) => alarm.push(score, 2, 1.5))).toEqual([false, false, false]);
  expect([1.6, 1.6, 1.2].map((score) => alarm.push(score, 2, 1.5))).toEqual([false, true, true]);
  expect(alarm.opensAt).toBe(1.5);
});

test("a flag never depends on later rows", () => {
  const random = createRandom(9);
  const score = Float64Array.from({ length: 300 }, () => random() * 2);
  const short = Float64Array.from({ length: 300 }, () => random() * 2);
  const whole = applyAlarmRule(score, short, rule);
  for (const end of [1, 50, 137, 299])
    expect([...applyAlarmRule(score.subarray(0, end), short.subarray(0, end), rule)]).toEqual([
      ...whole.subarray(0, end),
    ]);
});
