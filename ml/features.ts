import type { Frame } from "./frame.ts";
import type { Matrix } from "./matrix.ts";
import { COLUMNS_PER_METRIC, isLevel, SHORT_COLUMNS } from "./rolling.ts";
import { mean } from "./stats.ts";

/**
 * How raw features become comparable numbers; learned on train. Per column: (value - centre) / scale, clipped, and
 * levels times their weight.
 */
export type Scaling = {
  centre: Float64Array;
  /** NaN for a column never seen in train: it weighs nothing. */
  scale: Float64Array;
  /** What a scaled column is multiplied by. */
  weight: Float64Array;
};

/** No single column says more than "30 standard deviations away". */
export const CLIP = 30;
/**
 * Levels count less than changes and spreads: a server that has settled at another level is not ill. On the measured
 * servers .6 ranks better than 1 and than 0.
 */
const LEVEL_WEIGHT = 0.6;
/** Where the data alone decides, a scale is never below this share of the range seen. */
const SMALLEST_SHARE_OF_RANGE = 1e-4;
/** Below this share of the columns a row has no score. */
export const LEAST_COVERAGE = 0.6;

/** Typical value of each metric, the origin of its features; 0 for a metric without a single sample. */
export function originsOf(frame: Frame): Float64Array {
  return Float64Array.from(frame.columns, (column) => {
    const centre = mean(column);
    return Number.isFinite(centre) ? centre : 0;
  });
}

/**
 * Learns centre and scale of every column over the given rows. `floors[m]` is the smallest change of metric m that
 * matters, in its own unit (NaN when unknown, then 1e-4 of the range seen): a calm train window must not make a
 * harmless step look enormous.
 */
export function fitScaling(features: Matrix, rows: ArrayLike<number>, floors: ArrayLike<number>): Scaling {
  const { columns } = features;
  const centre = new Float64Array(columns);
  const scale = new Float64Array(columns);
  for (let column = 0; column < columns; column++) {
    const seen = momentsOf(features, rows, column);
    const floor = floors[Math.floor(column / COLUMNS_PER_METRIC)]!;
    const smallest = Number.isNaN(floor) ? smallestScale(seen) : floor;
    centre[column] = seen.mean;
    scale[column] = seen.count === 0 ? Number.NaN : Math.max(seen.deviation, smallest);
  }
  const weight = scale.map((_, column) => (isLevel(column) ? LEVEL_WEIGHT : 1));
  return { centre, scale, weight };
}

/** Scaled, clipped features; NaN where missing. */
export function scaleFeatures(features: Matrix, scaling: Scaling): Matrix {
  const { rows, columns, values } = features;
  const scaled = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) scaleRow(values, row * columns, scaling, scaled, row * columns);
  return { rows, columns, values: scaled };
}

/** Scales one row, `raw` from `start` on, into `scaled` from `at` on. */
export function scaleRow(
  raw: Float32Array,
  start: number,
  { centre, scale, weight }: Scaling,
  scaled: Float32Array,
  at: number,
): void {
  for (let column = 0; column < scale.length; column++) {
    const z = (raw[start + column]! - centre[column]!) / scale[column]!;
    scaled[at + column] = weight[column]! * (z > CLIP ? CLIP : z < -CLIP ? -CLIP : z);
  }
}

/**
 * Share of present columns of each row, 0..1. `known[c]` NaN leaves a column out; without it, columns that are missing
 * everywhere are left out.
 */
export function coverageOf(features: Matrix, known: ArrayLike<number> = anyOf(features)): Float64Array {
  const { columns, values } = features;
  const counted = Array.from({ length: columns }, (_, column) => column).filter(
    (c) => !Number.isNaN(known[c]!),
  );
  return Float64Array.from({ length: features.rows }, (_, row) => {
    const start = row * columns;
    let present = 0;
    for (const column of counted) if (!Number.isNaN(values[start + column]!)) present++;
    return counted.length === 0 ? 0 : present / counted.length;
  });
}

/** Any value of each column, NaN for one that has none. */
function anyOf({ rows, columns, values }: Matrix): Float64Array {
  const found = new Float64Array(columns).fill(Number.NaN);
  for (let i = 0; i < rows * columns; i++) if (!Number.isNaN(values[i]!)) found[i % columns] = values[i]!;
  return found;
}

/** Columns of the value and the shortest window of every metric. */
export function shortColumns(metrics: number): number[] {
  const columns: number[] = [];
  for (let m = 0; m < metrics; m++)
    for (let i = 0; i < SHORT_COLUMNS; i++) columns.push(m * COLUMNS_PER_METRIC + i);
  return columns;
}

type Moments = { count: number; mean: number; deviation: number; low: number; high: number };

function momentsOf({ values, columns }: Matrix, rows: ArrayLike<number>, column: number): Moments {
  let [count, sum, low, high] = [0, 0, Infinity, -Infinity];
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]! * columns + column]!;
    if (value !== value) continue;
    count++;
    sum += value;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const centre = count === 0 ? Number.NaN : sum / count;
  let squares = 0;
  for (let i = 0; i < rows.length; i++) {
    const difference = values[rows[i]! * columns + column]! - centre;
    if (difference === difference) squares += difference * difference;
  }
  return { count, mean: centre, deviation: Math.sqrt(squares / count), low, high };
}

function smallestScale({ low, high }: Moments): number {
  // A column that never moved has no range: any visible movement of it is a finding, and the clip bounds it.
  return high > low ? SMALLEST_SHARE_OF_RANGE * (high - low) : SMALLEST_SHARE_OF_RANGE;
}
