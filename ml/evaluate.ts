import { eventScores, measureEvents, type EventMeasures, type Stretch } from "./event-measures.ts";
import { averagePrecision, baseRate, bestF1 } from "./ranking-measures.ts";
import { mean, median } from "./stats.ts";
import { volumeUnderSurface, widestBufferRows } from "./volume-under-surface.ts";

/** A scored test part with what a person labelled; nothing of it was used for training or the threshold. */
export type ScoredSubject = {
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

export type SubjectResult = EventMeasures & {
  name: string;
  rows: number;
  days: number;
  baseRate: number;
  volumeUnderSurface: number;
  averagePrecision: number;
  bestF1: number;
  /** Labelled stretches with known causes, and how many have one of them in the top three at their highest score. */
  explainable: number;
  explained: number;
};

/** Measures one subject. Ranking measures use the scores, event measures the alarms; neither is point-adjusted. */
export function evaluateSubject(subject: ScoredSubject): SubjectResult {
  const { time, score, anomalous, labels, stepSeconds } = subject;
  const labelled = Uint8Array.from(time, (t) =>
    labels.some(({ start, end }) => t >= start && t <= end) ? 1 : 0,
  );
  const mergeSeconds = stepSeconds >= 60 ? 600 : 30;
  const explained = subject.causes
    .map((cause) => explainsCause(subject, cause))
    .filter((hit) => hit !== null);
  return {
    name: subject.name,
    rows: time.length,
    days: (time.length * stepSeconds) / 86_400,
    baseRate: baseRate(labelled),
    volumeUnderSurface: volumeUnderSurface(score, labelled, widestBufferRows(stepSeconds)),
    averagePrecision: averagePrecision(score, labelled),
    bestF1: bestF1(score, labelled),
    ...measureEvents({ time, anomalous }, labels, mergeSeconds + stepSeconds),
    explainable: explained.length,
    explained: explained.filter(Boolean).length,
  };
}

export type Summary = {
  subjects: number;
  /** Means over subjects that have labels. */
  baseRate: number;
  volumeUnderSurface: number;
  averagePrecision: number;
  bestF1: number;
  /** Pooled over all subjects' events and alarms. */
  precision: number;
  recall: number;
  f1: number;
  falseAlarmsPerDay: number;
  medianDelaySeconds: number;
  calmShareAlarmed: number;
  /** Share of stretches with known causes that have one in the top three; NaN without known causes. */
  topThree: number;
};

/** One line for many subjects: ranking measures averaged over subjects, event measures pooled over events. */
export function summarise(results: readonly SubjectResult[]): Summary {
  const labelled = results.filter(({ events }) => events > 0);
  const average = (pick: (result: SubjectResult) => number) => mean(labelled.map(pick));
  const total = (pick: (result: SubjectResult) => number) =>
    results.reduce((sum, result) => sum + pick(result), 0);
  const pooled = {
    events: total((r) => r.events),
    detected: total((r) => r.detected),
    alarms: total((r) => r.alarms),
    falseAlarms: total((r) => r.falseAlarms),
  };
  return {
    subjects: results.length,
    baseRate: average((r) => r.baseRate),
    volumeUnderSurface: average((r) => r.volumeUnderSurface),
    averagePrecision: average((r) => r.averagePrecision),
    bestF1: average((r) => r.bestF1),
    ...eventScores(pooled),
    falseAlarmsPerDay: pooled.falseAlarms / total((r) => r.days),
    medianDelaySeconds: median(results.flatMap((r) => r.delaySeconds)),
    calmShareAlarmed: mean(results.map((r) => r.calmShareAlarmed)),
    topThree: total((r) => r.explained) / total((r) => r.explainable),
  };
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
