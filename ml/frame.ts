import { ModelError } from "./model-error.ts";

/**
 * Aligned series of one target. `time[i]` is unix seconds, strictly increasing, `stepSeconds` apart;
 * `columns[m][i]` is metric `metrics[m]` at `time[i]`, NaN where there is no sample.
 */
export type Frame = {
  stepSeconds: number;
  time: Float64Array;
  metrics: readonly string[];
  columns: readonly Float64Array[];
};

/** Rows `from` (inclusive) to `to` (exclusive), sharing memory with the frame it was cut from. */
export function sliceFrame(frame: Frame, from: number, to: number): Frame {
  return {
    ...frame,
    time: frame.time.subarray(from, to),
    columns: frame.columns.map((column) => column.subarray(from, to)),
  };
}

/** Whether any metric was measured at a row; an infinite value counts as missing. */
export function hasSample({ columns }: Frame, row: number): boolean {
  return columns.some((column) => Number.isFinite(column[row]));
}

/** How many rows, from `from` on, hold at least one sample. */
export function rowsWithSamples(frame: Frame, from = 0): number {
  let rows = 0;
  for (let row = from; row < frame.time.length; row++) if (hasSample(frame, row)) rows++;
  return rows;
}

/** The frame with exactly these metrics in this order; a metric it does not hold becomes all missing (NaN). */
export function selectMetrics(frame: Frame, metrics: readonly string[]): Frame {
  const columns = metrics.map((metric) => {
    const found = frame.columns[frame.metrics.indexOf(metric)];
    return found ?? new Float64Array(frame.time.length).fill(Number.NaN);
  });
  return { ...frame, metrics, columns };
}

/** Whether `later` begins where `earlier` ends: the same step and a gap of about one step. */
export function isContiguous(earlier: Frame, later: Frame): boolean {
  const end = earlier.time.at(-1);
  const start = later.time[0];
  if (end === undefined || start === undefined || earlier.stepSeconds !== later.stepSeconds) return false;
  const gap = start - end;
  return gap > 0.5 * later.stepSeconds && gap < 1.5 * later.stepSeconds;
}

/** `later` appended to `earlier`; both must have the same metrics and step. */
export function joinFrames(earlier: Frame, later: Frame): Frame {
  return {
    ...later,
    time: concatenate(earlier.time, later.time),
    columns: later.columns.map((column, m) => concatenate(earlier.columns[m]!, column)),
  };
}

/** A gap may not need more empty cells than this: beyond it the clock, not the server, is what went wrong. */
const MOST_CELLS = 4_000_000;

/**
 * Puts rows with gaps or a jittering clock on a regular grid that starts at the first row.
 * `cellOf[i]` is the grid row that input row `i` fell into; of several rows in one cell the last known value counts;
 * cells without a row are missing (NaN). `time` must not decrease. Throws a ModelError for a gap that no recording has.
 */
export function alignToGrid(rows: Frame): { frame: Frame; cellOf: Int32Array } {
  const { stepSeconds, time } = rows;
  const start = time[0] ?? 0;
  const cells = ((time.at(-1) ?? 0) - start) / stepSeconds;
  if (cells > MOST_CELLS)
    throw new ModelError(
      "unusable_frame",
      `The rows span ${Math.round(cells)} steps of ${stepSeconds} s, which is more than ${MOST_CELLS}: ` +
        "a time stamp among them must be wrong. Times are unix seconds.",
    );
  const cellOf = Int32Array.from(time, (t) => Math.round((t - start) / stepSeconds));
  const length = time.length === 0 ? 0 : cellOf[time.length - 1]! + 1;
  const columns = rows.columns.map((column) => {
    const aligned = new Float64Array(length).fill(Number.NaN);
    column.forEach((value, i) => {
      if (!Number.isNaN(value)) aligned[cellOf[i]!] = value;
    });
    return aligned;
  });
  const grid = Float64Array.from({ length }, (_, k) => start + k * stepSeconds);
  return { frame: { ...rows, time: grid, columns }, cellOf };
}

function concatenate(a: Float64Array, b: Float64Array): Float64Array {
  const joined = new Float64Array(a.length + b.length);
  joined.set(a, 0);
  joined.set(b, a.length);
  return joined;
}
