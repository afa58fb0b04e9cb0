import { calibrate, SHORT_LIMIT } from "./calibrate.ts";
import { coverageOf, LEAST_COVERAGE, originsOf } from "./features.ts";
import { fitRows } from "./fit.ts";
import type { Frame } from "./frame.ts";
import type { Matrix } from "./matrix.ts";
import { memberNames, type MemberName } from "./members.ts";
import { ModelError } from "./model-error.ts";
import type { Model } from "./model.ts";
import { detectorStep, resample } from "./resample.ts";
import { rollingFeatures, windowsFor } from "./rolling.ts";
import { quantile, sortedFinite } from "./stats.ts";
import { demoThreshold, solveThreshold } from "./threshold.ts";

export type TrainOptions = {
  /** Alarms per target and day, above 0. */
  alarmBudget: number;
  seed: number;
  /** Per metric the smallest change that matters, in the metric's unit; metrics not named use 1e-4 of their range. */
  smallestChange: Readonly<Record<string, number>>;
  /** A short recording: under half an hour is enough, and the threshold is the largest calm score times a margin. */
  demo?: boolean;
  /** A dataset somebody chose: no cold start, whatever its length. */
  dataset?: boolean;
  members?: readonly MemberName[];
};

export const COLD_START_HOURS = 12;
/** A demo alarms at this multiple of the largest surprise that unseen calm rows had. */
export const DEMO_MARGIN = 1.25;
const LEAST_ROWS = 60;

/**
 * Learns one target's detector from calm history. Throws a ModelError that says what is missing when the history is
 * too short: 12 hours, or 60 complete rows of the detector's step for a demo or a dataset.
 */
export function trainModel(frame: Frame, options: TrainOptions): Model {
  const stepSeconds = detectorStep(frame.stepSeconds);
  const train = resample(frame, stepSeconds).frame;
  const learnedMinutes = (rowsWithSamples(train) * stepSeconds) / 60;
  if (options.demo !== true && options.dataset !== true) refuseColdStart(learnedMinutes);

  const windows = windowsFor(stepSeconds);
  const origins = originsOf(train);
  const features = rollingFeatures(train, origins, windows);
  const rows = usableRows(features, { longest: windows[2], stepSeconds });
  const fitOptions = {
    floors: train.metrics.map((metric) => options.smallestChange[metric] ?? Number.NaN),
    members: options.members ?? memberNames,
    seed: options.seed,
  };
  const { calibration, calm } = calibrate(
    { features, rows, longest: windows[2], stepSeconds, days: learnedMinutes / 1440 },
    fitOptions,
  );
  const demo = options.demo === true;
  return {
    seed: options.seed,
    stepSeconds,
    metrics: [...train.metrics],
    trainedFrom: train.time[0]!,
    trainedTo: train.time.at(-1)!,
    learnedMinutes,
    demo,
    alarmBudget: options.alarmBudget,
    budgetInForce: !demo,
    windows,
    origins,
    fitted: fitRows(features, rows, fitOptions),
    calibration,
    threshold: demo ? demoThreshold(calm, DEMO_MARGIN) : solveThreshold(calm, options.alarmBudget),
    shortLimit: SHORT_LIMIT,
    ...usualRanges(train, fitOptions.floors),
  };
}

function refuseColdStart(learnedMinutes: number): void {
  if (learnedMinutes >= COLD_START_HOURS * 60) return;
  throw new ModelError(
    "not_enough_history",
    `Only ${(learnedMinutes / 60).toFixed(1)} hours of history: a detector needs ${COLD_START_HOURS}. ` +
      "Until then only limits and values never seen before are watched; collection goes on by itself, train again later.",
  );
}

/** Rows whose longest window is full and that hold enough of the columns to be compared with others. */
function usableRows(
  features: Matrix,
  { longest, stepSeconds }: { longest: number; stepSeconds: number },
): Int32Array {
  const coverage = coverageOf(features);
  const rows = Int32Array.from(coverage.keys()).filter(
    (row) => row >= longest && coverage[row]! >= LEAST_COVERAGE,
  );
  if (rows.length >= LEAST_ROWS) return rows;
  throw new ModelError(
    "not_enough_history",
    `Only ${rows.length} rows of ${stepSeconds} s can be learned from (the first ${longest} fill the windows, and a row ` +
      `needs 60 % of its values): at least ${LEAST_ROWS} are needed, so give a longer or more complete train part.`,
  );
}

function rowsWithSamples(frame: Frame): number {
  const hasSample = (row: number) => frame.columns.some((column) => Number.isFinite(column[row]!));
  return frame.time.reduce((count, _, row) => count + (hasSample(row) ? 1 : 0), 0);
}

function usualRanges(train: Frame, floors: readonly number[]) {
  const usualLow = new Float64Array(train.metrics.length);
  const usualHigh = new Float64Array(train.metrics.length);
  train.columns.forEach((column, m) => {
    const sorted = sortedFinite(column);
    const [low, high] = [quantile(sorted, 0.01), quantile(sorted, 0.99)];
    const missing = Math.max(0, (floors[m]! || 0) - (high - low)) / 2;
    // A band never leaves the side of zero that all samples were on: "-2 % CPU" is no usual value.
    usualLow[m] = sorted[0]! >= 0 ? Math.max(0, low - missing) : low - missing;
    usualHigh[m] = high + missing;
  });
  return { usualLow, usualHigh };
}
