import type { Scaling } from "./features.ts";
import type { MemberName, MemberStates } from "./members.ts";
import type { NearestNeighbours } from "./nearest-neighbours.ts";
import type { FeatureBase } from "./rolling.ts";
import type { Tail } from "./tail.ts";

/** What is learned from rows alone. */
export type Fitted = {
  scaling: Scaling;
  members: Partial<MemberStates>;
  /** Calm rows to compare with, for explanations and the short-window score; shared with the member of that kind. */
  calm: NearestNeighbours;
};

/** How scores of calm moments are spread, from rows that the scoring fit had not seen. */
export type Calibration = {
  members: Partial<Record<MemberName, Tail>>;
  short: Tail;
  /** Of the smoothed combined surprise, for rarity. */
  combined: Tail;
};

/**
 * How far a young detector is trusted. `first_days` (12 h to 2 d of history): one member, doubled threshold, its
 * alerts are warnings only; `first_week` (2 to 8 d): everything, at half of the alarm budget; then `settled`. Datasets
 * and demos are `settled`: somebody chose them.
 */
export type Stage = "first_days" | "first_week" | "settled";

/**
 * One target's detector as plain data: it can be stored, sent to a worker thread, and read back. It scores at
 * `stepSeconds`; finer frames are averaged to it.
 */
export type Model = FeatureBase & {
  seed: number;
  metrics: readonly string[];
  /** Share of the train rows in which each metric had a sample, 0..1. */
  presence: Float64Array;
  /** Unix seconds of the rows that `fitted.calm` remembers. */
  calmTimes: Float64Array;
  /** Learned from generated data: never for production. */
  synthetic: boolean;
  stage: Stage;
  /** First and last train row, unix seconds, and the minutes of history between them that hold samples. */
  trainedFrom: number;
  trainedTo: number;
  learnedMinutes: number;
  /** Learned from a short recording: the threshold is the largest calm score times a margin. */
  demo: boolean;
  /** Alarms per target and day. */
  alarmBudget: number;
  /** False in a demo: there is too little history for the alarm budget to mean anything. */
  budgetInForce: boolean;
  fitted: Fitted;
  calibration: Calibration;
  /** Smoothed combined surprise at which the anomaly score is 1. */
  threshold: number;
  /** Short-window surprise from which a row is not normal. */
  shortLimit: number;
  /** Usual range of each metric in its own unit: 1 % to 99 % of train, never narrower than the smallest change. */
  usualLow: Float64Array;
  usualHigh: Float64Array;
};

/** Names of the members the model was trained with. */
export function memberNamesOf(model: Pick<Model, "calibration">): MemberName[] {
  return Object.keys(model.calibration.members) as MemberName[];
}

/** The usual range of a metric in its own unit, for charts and cards; null for a metric the model does not know. */
export function usualBand(
  model: Pick<Model, "metrics" | "usualLow" | "usualHigh">,
  metric: string,
): [low: number, high: number] | null {
  const m = model.metrics.indexOf(metric);
  const low = model.usualLow[m];
  const high = model.usualHigh[m];
  return low === undefined || high === undefined || Number.isNaN(low) ? null : [low, high];
}

/**
 * Seconds of history before a moment that its score and alarm depend on: the longest window, the carried gap, and
 * room for smoothing, hold, merge and close. Fetch at least this much before the first row that matters.
 */
export function neededHistorySeconds(model: Pick<Model, "stepSeconds" | "windows">): number {
  const alarmSeconds = model.stepSeconds >= 60 ? 1800 : 300;
  return (Math.max(...model.windows) + 4) * model.stepSeconds + alarmSeconds;
}
