import type { Frame } from "./frame.ts";
import { toModelStep } from "./model-step.ts";
import type { Model } from "./model.ts";
import { createScorer, type RowScore } from "./scorer.ts";

/** One entry a row of the detector's step. */
export type Scores = {
  /** Unix seconds: the moment the row was complete. */
  time: Float64Array;
  /** Anomaly score, 0 and up, higher is more abnormal, 1 is the alert threshold; NaN when withheld. */
  score: Float64Array;
  /** A normal moment scores this high about once in so many days; at most ten times the calm history; NaN withheld. */
  rarityDays: Float64Array;
  /** 1 from the row at which an alarm was known to the row before its end. */
  anomalous: Uint8Array;
  /** Share of the model's columns that were present, 0..1; under .6 the score is withheld. */
  coverage: Float64Array;
  /** How many members found the row as rare as the threshold asks. */
  agreeing: Uint8Array;
  /** How many members there are. */
  members: number;
  /** From this score on (1 and up) an alarm opened at the row: raised while realised alarms exceed the budget. */
  thresholdFactor: Float64Array;
  /** Metrics that were always there in train and are missing at the last row and for minutes before it. */
  vanished: readonly string[];
  /** Seconds by which the daily rhythm was found ahead of the clock at each row, else 0. */
  clockShiftSeconds: Float64Array;
  /** For each row of the frame given the newest row here that was complete by then; -1 before the first. */
  completed: Int32Array;
};

/**
 * Scores a frame with a trained model: `createScorer` row by row. The frame should begin `neededHistorySeconds(model)`
 * before the first row that matters; rows before that have windows that are not full yet, and the first ones are
 * withheld. The same trailing rows always give the same scores. Metrics are matched by name; one that is absent counts
 * as missing. Throws a ModelError for times that do not ascend.
 */
export function scoreFrame(model: Model, frame: Frame): Scores {
  const { frame: aligned, completed } = toModelStep(model, frame);
  const rows = scoreAligned(model, aligned);
  return {
    time: aligned.time,
    score: Float64Array.from(rows, ({ score }) => score),
    rarityDays: Float64Array.from(rows, ({ rarityDays }) => rarityDays),
    anomalous: Uint8Array.from(rows, ({ anomalous }) => (anomalous ? 1 : 0)),
    coverage: Float64Array.from(rows, ({ coverage }) => coverage),
    agreeing: Uint8Array.from(rows, ({ agreeing }) => agreeing),
    members: rows.at(-1)?.members ?? 0,
    thresholdFactor: Float64Array.from(rows, ({ thresholdFactor }) => thresholdFactor),
    vanished: rows.at(-1)?.vanished ?? [],
    clockShiftSeconds: Float64Array.from(rows, ({ clockShiftSeconds }) => clockShiftSeconds),
    completed,
  };
}

function scoreAligned(model: Model, { time, columns }: Frame): RowScore[] {
  const scorer = createScorer(model);
  const values = new Float64Array(columns.length);
  return Array.from(time, (at, row) => {
    for (let m = 0; m < values.length; m++) values[m] = columns[m]![row]!;
    return scorer.push(at, values);
  });
}
