import { scaleRow } from "./features.ts";
import { sliceFrame, type Frame } from "./frame.ts";
import type { Model } from "./model.ts";
import { NEIGHBOURS, type NearestNeighbours } from "./nearest-neighbours.ts";
import { createSearch } from "./neighbour-search.ts";
import { CARRY_STEPS, COLUMNS_PER_METRIC, rollingFeatures } from "./rolling.ts";

export type Reason = {
  metric: string;
  /** The metric itself at that row (NaN when it is missing there). */
  value: number;
  /** Its usual range in its own unit. */
  usual: [low: number, high: number];
  /** Its part of the squared distance to the nearest calm moments, 0..1; the shares of all metrics sum to 1. */
  share: number;
  /** What moved most: the value itself, or its mean, spread or change over a window of so many seconds. */
  window: { feature: "value" | "mean" | "spread" | "change"; seconds: number };
};

const FEATURES = ["mean", "spread", "change"] as const;

/**
 * The three metrics that set a row apart, largest share first, of a frame that `toModelStep` has prepared: `row` counts
 * rows of the detector's step, as in the answer of `scoreFrame`. `clockShiftSeconds` is that of the row's score. Empty
 * when nothing differs or the row is outside the frame.
 */
export function explainAlignedRow(
  model: Model,
  aligned: Frame,
  row: number,
  clockShiftSeconds = 0,
): Reason[] {
  if (row < 0 || row >= aligned.time.length) return [];
  const from = Math.max(0, row - Math.max(...model.windows) - CARRY_STEPS - 1);
  const tail = sliceFrame(aligned, from, row + 1);
  const features = rollingFeatures({ ...tail, time: tail.time.map((t) => t + clockShiftSeconds) }, model);
  const scaled = new Float32Array(features.columns);
  scaleRow(features.values, (row - from) * features.columns, model.fitted.scaling, scaled, 0);
  const values = aligned.columns.map((column) => column[row]!);
  return explainScaled(model, scaled, values);
}

/** The three metrics that set a scaled row apart, largest share first; `values` are the metrics themselves. */
export function explainScaled(model: Model, scaled: Float32Array, values: ArrayLike<number>): Reason[] {
  const parts = columnParts(model.fitted.calm, scaled);
  const total = parts.reduce((sum, part) => sum + part, 0);
  if (!(total > 0)) return [];
  return model.metrics
    .map((metric, m) => reasonFor(model, { metric, m, value: values[m]!, parts, total }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 3)
    .filter((reason) => reason.share > 0);
}

/** Unix seconds of the calm moment most like a scaled row; null when the row has no value to compare. */
export function nearestCalmTime(model: Model, scaled: Float32Array): number | null {
  const { rows, found } = createSearch(model.fitted.calm.references, 1)(scaled, 0);
  return found === 0 ? null : (model.calmTimes[rows[0]!] ?? null);
}

/** Squared difference to the 5 nearest calm rows, averaged, per column; 0 where a column is missing. */
function columnParts({ references }: NearestNeighbours, scaled: Float32Array): Float64Array {
  const { rows, found } = createSearch(references, NEIGHBOURS)(scaled, 0);
  const parts = new Float64Array(references.columns);
  for (let i = 0; i < found; i++) {
    const start = rows[i]! * references.columns;
    for (let column = 0; column < references.columns; column++) {
      const difference = scaled[column]! - references.values[start + column]!;
      if (difference === difference) parts[column]! += difference * difference;
    }
  }
  return parts;
}

type Part = { metric: string; m: number; value: number; parts: Float64Array; total: number };

function reasonFor(model: Model, { metric, m, value, parts, total }: Part): Reason {
  const own = parts.subarray(m * COLUMNS_PER_METRIC, (m + 1) * COLUMNS_PER_METRIC);
  const sum = own.reduce((a, b) => a + b, 0);
  const largest = own.indexOf(Math.max(...own));
  const window =
    largest === 0
      ? { feature: "value" as const, seconds: model.stepSeconds }
      : {
          feature: FEATURES[(largest - 1) % 3]!,
          seconds: model.windows[Math.floor((largest - 1) / 3)]! * model.stepSeconds,
        };
  return { metric, value, usual: [model.usualLow[m]!, model.usualHigh[m]!], share: sum / total, window };
}
