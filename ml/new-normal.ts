import { quantile, sortedFinite } from "./stats.ts";

/** A level that has become steady: its 5 % to 95 % range, and since when (unix seconds) it holds. */
type NewLevel = { low: number; high: number; since: number };

const STEADY_SECONDS = 24 * 3_600;
const QUARTERS = 4;
/** A quarter of the stretch with fewer of its samples is not judged: what is missing is not steady. */
const LEAST_PRESENT = 0.75;
/** This share of a steady stretch lies outside what was usual. */
const LEAST_OUTSIDE = 0.9;

/**
 * Whether a metric has been at a steady level outside its usual range for the 24 hours before `now` (unix seconds).
 * Steady: its medians of the four quarters of that day differ by no more than the usual range is wide, or twice the
 * smallest change that matters: a new level may move as much as the old one did. Null when it is not, or when too much
 * is missing. `time` ascending, unix seconds, `stepSeconds` apart; `values` NaN where there is no sample.
 */
export function newLevel(
  { time, values, stepSeconds }: { time: ArrayLike<number>; values: ArrayLike<number>; stepSeconds: number },
  { usual, smallestChange, now }: { usual: readonly [number, number]; smallestChange: number; now: number },
): NewLevel | null {
  const since = now - STEADY_SECONDS;
  const quarters: number[][] = Array.from({ length: QUARTERS }, () => []);
  for (let row = 0; row < values.length; row++) {
    const place = Math.floor(((time[row]! - since) / STEADY_SECONDS) * QUARTERS);
    if (Number.isFinite(values[row]) && time[row]! < now) quarters[place]?.push(values[row]!);
  }
  const expected = STEADY_SECONDS / QUARTERS / stepSeconds;
  if (quarters.some((quarter) => quarter.length < LEAST_PRESENT * expected)) return null;
  const all = sortedFinite(quarters.flat());
  const outside = all.filter((value) => value < usual[0] || value > usual[1]).length;
  if (outside < LEAST_OUTSIDE * all.length) return null;
  const medians = quarters.map((quarter) => quantile(sortedFinite(quarter), 0.5));
  const moved = Math.max(...medians) - Math.min(...medians);
  if (moved > Math.max(usual[1] - usual[0], 2 * smallestChange)) return null;
  return { low: quantile(all, 0.05), high: quantile(all, 0.95), since };
}
