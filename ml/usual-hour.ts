import { quantile, sortedFinite } from "./stats.ts";

/** What a metric usually is at this hour of the week: 5 % to 95 % of what was seen, the middle, from how many weeks. */
export type UsualHour = { low: number; high: number; middle: number; weeks: number };

/** One such hour is an anecdote. */
const LEAST_WEEKS = 2;

/**
 * From the samples of the same hour of earlier weeks, one list a week. A week counts with at least `leastSamples`
 * finite values; null when fewer than two do, so that nothing is claimed of an hour that was hardly seen.
 */
export function usualAtThisHour(weeks: readonly ArrayLike<number>[], leastSamples: number): UsualHour | null {
  const seen = weeks.map(sortedFinite).filter((values) => values.length >= leastSamples);
  if (seen.length < LEAST_WEEKS) return null;
  const all = sortedFinite(seen.flatMap((values) => [...values]));
  return {
    low: quantile(all, 0.05),
    high: quantile(all, 0.95),
    middle: quantile(all, 0.5),
    weeks: seen.length,
  };
}
