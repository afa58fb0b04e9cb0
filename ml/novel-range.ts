/** A metric whose newest value lies outside everything seen of it before. */
export type Novelty = {
  metric: string;
  value: number;
  /** Lowest and highest value seen before the excursion, in the metric's unit. */
  seen: [low: number, high: number];
};

type NovelRange = {
  /** Takes the next row (one value a metric, NaN where missing); answers what lies outside anything seen. */
  push(values: ArrayLike<number>): Novelty[];
};

/** So much is seen before anything can be called novel. */
const LEAST_SECONDS = 1800;
const LEAST_ROWS = 30;
/** A value that stays outside for so long has become part of what is seen. */
const ACCEPTED_SECONDS = 1800;
/** Outside means beyond the range by at least its whole width, and by the smallest change that matters. */
const MARGIN = 1;

/**
 * For a target that has no model yet (under 12 hours of history): follows each metric's range and answers which
 * metrics are outside anything seen. `smallestChange` is in the metrics' units; metrics not named have none. A metric
 * that has never moved is novel once it moves. O(metrics) a row, three numbers a metric. A young range says little:
 * on calm half-days of real servers something lay outside for two minutes about 3 times (ASD) and 5 times (SMD), so it is
 * shown to whoever asks, beside the limits, and never alarms.
 */
export function createNovelRange(options: {
  metrics: readonly string[];
  stepSeconds: number;
  smallestChange: Readonly<Record<string, number>>;
}): NovelRange {
  const { metrics, stepSeconds } = options;
  const leastRows = Math.max(LEAST_ROWS, Math.ceil(LEAST_SECONDS / stepSeconds));
  const acceptedRows = Math.max(1, Math.ceil(ACCEPTED_SECONDS / stepSeconds));
  const low = new Float64Array(metrics.length).fill(Infinity);
  const high = new Float64Array(metrics.length).fill(-Infinity);
  const rows = new Int32Array(metrics.length);
  const outside = new Int32Array(metrics.length);

  const isOutside = (m: number, value: number): boolean => {
    if (rows[m]! < leastRows) return false;
    const margin = Math.max(MARGIN * (high[m]! - low[m]!), options.smallestChange[metrics[m]!] ?? 0);
    return value > high[m]! + margin || value < low[m]! - margin;
  };

  return {
    push(values) {
      const found: Novelty[] = [];
      for (let m = 0; m < metrics.length; m++) {
        const value = values[m]!;
        if (!Number.isFinite(value)) continue;
        outside[m] = isOutside(m, value) ? outside[m]! + 1 : 0;
        if (outside[m]! > 0) found.push({ metric: metrics[m]!, value, seen: [low[m]!, high[m]!] });
        if (outside[m]! > 0 && outside[m]! < acceptedRows) continue;
        low[m] = Math.min(low[m]!, value);
        high[m] = Math.max(high[m]!, value);
        rows[m]!++;
      }
      return found;
    },
  };
}
