import {
  eventScores,
  measureEvents,
  mergeSecondsFor,
  type EventMeasures,
  type Stretch,
} from "./event-measures.ts";
import { averagePrecision, baseRate, bestF1 } from "./ranking-measures.ts";
import { createRandom } from "./random.ts";
import { mean, median } from "./stats.ts";
import { volumeUnderSurface, widestBufferRows } from "./volume-under-surface.ts";

/** A scored test part with what a person labelled; nothing of it was used for training or the threshold. */
type ScoredSubject = {
  name: string;
  stepSeconds: number;
  time: Float64Array;
  /** Higher is more abnormal, NaN where withheld. */
  score: Float64Array;
  anomalous: Uint8Array;
  labels: readonly Stretch[];
  causes: readonly (Stretch & { metrics: readonly string[] })[];
  /** The top three metrics at a row. */
  explain: (row: number) => readonly string[];
};

/** What is measured row by row, each 0..1. */
type RowMeasures = {
  /** Share of the rows that are labelled: what a random score gets as average precision. */
  baseRate: number;
  volumeUnderSurface: number;
  /** What a random score gets as volume under the surface: its buffers also credit rows beside the labels. */
  randomVolumeUnderSurface: number;
  averagePrecision: number;
  bestF1: number;
  /** Share of rows that are alarmed just when they are labelled. Compare with `neverAlarmAccuracy`. */
  accuracy: number;
  /** The accuracy of a detector that never alarms: 1 - base rate. */
  neverAlarmAccuracy: number;
};

export type SubjectResult = EventMeasures &
  RowMeasures & {
    name: string;
    rows: number;
    days: number;
    /** Share of the rows without a score, 0..1. */
    withheld: number;
    /** Labelled stretches with known causes, and how many have one of them in the top three at their highest score. */
    explainable: number;
    explained: number;
  };

/**
 * Measures one subject. Ranking measures use the scores, event measures the alarms; neither is point-adjusted. A
 * labelled stretch without a single row counts as no event: nobody could have seen it.
 */
export function evaluateSubject(subject: ScoredSubject): SubjectResult {
  const { time, score, anomalous, stepSeconds } = subject;
  const labels = subject.labels.filter((label) => time.some((t) => isInside(t, label)));
  const labelled = Uint8Array.from(time, (t) => (labels.some((label) => isInside(t, label)) ? 1 : 0));
  const explained = subject.causes
    .map((cause) => explainsCause(subject, cause))
    .filter((hit) => hit !== null);
  const widestBuffer = widestBufferRows(stepSeconds);
  const random = createRandom(1);
  const chance = score.map(() => random());
  const right = anomalous.reduce((sum, flag, row) => sum + (flag === labelled[row] ? 1 : 0), 0);
  return {
    name: subject.name,
    rows: time.length,
    days: (time.length * stepSeconds) / 86_400,
    withheld: score.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0) / time.length,
    baseRate: baseRate(labelled),
    volumeUnderSurface: volumeUnderSurface(score, labelled, widestBuffer),
    randomVolumeUnderSurface: volumeUnderSurface(chance, labelled, widestBuffer),
    averagePrecision: averagePrecision(score, labelled),
    bestF1: bestF1(score, labelled),
    accuracy: right / time.length,
    neverAlarmAccuracy: 1 - baseRate(labelled),
    ...measureEvents({ time, anomalous }, labels, mergeSecondsFor(stepSeconds)),
    explainable: explained.length,
    explained: explained.filter(Boolean).length,
  };
}

/** Row measures are means over the subjects that have labels. */
export type Summary = RowMeasures & {
  subjects: number;
  /** Means over subjects of their own event scores, where these exist. */
  meanPrecision: number;
  meanRecall: number;
  meanF1: number;
  /** Pooled over all subjects' events and alarms. */
  events: number;
  detected: number;
  alarms: number;
  falseAlarms: number;
  precision: number;
  recall: number;
  f1: number;
  falseAlarmsPerDay: number;
  alarmsPerDay: number;
  medianDelaySeconds: number;
  calmShareAlarmed: number;
  /** Share of stretches with known causes that have one in the top three; NaN without known causes. */
  topThree: number;
};

/** One line for many subjects: ranking measures averaged over subjects, event measures pooled over events. */
export function summarise(results: readonly SubjectResult[]): Summary {
  const labelled = results.filter(({ events }) => events > 0);
  const average = (pick: (result: SubjectResult) => number) => meanOfKnown(labelled.map(pick));
  const total = (pick: (result: SubjectResult) => number) =>
    results.reduce((sum, result) => sum + pick(result), 0);
  const pooled = {
    events: total((r) => r.events),
    detected: total((r) => r.detected),
    alarms: total((r) => r.alarms),
    falseAlarms: total((r) => r.falseAlarms),
  };
  const days = total((r) => r.days);
  return {
    subjects: results.length,
    baseRate: average((r) => r.baseRate),
    volumeUnderSurface: average((r) => r.volumeUnderSurface),
    randomVolumeUnderSurface: average((r) => r.randomVolumeUnderSurface),
    averagePrecision: average((r) => r.averagePrecision),
    bestF1: average((r) => r.bestF1),
    accuracy: average((r) => r.accuracy),
    neverAlarmAccuracy: average((r) => r.neverAlarmAccuracy),
    meanPrecision: average((r) => eventScores(r).precision),
    meanRecall: average((r) => eventScores(r).recall),
    meanF1: average((r) => eventScores(r).f1),
    ...pooled,
    ...eventScores(pooled),
    falseAlarmsPerDay: pooled.falseAlarms / days,
    alarmsPerDay: pooled.alarms / days,
    medianDelaySeconds: median(results.flatMap((r) => r.delaySeconds)),
    calmShareAlarmed: mean(results.map((r) => r.calmShareAlarmed)),
    topThree: total((r) => r.explained) / total((r) => r.explainable),
  };
}

/** Realised false alarms may be this many times the alarm budget before a subject counts as over it. */
export const BUDGET_FACTOR = 3;

/**
 * How many subjects kept their alarm budget (alarms per target and day): a realised rate is known only up to one alarm,
 * so a single one never breaks it, however short the test part is.
 */
export function keptBudget(results: readonly SubjectResult[], alarmBudget: number): number {
  return results.filter(
    ({ falseAlarms, days }) => falseAlarms <= Math.max(1, BUDGET_FACTOR * alarmBudget * days),
  ).length;
}

function isInside(time: number, { start, end }: Stretch): boolean {
  return time >= start && time <= end;
}

function meanOfKnown(values: readonly number[]): number {
  return mean(values.filter((value) => !Number.isNaN(value)));
}

/** Whether a named cause is in the top three where the stretch scores highest; null when no row of it has a score. */
function explainsCause(
  { time, score, explain }: ScoredSubject,
  cause: ScoredSubject["causes"][number],
): boolean | null {
  let highest = -1;
  time.forEach((t, row) => {
    if (t < cause.start || t > cause.end || Number.isNaN(score[row]!)) return;
    if (highest < 0 || score[row]! > score[highest]!) highest = row;
  });
  return highest < 0 ? null : explain(highest).some((metric) => cause.metrics.includes(metric));
}
