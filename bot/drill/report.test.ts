import { expect, test } from "vitest";
import { makeReport, renderReport } from "./report.ts";
import type { Watched, WatchedRow } from "./watcher.ts";

const step = 5;

/** Rows from 0 to 1000 s; anomalous in the given stretches. */
function watched(alarms: [from: number, to: number][], beyond: [from: number, to: number][] = []): Watched {
  const inside = (time: number, stretches: [number, number][]) =>
    stretches.some(([from, to]) => time >= from && time <= to);
  const rows = Array.from({ length: 201 }, (_, i): WatchedRow => {
    const time = i * step;
    const anomalous = inside(time, alarms);
    return {
      time,
      anomalous,
      score: anomalous ? 2 : 0.2,
      top: anomalous ? ["error_rate", "load1", "active_requests"] : ["load1"],
      beyond: inside(time, beyond) ? ["service_up"] : [],
      knownAt: time + 7,
    };
  });
  // Only whether there is a model matters here.
  return { from: -1000, testFrom: 0, rows, model: {} as NonNullable<Watched["model"]>, whyNot: null };
}

const caused = [
  { fault: "error_storm", start: 102, end: 200, metrics: ["error_rate"] },
  { fault: "service_down", start: 400, end: 480, metrics: ["service_up"] },
  { fault: "disk_fill", start: 700, end: 800, metrics: ["disk_usage_percent"] },
];
test("each fault is found or missed, with its delay to the sample and to when it was known", () => {
  const seen = watched(
    [
      [150, 210],
      [600, 620],
    ],
    [[460, 480]],
  );
  const report = makeReport(seen, caused, step);
  expect(
    report.faults.map(({ detectorSeconds, noticedSeconds }) => [detectorSeconds, noticedSeconds]),
  ).toEqual([
    [48, 55],
    [null, null],
    [null, null],
  ]);
  expect(report.faults[1]?.limit).toEqual({ metric: "service_up", seconds: 60 });
  expect(report.found).toBe(2);
  expect(report.detector).toMatchObject({
    events: 3,
    detected: 1,
    alarms: 2,
    falseAlarms: 1,
    precision: 0.5,
  });
  const lines = renderReport(report).split("\n");
  expect(lines[0]).toMatch(/^fault +lasted +detector +noticed +hard limit +what moved most$/);
  expect(lines[1]).toMatch(/^error_storm +98 s +\+48 s +\+55 s +- +error_rate, load1, active_requests$/);
  expect(lines[2]).toMatch(/^service_down +80 s +missed +- +service_up \+60 s +load1$/);
  expect(lines).toContain("2 of 3 faults found by the detector or a hard limit.");
  expect(renderReport(report)).toContain(
    "1 of 3 events, 2 alarms, 1 of them false: precision 0.50, recall 0.33, F1 0.40",
  );
});

test("a limit that was passed before the fault, or that the fault cannot pass, is no finding", () => {
  const limitOf = (beyond: [number, number]) =>
    makeReport(watched([], [beyond]), caused, step).faults[1]?.limit;
  expect(limitOf([390, 480])).toBeNull();
  expect(limitOf([405, 480])).toEqual({ metric: "service_up", seconds: 5 });
  expect(makeReport(watched([], [[720, 760]]), caused, step).faults[2]?.limit).toBeNull();
});

test("without a model only hard limits are told, and why", () => {
  const seen = { ...watched([], [[460, 480]]), model: null, whyNot: "Only 3 rows." };
  const report = makeReport(seen, caused, step);
  expect(report.detector).toBeNull();
  expect(renderReport(report)).toContain("No detector: Only 3 rows.");
  expect(renderReport(report)).toMatch(/^service_down +80 s +- +- +service_up \+60 s/m);
});

test("a drill that was stopped before its first fault has an empty table and no numbers", () => {
  const report = makeReport(watched([]), [], step);
  expect(report.found).toBe(0);
  expect(renderReport(report)).toContain("0 of 0 faults");
  expect(renderReport(report)).not.toContain("NaN");
});
