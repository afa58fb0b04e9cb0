import { placeInDay, PROFILE_HOURS, profileAt } from "./daily-profile.ts";
import type { Frame } from "./frame.ts";
import type { Matrix } from "./matrix.ts";

/** A short gap carries the last value this many steps; after that the metric is missing. */
export const CARRY_STEPS = 3;
/** Columns a metric: its value, and mean, standard deviation and change over each of three windows. */
export const COLUMNS_PER_METRIC = 10;
/** Whether a column of a metric tells a level: its value, and the means. */
export const isLevel = (column: number): boolean =>
  column % COLUMNS_PER_METRIC === 0 || (column % COLUMNS_PER_METRIC) % 3 === 1;
/** Of these, the value and the shortest window: what forgets the end of an anomaly fastest. */
export const SHORT_COLUMNS = 4;

/** Far beyond any measurement, and small enough for 32 bits. */
const LARGEST = 1e30;

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

/** What features are relative to; learned on train. */
export type FeatureBase = {
  stepSeconds: number;
  /** Rows in the windows, ascending. */
  windows: readonly number[];
  /** A typical value of each metric: the constant that keeps 32 bits precise. */
  origins: Float64Array;
  /** Daily profiles (daily-profile.ts): levels are told as distances from the usual level of the hour. */
  daily: Float64Array;
};

/** The features of a stream of rows, one row at a time. */
type Rolling = {
  /** Takes the next row (one value a metric, NaN where missing) and writes its features to `out` from `at` on. */
  push(time: number, values: ArrayLike<number>, out: Float32Array, at: number): void;
};

/**
 * Causal features in the metrics' own units: the value and the mean over each window, less what is usual at that hour,
 * and the standard deviation and the change over each window. A row depends on the rows of the longest window and the
 * carried gap before it only, so any long enough trailing stretch gives the same numbers. A window statistic is missing
 * when under half of its rows are present; a change needs both ends. Infinite values count as missing. Values are
 * gauges or rates: whoever collects counters makes rates of them, where a reset can still be seen.
 * Time O(metrics x longest window) a row.
 */
export function createRolling({ stepSeconds, windows, origins, daily }: FeatureBase): Rolling {
  const length = Math.max(...windows) + 1;
  // Every value is kept twice, so that any window lies in one piece.
  const rings = Array.from({ length: origins.length }, () => new Float32Array(2 * length).fill(Number.NaN));
  const last = new Float64Array(origins.length).fill(Number.NaN);
  const age = new Int32Array(origins.length).fill(CARRY_STEPS);
  const levels = levelsOf(windows, stepSeconds);
  const rhythmic = rhythmicMetrics(daily, origins.length);
  let cursor = 0;
  return {
    push(time, values, out, at) {
      for (let m = 0; m < rings.length; m++) {
        const value = values[m]!;
        if (Number.isFinite(value)) {
          last[m] = Math.max(-LARGEST, Math.min(LARGEST, value)) - origins[m]!;
          age[m] = 0;
        } else if (age[m]! <= CARRY_STEPS) age[m]!++;
        const ring = rings[m]!;
        const kept = age[m]! <= CARRY_STEPS ? last[m]! : Number.NaN;
        ring[cursor] = kept;
        ring[cursor + length] = kept;
        writeFeatures(ring, cursor + length, windows, out, at + m * COLUMNS_PER_METRIC);
      }
      cursor = (cursor + 1) % length;
      for (const { column, secondsBack } of rhythmic.length > 0 ? levels : []) {
        const place = placeInDay(time - secondsBack);
        for (const m of rhythmic) out[at + m * COLUMNS_PER_METRIC + column]! -= profileAt(daily, m, place);
      }
    },
  };
}

/** The features of every row of a frame: the same numbers as pushing its rows one by one. */
export function rollingFeatures(frame: Frame, base: FeatureBase): Matrix {
  const rows = frame.time.length;
  const columns = frame.metrics.length * COLUMNS_PER_METRIC;
  const values = new Float32Array(rows * columns);
  const rolling = createRolling(base);
  const row = new Float64Array(frame.metrics.length);
  for (let r = 0; r < rows; r++) {
    for (let m = 0; m < row.length; m++) row[m] = frame.columns[m]![r]!;
    rolling.push(frame.time[r]!, row, values, r * columns);
  }
  return { rows, columns, values };
}

/** The columns that tell a level, and how long before the row the middle of what they average lies. */
function levelsOf(
  windows: readonly number[],
  stepSeconds: number,
): { column: number; secondsBack: number }[] {
  const means = windows.map((window, w) => ({
    column: 1 + 3 * w,
    secondsBack: ((window - 1) / 2) * stepSeconds,
  }));
  return [{ column: 0, secondsBack: 0 }, ...means];
}

function rhythmicMetrics(daily: Float64Array, metrics: number): number[] {
  return Array.from({ length: metrics }, (_, m) => m).filter((m) =>
    daily.subarray(m * PROFILE_HOURS, (m + 1) * PROFILE_HOURS).some((value) => value !== 0),
  );
}

// One walk from the newest row back, with a note at the end of each window. Nothing is carried from row to row:
// running sums would drift, and a trailing stretch must give the very same numbers.
function writeFeatures(
  ring: Float32Array,
  newest: number,
  windows: readonly number[],
  out: Float32Array,
  at: number,
): void {
  const value = ring[newest]!;
  out[at] = value;
  let reference = value;
  let [count, sum, squares, back] = [0, 0, 0, 0];
  for (let w = 0; w < windows.length; w++) {
    const window = windows[w]!;
    for (; back < window; back++) {
      const sample = ring[newest - back]!;
      if (sample !== sample) continue;
      // Differences to one of the samples: a constant has exactly no spread.
      if (reference !== reference) reference = sample;
      const difference = sample - reference;
      count++;
      sum += difference;
      squares += difference * difference;
    }
    const column = at + 1 + 3 * w;
    const enough = 2 * count >= window;
    const mean = sum / count;
    out[column] = enough ? reference + mean : Number.NaN;
    out[column + 1] = enough ? Math.sqrt(Math.max(0, squares / count - mean * mean)) : Number.NaN;
    out[column + 2] = value - ring[newest - window]!;
  }
}
