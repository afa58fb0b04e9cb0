import { countAtOrAbove, mean, quantile, sortedFinite, standardDeviation } from "./stats.ts";

/**
 * How seldom a calm moment reaches a value: the sorted calm values, and beyond their 98 % point a generalised Pareto
 * tail (Pickands 1975; Coles, "An Introduction to Statistical Modeling of Extreme Values", 2001, chapter 4).
 */
export type Tail = {
  /** Calm values, ascending, thinned to at most 2048 evenly spaced quantiles. */
  calm: Float64Array;
  /** Where the fitted tail takes over, and the share of calm values at or beyond it. */
  start: number;
  share: number;
  scale: number;
  /** 0 (exponential) to .5; heavier tails would say "never" about nothing. */
  shape: number;
};

const TAIL_SHARE = 0.02;
const KEPT_VALUES = 2048;
const LARGEST_SHAPE = 0.5;
/** One in ten thousand: beyond it a surprise grows by its logarithm only. */
const LARGEST_MEASURED = 4;

/** Fits the tail to calm values; missing ones (NaN) are left out. Needs at least one value. */
export function fitTail(values: ArrayLike<number>): Tail {
  const sorted = sortedFinite(values);
  const start = quantile(sorted, 1 - TAIL_SHARE);
  const excesses = sorted.filter((value) => value > start).map((value) => value - start);
  const spread = mean(excesses);
  const deviation = standardDeviation(excesses);
  // Method of moments (Hosking, Wallis 1987): stable on the few dozen values a day of history leaves.
  const ratio = excesses.length > 1 && deviation > 0 ? (spread / deviation) ** 2 : 1;
  const shape = Math.max(0, Math.min(LARGEST_SHAPE, (1 - ratio) / 2));
  const fallback = Math.max(standardDeviation(sorted), 1e-9 * Math.abs(start), 1e-12);
  return {
    calm: thin(sorted),
    start,
    share: Math.max(excesses.length, 1) / sorted.length,
    scale: excesses.length > 0 && spread > 0 ? spread * (1 - shape) : fallback,
    shape,
  };
}

/**
 * -log10 of the probability that a calm moment is at or above `value`: 0 is ordinary, 3 is one moment in a thousand;
 * beyond 4 it keeps the order but grows slowly. Higher is more abnormal, without an upper end. NaN stays NaN.
 */
export function surprise(tail: Tail, value: number): number {
  if (Number.isNaN(value)) return Number.NaN;
  if (value <= tail.start) {
    const share = (countAtOrAbove(tail.calm, value) + 0.5) / (tail.calm.length + 1);
    return Math.min(-Math.log10(Math.min(1, share)), -Math.log10(tail.share));
  }
  const z = Math.min(Number.MAX_VALUE, (value - tail.start) / tail.scale);
  const natural = tail.shape < 1e-6 ? z : Math.log1p(tail.shape * z) / tail.shape;
  return compress(-Math.log10(tail.share) + natural / Math.LN10);
}

// Nobody has seen such tails, and smoothing would take many rows to come down from a surprise of hundreds.
function compress(raw: number): number {
  return raw <= LARGEST_MEASURED ? raw : LARGEST_MEASURED * (1 + Math.log(raw / LARGEST_MEASURED));
}

function thin(sorted: Float64Array): Float64Array {
  if (sorted.length <= KEPT_VALUES) return sorted;
  return Float64Array.from({ length: KEPT_VALUES }, (_, i) => quantile(sorted, i / (KEPT_VALUES - 1)));
}
