import { calibrate, SHORT_LIMIT } from "./calibrate.ts";
import { coverageOf, LEAST_COVERAGE, originsOf } from "./features.ts";
import { chooseMetrics } from "./choose-metrics.ts";
import { fitDailyProfiles } from "./daily-profile.ts";
import { fitRows } from "./fit.ts";
import { rowsWithSamples, type Frame } from "./frame.ts";
import type { Matrix } from "./matrix.ts";
import { memberNames, type MemberName } from "./members.ts";
import { ModelError } from "./model-error.ts";
import type { Model, Stage } from "./model.ts";
import { detectorStep, resample } from "./resample.ts";
import { rollingFeatures, windowsFor } from "./rolling.ts";
import { quantile, sortedFinite } from "./stats.ts";
import { demoThreshold, solveThreshold, type CalmHistory } from "./threshold.ts";

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
  /** The frame was generated: the model says so, and must never go live. */
  synthetic?: boolean;
  members?: readonly MemberName[];
  /** The threshold is so many times what history asks for, above 0: what people accepted after their verdicts. */
  thresholdFactor?: number;
};

const COLD_START_HOURS = 12;
/** A demo alarms at this multiple of the largest surprise that unseen calm rows had. */
const DEMO_MARGIN = 1.25;
/** Days of history from which a detector has all members, and from which it uses the whole alarm budget. */
const FIRST_DAYS = 2;
const FIRST_WEEK = 8;
/** Two days of history may hold one alarm at best: before that the threshold is solved, then doubled. */
const FIRST_DAYS_MARGIN = 2;
const FIRST_WEEK_SHARE = 0.5;
const LEAST_ROWS = 60;

/**
 * Learns one target's detector from calm history. Throws a ModelError that says what is missing when the history is
 * too short (12 hours, or 60 complete rows of the detector's step for a demo or a dataset), and for times that do not
 * ascend. Of more than 64 metrics it keeps the 64 that `chooseMetrics` names.
 */
export function trainModel(frame: Frame, options: TrainOptions): Model {
  checkTimes(frame);
  const stepSeconds = detectorStep(frame.stepSeconds);
  const train = chooseMetrics(resample(frame, stepSeconds).frame);
  const learnedMinutes = (rowsWithSamples(train) * stepSeconds) / 60;
  const stage = stageOf(learnedMinutes, options);

  const windows = windowsFor(stepSeconds);
  const base = { stepSeconds, windows, origins: originsOf(train), daily: fitDailyProfiles(train) };
  const features = rollingFeatures(train, base);
  const rows = usableRows(features, { longest: windows[2], stepSeconds, given: frame.stepSeconds });
  const fitOptions = {
    floors: train.metrics.map((metric) => options.smallestChange[metric] ?? Number.NaN),
    members: options.members ?? membersOf(stage),
    seed: options.seed,
  };
  const { calibration, calm } = calibrate(
    { features, rows, longest: windows[2], stepSeconds, days: learnedMinutes / 1440 },
    fitOptions,
  );
  const { fitted, calmRows } = fitRows(features, rows, fitOptions);
  return {
    seed: options.seed,
    ...base,
    metrics: [...train.metrics],
    presence: Float64Array.from(train.columns, (column) => presentShare(column)),
    calmTimes: Float64Array.from(calmRows, (row) => train.time[row]!),
    synthetic: options.synthetic === true,
    stage,
    trainedFrom: train.time[0]!,
    trainedTo: train.time.at(-1)!,
    learnedMinutes,
    demo: options.demo === true,
    alarmBudget: options.alarmBudget,
    budgetInForce: options.demo !== true,
    fitted,
    calibration,
    threshold: (options.thresholdFactor ?? 1) * thresholdOf(calm, stage, options),
    shortLimit: SHORT_LIMIT,
    ...usualRanges(train, fitOptions.floors),
  };
}

/** How far a detector with so much history is trusted; throws when it is too little for any. */
function stageOf(learnedMinutes: number, { demo, dataset }: TrainOptions): Stage {
  if (demo === true || dataset === true) return "settled";
  const days = learnedMinutes / 1440;
  if (days < COLD_START_HOURS / 24)
    throw new ModelError(
      "not_enough_history",
      `Only ${(learnedMinutes / 60).toFixed(1)} hours of history: a detector needs ${COLD_START_HOURS}. ` +
        "Until then only limits and values never seen before are watched; collection goes on by itself, train again later.",
    );
  if (days < FIRST_DAYS) return "first_days";
  return days < FIRST_WEEK ? "first_week" : "settled";
}

function membersOf(stage: Stage): readonly MemberName[] {
  return stage === "first_days" ? ["nearest-neighbours"] : memberNames;
}

function thresholdOf(calm: CalmHistory, stage: Stage, { demo, alarmBudget }: TrainOptions): number {
  if (demo === true) return demoThreshold(calm, DEMO_MARGIN);
  if (stage === "first_days") return FIRST_DAYS_MARGIN * solveThreshold(calm, alarmBudget);
  return solveThreshold(calm, stage === "first_week" ? FIRST_WEEK_SHARE * alarmBudget : alarmBudget);
}

function checkTimes({ time }: Frame): void {
  const wrong = time.findIndex((t, row) => !Number.isFinite(t) || (row > 0 && t <= time[row - 1]!));
  if (wrong < 0) return;
  throw new ModelError(
    "unusable_time",
    `Row ${wrong + 1} of the history has the time ${time[wrong]}, which does not come after the row before it: ` +
      "give every row once, in order of time, in unix seconds.",
  );
}

/** Seconds of complete calm samples every `stepSeconds` that a demo or a dataset needs at least. */
export function leastTrainSeconds(stepSeconds: number): number {
  const step = detectorStep(stepSeconds);
  return (windowsFor(step)[2] + LEAST_ROWS) * step;
}

/** Rows whose longest window is full and that hold enough of the columns to be compared with others. */
function usableRows(
  features: Matrix,
  { longest, stepSeconds, given }: { longest: number; stepSeconds: number; given: number },
): Int32Array {
  const coverage = coverageOf(features);
  const rows = Int32Array.from(coverage.keys()).filter(
    (row) => row >= longest && coverage[row]! >= LEAST_COVERAGE,
  );
  if (rows.length >= LEAST_ROWS) return rows;
  const needed = Math.ceil(leastTrainSeconds(given) / given);
  throw new ModelError(
    "not_enough_history",
    `Only ${rows.length} rows of ${stepSeconds} s can be learned from (the first ${longest} fill the windows, and a row ` +
      `needs 60 % of its values): at least ${LEAST_ROWS} are needed, so give a train part of at least ${needed} rows ` +
      `every ${given} s, or a more complete one.`,
  );
}

function presentShare(column: Float64Array): number {
  return column.reduce((count, value) => count + (Number.isFinite(value) ? 1 : 0), 0) / column.length;
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
