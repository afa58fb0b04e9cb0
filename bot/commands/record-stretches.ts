import type { CaptureFault } from "../../infra/capture.ts";
import type { Metric } from "../../infra/prometheus/catalog.ts";
import type { Frame } from "../../ml/frame.ts";

export type FaultLabel = { start: number; end: number; fault: string };

const beforeSeconds = 120;
/** The rate window: so long a rate still holds samples from before a change. */
const rateIntervals = 4;
const calmMarginSeconds = 10;
/** Calm begins after this part of the way to the next fault at the latest, whatever has not come back by then. */
const latestCalmPart = 0.7;
/** How near to the plateau's level a metric must have come to have arrived, as a part of the whole way. */
const arrived = 0.02;

/** What the demo's cloud can do that really cures the fault; every other fault has no cure there. */
const cures: Record<string, CaptureFault["cure"]> = {
  memory_leak: "restart_service",
  error_storm: "restart_service",
  latency: "restart_service",
  service_down: "restart_service",
  disk_fill: "clean_disk",
};

/**
 * Places the stretches of a fault in the recorded numbers. The metric that moved farthest, counted in smallest changes
 * that matter, decides: the plateau begins a rate window after it has come within 2 % of its level (the median of the
 * label's last quarter) and ends with the label; calm begins a rate window after every moved metric has come back, and
 * ends 10 s before the next label, or with the recording. Metrics that may move either way do not count.
 */
export function placeStretches(
  label: FaultLabel,
  next: { start: number } | { recordingEnd: number },
  frame: Frame,
  metrics: readonly Metric[],
  target: string,
): CaptureFault {
  const step = frame.stepSeconds;
  const movements = measure(label, frame, metrics);
  const lead = movements[0];
  const plateauEnd = floorTo(label.end, step) - (label.end % step === 0 ? step : 0);
  const settled = lead
    ? (firstTime(frame, label.start, plateauEnd, (row) => hasArrived(lead, row)) ?? label.start)
    : label.start;
  const plateauStart = Math.min(
    ceilTo(settled, step) + rateIntervals * step,
    plateauEnd - rateIntervals * step,
  );
  const calmEnd = floorTo("start" in next ? next.start - calmMarginSeconds : next.recordingEnd, step);
  const latestCalm = floorTo(label.end + latestCalmPart * (calmEnd - label.end), step);
  const returned = firstTime(frame, label.end, latestCalm, (row) =>
    movements.every((one) => hasReturned(one, row)),
  );
  const calmStart = Math.min(
    returned === null ? latestCalm : ceilTo(returned, step) + rateIntervals * step,
    latestCalm,
  );
  return {
    name: label.fault,
    target,
    start: label.start,
    end: label.end,
    before: [ceilTo(label.start - beforeSeconds, step), ceilTo(label.start, step) - step],
    onset: [ceilTo(label.start, step), plateauStart - step],
    plateau: [plateauStart, plateauEnd],
    recovery: [plateauEnd + step, calmStart - step],
    calm: [calmStart, calmEnd],
    cure: cures[label.fault] ?? null,
  };
}

/** How far one metric went: levels before and at the end of the fault, and how many smallest changes lie between. */
type Movement = { column: Float64Array; before: number; level: number; changes: number; smallest: number };

/** The movements that matter, the farthest first. */
function measure(label: FaultLabel, frame: Frame, metrics: readonly Metric[]): Movement[] {
  const lastQuarter = label.end - (label.end - label.start) / 4;
  return metrics
    .filter(({ worse }) => worse !== "either")
    .map((metric) => {
      const column = frame.columns[frame.metrics.indexOf(metric.name)] ?? new Float64Array();
      const before = median(frame, column, label.start - beforeSeconds, label.start);
      const level = median(frame, column, lastQuarter, label.end);
      const changes = Math.abs(level - before) / metric.smallestChange;
      return { column, before, level, changes, smallest: metric.smallestChange };
    })
    .filter(({ changes }) => changes >= 3)
    .sort((left, right) => right.changes - left.changes);
}

function hasArrived({ column, before, level }: Movement, row: number): boolean {
  return Math.abs((column[row] ?? NaN) - level) <= arrived * Math.abs(level - before);
}

function hasReturned({ column, before, smallest }: Movement, row: number): boolean {
  return Math.abs((column[row] ?? NaN) - before) <= smallest;
}

function firstTime(frame: Frame, from: number, to: number, holds: (row: number) => boolean): number | null {
  const row = frame.time.findIndex((time, i) => time >= from && time <= to && holds(i));
  return row < 0 ? null : (frame.time[row] ?? null);
}

function median(frame: Frame, column: Float64Array, from: number, to: number): number {
  const values = [...column].filter((value, i) => {
    const time = frame.time[i] ?? NaN;
    return time >= from && time < to && !Number.isNaN(value);
  });
  return values.sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN;
}

function floorTo(time: number, step: number): number {
  return Math.floor(time / step) * step;
}

function ceilTo(time: number, step: number): number {
  return Math.ceil(time / step) * step;
}
