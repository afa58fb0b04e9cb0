import { alarmRuleFor, createAlarm } from "./alarm-rule.ts";
import { asOfNow, combineRow, createSmoother, smoothingFor } from "./combine.ts";
import { createDailyClock } from "./daily-clock.ts";
import { explainScaled, nearestCalmTime, type Reason } from "./explain.ts";
import { createRowMembers } from "./fit.ts";
import { ModelError } from "./model-error.ts";
import { neededHistorySeconds, type Model } from "./model.ts";
import { createRolling } from "./rolling.ts";
import { surprise } from "./tail.ts";
import { createThresholdControl } from "./threshold-control.ts";
import { createVanished } from "./vanished.ts";

/** What the detector makes of one row. */
export type RowScore = {
  /** Unix seconds, as pushed. */
  time: number;
  /** Anomaly score, 0 and up, higher is more abnormal, 1 is the model's alert threshold; NaN when withheld. */
  score: number;
  /** A normal moment scores this high about once in so many days; at most ten times the calm history; NaN withheld. */
  rarityDays: number;
  /** An alarm is known at this row and has not ended. */
  anomalous: boolean;
  /** An alarm that lasted 30 hours ended at a level that is still there: nothing new, and nothing that is over. */
  settled: boolean;
  /** How many of the `members` found the row as rare as the threshold asks. */
  agreeing: number;
  members: number;
  /** Share of the model's columns that were present, 0..1; under .6 the score is withheld. */
  coverage: number;
  /**
   * 1 and up: from this score on an alarm opened at this row. Above 1 while realised alarms exceed three times the
   * alarm budget, and at a level that has been alarmed for 30 hours.
   */
  thresholdFactor: number;
  /** Metrics that were always there in train and have been missing for minutes, while others arrive. */
  vanished: readonly string[];
  /**
   * Seconds by which the daily rhythm has been found ahead of the clock, -12 h to 12 h; 0 unless half a day or so of
   * rows was clearly in step with another hour.
   */
  clockShiftSeconds: number;
};

/** Follows one target; memory for its longest window only. */
export type Scorer = {
  /**
   * Takes the next row: one value a metric of `model.metrics`, NaN where missing. A gap in time is filled with missing
   * rows. Throws a ModelError for a time that is not after the last one, or that is no number.
   */
  push(time: number, values: ArrayLike<number>): RowScore;
  /** The top three metrics behind the last row, largest share first; empty before the first row. */
  explain(): Reason[];
  /** Unix seconds of the calm moment of train that is most like the last row; null when there is none to compare. */
  nearestCalm(): number | null;
  readonly lastTime: number | null;
};

/**
 * The one path of scoring: batch and live both push rows. Rows come at the model's step (`toModelStep`
 * averages finer ones). After `neededHistorySeconds(model)` of rows the score no longer depends on what came before
 * (to 1e-4, what smoothing remembers); `thresholdFactor` and `clockShiftSeconds` remember some days. `members` keeps no memory from row to
 * row, only working space: the scorers of many targets with one model share it.
 */
export function createScorer(model: Model, members = createRowMembers(model.fitted)): Scorer {
  const clock = createDailyClock(model);
  const rolling = createRolling(model);
  const tails = members.row.names.map((name) => model.calibration.members[name]!);
  const smooth = createSmoother(smoothingFor(model.stepSeconds));
  const rule = alarmRuleFor(model.stepSeconds);
  const alarm = createAlarm(rule);
  const control = createThresholdControl(model, rule.mergeRows);
  const vanished = createVanished(model);
  const raw = new Float32Array(model.fitted.scaling.scale.length);
  const scaled = new Float32Array(raw.length);
  const surprises = new Float64Array(tails.length);
  const missing = new Float64Array(model.metrics.length).fill(Number.NaN);
  const last = new Float64Array(model.metrics.length);
  const neededRows = Math.ceil(neededHistorySeconds(model) / model.stepSeconds);
  let lastTime: number | null = null;

  function take(time: number, values: ArrayLike<number>): RowScore {
    const clockShiftSeconds = clock.push(time, values);
    rolling.push(time + clockShiftSeconds, values, raw, 0);
    const { scores, short, coverage } = members.score(raw, 0);
    scaled.set(members.row.scaled);
    for (let i = 0; i < surprises.length; i++) surprises[i] = surprise(tails[i]!, scores[i]!);
    const shortScore = surprise(model.calibration.short, short) / model.shortLimit;
    const combined = asOfNow(smooth(combineRow(surprises)), shortScore);
    const score = combined / model.threshold;
    const anomalous = alarm.push(score, shortScore, control.factor);
    control.push(anomalous);
    return {
      time,
      score,
      rarityDays: rarityOf(model, combined),
      anomalous,
      settled: alarm.settled,
      agreeing: surprises.reduce((count, each) => count + (each >= model.threshold ? 1 : 0), 0),
      members: tails.length,
      coverage,
      thresholdFactor: alarm.opensAt,
      vanished: vanished(values),
      clockShiftSeconds,
    };
  }

  function push(time: number, values: ArrayLike<number>): RowScore {
    const rows = rowsSince(lastTime, time, model.stepSeconds);
    // What lies further back than a score reaches need not be filled.
    for (let gap = Math.min(rows - 1, neededRows); gap > 0; gap--)
      take(time - gap * model.stepSeconds, missing);
    lastTime = time;
    last.set(values);
    return take(time, values);
  }

  return {
    push,
    explain: () => (lastTime === null ? [] : explainScaled(model, scaled, last)),
    nearestCalm: () => (lastTime === null ? null : nearestCalmTime(model, scaled)),
    get lastTime() {
      return lastTime;
    },
  };
}

/** The rarest claim a model may make: ten times the calm history it has seen. */
export function longestRarityDays(model: Model): number {
  return (10 * model.learnedMinutes) / 1440;
}

function rarityOf(model: Model, combined: number): number {
  const rowsPerDay = 86_400 / model.stepSeconds;
  const days = 10 ** surprise(model.calibration.combined, combined) / rowsPerDay;
  return Math.min(longestRarityDays(model), days);
}

function rowsSince(lastTime: number | null, time: number, stepSeconds: number): number {
  if (!Number.isFinite(time))
    throw new ModelError(
      "unusable_time",
      `${time} is no time of a row: times are unix seconds. Leave out rows without a time.`,
    );
  if (lastTime === null) return 1;
  if (time <= lastTime)
    throw new ModelError(
      "unusable_time",
      `The row at ${time} does not come after the last one at ${lastTime}: push every row once and in order of time; ` +
        "after a clock was set back, start a new scorer.",
    );
  // A clock that jitters is no gap.
  return Math.max(1, Math.round((time - lastTime) / stepSeconds));
}
