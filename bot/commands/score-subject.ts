import { builtinMetrics } from "../../infra/prometheus/builtin-metrics.ts";
import type { Rows } from "../../infra/dataset.ts";
import { explainAlignedRow, type Reason } from "../../ml/explain.ts";
import {
  alignToGrid,
  isContiguous,
  joinFrames,
  selectMetrics,
  sliceFrame,
  type Frame,
} from "../../ml/frame.ts";
import { neededHistorySeconds, type Model } from "../../ml/model.ts";
import { toModelStep } from "../../ml/model-step.ts";
import { scoreFrame } from "../../ml/score.ts";
import { trainModel, type TrainOptions } from "../../ml/train.ts";

/** Any fixed number: the same files give the same scores. */
export const SEED = 7;

/** One entry a row of the test file. */
export type ScoredRows = {
  model: Model;
  time: Float64Array;
  /** Anomaly score, 1 is the alert threshold, NaN when withheld. */
  score: Float64Array;
  anomalous: Uint8Array;
  /** The top three metrics behind the score a test row carries. */
  explain(row: number): Reason[];
};

/** Smallest changes that matter, for the metrics of the catalog; other names have none. */
export const catalogSmallestChange: Readonly<Record<string, number>> = Object.fromEntries(
  builtinMetrics.map(({ name, smallestChange }) => [name, smallestChange]),
);

/**
 * Trains on one part of a dataset and scores the other. When test begins where train ends, the end of train fills the
 * windows; else the first test rows do. A test row finer than the detector's step carries the last completed step.
 */
export function scoreSubject(
  train: Rows,
  test: Rows,
  options: Pick<TrainOptions, "alarmBudget" | "members" | "demo">,
): ScoredRows {
  const trainGrid = alignToGrid(train).frame;
  const { frame: testGrid, cellOf } = testGridOf(train, test);
  const model = trainModel(trainGrid, {
    ...options,
    seed: SEED,
    smallestChange: catalogSmallestChange,
    dataset: true,
    synthetic: train.synthetic,
  });
  const { frame, added } = withContext(model, trainGrid, testGrid);
  const scores = scoreFrame(model, frame);
  const aligned = toModelStep(model, frame).frame;
  const scoredRow = Int32Array.from(cellOf, (cell, row) => {
    // Of several rows in one cell only the last has seen the whole cell.
    const known = cellOf[row + 1] === cell ? cell - 1 : cell;
    return scores.completed[added + known] ?? -1;
  });
  return {
    model,
    time: test.time,
    score: Float64Array.from(scoredRow, (row) => scores.score[row] ?? Number.NaN),
    anomalous: Uint8Array.from(scoredRow, (row) => scores.anomalous[row] ?? 0),
    explain(row) {
      const scored = scoredRow[row] ?? -1;
      return explainAlignedRow(model, aligned, scored, scores.clockShiftSeconds[scored]);
    },
  };
}

/**
 * The test part on a regular grid, at the step of the train part where the two are alike: a clock that jitters makes the
 * steps of one recording's parts look a little different.
 */
export function testGridOf(train: Rows, test: Rows): ReturnType<typeof alignToGrid> {
  const sameStep = Math.abs(test.stepSeconds / train.stepSeconds - 1) < 0.1;
  return alignToGrid(sameStep ? { ...test, stepSeconds: train.stepSeconds } : test);
}

function withContext(model: Model, train: Frame, test: Frame): { frame: Frame; added: number } {
  const known = selectMetrics(test, train.metrics);
  const shared = test.metrics.some((metric) => train.metrics.includes(metric));
  if (!shared || !isContiguous(train, test)) return { frame: test, added: 0 };
  const rows = Math.min(train.time.length, Math.ceil(neededHistorySeconds(model) / train.stepSeconds));
  const context = sliceFrame(train, train.time.length - rows, train.time.length);
  return { frame: joinFrames(context, known), added: rows };
}
