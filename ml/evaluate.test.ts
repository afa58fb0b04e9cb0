import { expect, test } from "vitest";
import { evaluateSubject, keptBudget, summarise } from "./evaluate.ts";
import { eventScores, measureEvents } from "./event-measures.ts";

const minutes = (flags: string) => ({
  time: Float64Array.from(flags, (_, row) => 60 * row),
  anomalous: Uint8Array.from(flags, Number),
});

test("events, alarms, false alarms and delays are counted without touching the rows", () => {
  // Labels at minutes 2-4 and 20-22; alarms at 3-5 (late by one), 8 (false, but 3 minutes after: the same alarm), 40.
  const rows = minutes("000111001000000000000000000000000000000010");
  const measures = measureEvents(
    rows,
    [
      { start: 120, end: 240 },
      { start: 1200, end: 1320 },
    ],
    600,
  );
  expect(measures).toEqual({
    events: 2,
    detected: 1,
    alarms: 2,
    falseAlarms: 1,
    delaySeconds: [60],
    calmShareAlarmed: 3 / 36,
  });
  expect(eventScores(measures)).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5 });
});

test("an alarm beside a label is no detection: there is no point adjustment", () => {
  const measures = measureEvents(minutes("0110000000"), [{ start: 300, end: 480 }], 0);
  expect([measures.detected, measures.falseAlarms]).toEqual([0, 1]);
  expect(eventScores(measures).f1).toBe(0);
});

test("a long run of alarmed rows is one alarm even where rows are far apart", () => {
  const measures = measureEvents(
    { time: Float64Array.of(0, 60, 9000, 9060), anomalous: Uint8Array.of(1, 1, 1, 0) },
    [{ start: 0, end: 9000 }],
    30,
  );
  expect([measures.alarms, measures.detected, measures.delaySeconds[0]]).toEqual([1, 1, 0]);
});

const subject = {
  name: "web-1",
  stepSeconds: 60,
  ...minutes("00001100000000"),
  score: Float64Array.of(0, 0, 0, 1, 5, 9, 1, 0, 0, 0, 0, 0, 0, Number.NaN),
  labels: [{ start: 240, end: 300 }],
  causes: [{ start: 240, end: 300, metrics: ["memory"] }],
  explain: (row: number) => (row === 5 ? ["cpu", "memory", "disk"] : ["cpu"]),
};

test("a subject's causes are looked up where the stretch scores highest", () => {
  const result = evaluateSubject(subject);
  expect([result.explainable, result.explained]).toEqual([1, 1]);
  expect([result.averagePrecision, result.bestF1, result.baseRate]).toEqual([1, 1, 2 / 14]);
  expect(evaluateSubject({ ...subject, explain: () => ["cpu"] }).explained).toBe(0);
});

test("accuracy counts rows, beside what never alarming would get", () => {
  // Rows 4 and 5 of 14 are labelled and alarmed.
  const right = evaluateSubject(subject);
  expect([right.accuracy, right.neverAlarmAccuracy, right.withheld]).toEqual([1, 1 - 2 / 14, 1 / 14]);
  const silent = evaluateSubject({ ...subject, anomalous: new Uint8Array(14) });
  expect(silent.accuracy).toBeCloseTo(silent.neverAlarmAccuracy, 12);
  expect(right.randomVolumeUnderSurface).toBeLessThan(right.volumeUnderSurface);
});

test("a labelled stretch without a row is no event", () => {
  const result = evaluateSubject({ ...subject, labels: [...subject.labels, { start: 9000, end: 9060 }] });
  expect([result.events, result.detected]).toEqual([1, 1]);
});

test("an alarm budget is kept up to three times its number, and a single alarm never breaks it", () => {
  const days = (falseAlarms: number, count: number) => ({
    ...evaluateSubject(subject),
    ...{ falseAlarms, days: count },
  });
  expect(keptBudget([days(1, 0.1), days(2, 0.1), days(15, 10), days(16, 10)], 0.5)).toBe(2);
});

test("a summary averages rankings over labelled subjects and pools events and alarms", () => {
  const good = evaluateSubject(subject);
  const quiet = evaluateSubject({ ...subject, ...minutes("00000000000001"), labels: [], causes: [] });
  const summary = summarise([good, quiet]);
  expect([summary.subjects, summary.averagePrecision, summary.recall, summary.precision]).toEqual([
    2, 1, 1, 0.5,
  ]);
  expect(summary.falseAlarmsPerDay).toBeCloseTo(1 / ((28 * 60) / 86_400), 9);
  expect([summary.medianDelaySeconds, summary.topThree]).toEqual([0, 1]);
});
