import type { Frame } from "./frame.ts";
import type { Matrix } from "./matrix.ts";

/** A short gap carries the last value this many steps; after that the metric is missing. */
const CARRY_STEPS = 3;
/** Columns a metric: its value, and mean, standard deviation and change over each of three windows. */
export const COLUMNS_PER_METRIC = 10;
/** Of these, the value and the shortest window: what forgets the end of an anomaly fastest. */
export const SHORT_COLUMNS = 4;

/** Far beyond any measurement, and small enough for its square to stay finite. */
const LARGEST = 1e150;

/**
 * Rows in the short, middle and long window for a step: 5, 15 and 60 minutes with at least 3, 6 and 12 rows
 * (60 s: 5/15/60 rows; 300 s: 3/6/12). Steps under a minute come from short captures and have 45, 90 and 180 seconds
 * (15 s: 3/6/12): longer ones fill too late and remember a fault into the next one.
 */
export function windowsFor(stepSeconds: number): [number, number, number] {
  const [short, middle, long] = stepSeconds < 60 ? [45, 90, 180] : [300, 900, 3600];
  const rows = (seconds: number, least: number) => Math.max(least, Math.round(seconds / stepSeconds));
  return [rows(short!, 3), rows(middle!, 6), rows(long!, 12)];
}

/**
 * Causal features in the metrics' own units, each metric minus its `origin` (a constant that keeps 32 bits precise):
 * row t uses rows up to t only, and the same trailing rows always give the same numbers. A window statistic is missing
 * when under half of its rows are present; a change needs both ends.
 */
export function rollingFeatures(
  frame: Frame,
  origins: ArrayLike<number>,
  windows: readonly number[],
): Matrix {
  const rows = frame.time.length;
  const columns = frame.metrics.length * COLUMNS_PER_METRIC;
  const values = new Float32Array(rows * columns);
  frame.columns.forEach((column, m) => {
    const series = carryForward(column, origins[m]!);
    for (let row = 0; row < rows; row++) {
      const start = row * columns + m * COLUMNS_PER_METRIC;
      values[start] = series[row]!;
      for (let w = 0; w < windows.length; w++)
        writeWindow(series, row, windows[w]!, values, start + 1 + 3 * w);
    }
  });
  return { rows, columns, values };
}

/** The metric minus its origin; gaps of up to three steps hold the last value, longer ones are missing. */
function carryForward(column: Float64Array, origin: number): Float64Array {
  const series = new Float64Array(column.length).fill(Number.NaN);
  let last = Number.NaN;
  let age = 0;
  for (let row = 0; row < column.length; row++) {
    const value = column[row]!;
    if (Number.isFinite(value)) {
      last = Math.max(-LARGEST, Math.min(LARGEST, value)) - origin;
      age = 0;
    } else age++;
    if (age <= CARRY_STEPS) series[row] = last;
  }
  return series;
}

// Recomputed for every row: running sums would drift, and a trailing window must give the very same numbers.
function writeWindow(series: Float64Array, row: number, window: number, out: Float32Array, at: number): void {
  const from = Math.max(0, row - window + 1);
  let sum = 0;
  let count = 0;
  for (let i = from; i <= row; i++) {
    const value = series[i]!;
    if (value !== value) continue;
    sum += value;
    count++;
  }
  const enough = 2 * count >= window;
  const mean = enough ? sum / count : Number.NaN;
  let squares = 0;
  for (let i = from; enough && i <= row; i++) {
    const difference = series[i]! - mean;
    if (difference === difference) squares += difference * difference;
  }
  out[at] = mean;
  out[at + 1] = enough ? Math.sqrt(squares / count) : Number.NaN;
  out[at + 2] = row >= window ? series[row]! - series[row - window]! : Number.NaN;
}
