/** A stretch of time, unix seconds, both ends inclusive. */
export type Stretch = { start: number; end: number };

export type EventMeasures = {
  /** Labelled stretches, and how many of them had an alarm inside. */
  events: number;
  detected: number;
  /** Alarms raised, and how many of them touched no labelled stretch. */
  alarms: number;
  falseAlarms: number;
  /** Seconds from the start of each detected stretch to its first alarmed row. */
  delaySeconds: number[];
  /** Share of the rows outside all labels that were alarmed: an alarm that never ends shows here. */
  calmShareAlarmed: number;
};

/** Rows of one test part: unix seconds, and 1 where an alarm was known. */
export type AlarmedRows = { time: Float64Array; anomalous: Uint8Array };

/** Alarms nearer to each other than this are one: the alarm rule's merge, and one step of the scores. */
export function mergeSecondsFor(stepSeconds: number): number {
  return (stepSeconds >= 60 ? 600 : 30) + stepSeconds;
}

/**
 * Compares alarms with labelled stretches. An alarm is a run of alarmed rows; runs at most `mergeSeconds` apart are
 * one alarm. A stretch counts as detected only by an alarmed row inside it: rows are never adjusted to the label.
 */
export function measureEvents(
  rows: AlarmedRows,
  labels: readonly Stretch[],
  mergeSeconds: number,
): EventMeasures {
  const { time, anomalous } = rows;
  const alarms = alarmsOf(rows, mergeSeconds);
  const firstInside = labels.map(({ start, end }) =>
    time.findIndex((t, row) => anomalous[row] === 1 && t >= start && t <= end),
  );
  const hits = firstInside.filter((row) => row >= 0);
  const isCalm = (t: number) => !labels.some(({ start, end }) => t >= start && t <= end);
  let [calm, calmAlarmed] = [0, 0];
  time.forEach((t, row) => {
    if (!isCalm(t)) return;
    calm++;
    calmAlarmed += anomalous[row]!;
  });
  return {
    events: labels.length,
    detected: hits.length,
    alarms: alarms.length,
    falseAlarms: alarms.filter(
      (alarm) => !labels.some(({ start, end }) => alarm.start <= end && alarm.end >= start),
    ).length,
    delaySeconds: firstInside.flatMap((row, i) => (row < 0 ? [] : [time[row]! - labels[i]!.start])),
    calmShareAlarmed: calm === 0 ? 0 : calmAlarmed / calm,
  };
}

/** Precision over alarms, recall over events, and their harmonic mean; 0..1, NaN where nothing was raised or labelled. */
export function eventScores(measures: Pick<EventMeasures, "events" | "detected" | "alarms" | "falseAlarms">) {
  const { events, detected, alarms, falseAlarms } = measures;
  const precision = (alarms - falseAlarms) / alarms;
  const recall = detected / events;
  const f1 = detected === 0 && events > 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1 };
}

function alarmsOf({ time, anomalous }: AlarmedRows, mergeSeconds: number): Stretch[] {
  const alarms: Stretch[] = [];
  let lastWasAlarmed = false;
  time.forEach((t, row) => {
    const alarmed = anomalous[row] === 1;
    const last = alarms.at(-1);
    if (alarmed && last !== undefined && (lastWasAlarmed || t - last.end <= mergeSeconds)) last.end = t;
    else if (alarmed) alarms.push({ start: t, end: t });
    lastWasAlarmed = alarmed;
  });
  return alarms;
}
