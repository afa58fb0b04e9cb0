import { placeInDay, PROFILE_HOURS, profileAt } from "./daily-profile.ts";
import type { Model } from "./model.ts";
import { COLUMNS_PER_METRIC } from "./rolling.ts";

/** Follows the daily rhythm: `push` answers by how many seconds the clock must be put on to be in step with train. */
type DailyClock = { push(time: number, values: ArrayLike<number>): number };

/** Half-hour places the rhythm may have moved to, and how often they are compared. */
const PLACES = 48;
const PLACE_SECONDS = 86_400 / PLACES;
const EVERY_SECONDS = 300;
/** The metrics with the clearest rhythm; its variance is at least that of what it leaves unexplained. */
const MOST_METRICS = 4;
const LEAST_RHYTHM = 1;
/** What has been seen fades within a day. */
const MEMORY_SECONDS = 86_400;
/** After so many hours in step with another place only, the error there must be below this share of today's. */
const EVIDENCE = [
  { hours: 3, share: 0.05 },
  { hours: 6, share: 0.1 },
  { hours: 12, share: 0.25 },
  { hours: 24, share: 0.5 },
] as const;
/** An error that is noise, in variances of the profile; it also keeps shares of tiny numbers from meaning anything. */
const NOISE = 0.01;
/** Metrics must have moved by this share of their usual daily variance: a frozen one is in step with any flat stretch. */
const LEAST_MOVED = 0.25;

/**
 * Notices a daily rhythm that has moved against the clock (daylight saving, a changed time zone, a history recorded with
 * another clock), which would otherwise alarm at every hour of the day. Compares shapes, not levels: a shift of level,
 * or a metric that has stopped, moves no clock. Answers 0 while there is no clear evidence, so that scores do not depend
 * on more than the needed history as long as the clock is right. O(48 x metrics followed) each five minutes.
 */
export function createDailyClock(model: Pick<Model, "daily" | "stepSeconds" | "fitted">): DailyClock {
  const metrics = clearestRhythms(model);
  const errors = metrics.map(() => Array.from({ length: PLACES }, createSpread));
  const seen = metrics.map(createSpread);
  const everyRows = Math.max(1, Math.round(EVERY_SECONDS / model.stepSeconds));
  const rowsPerHour = 3600 / (everyRows * model.stepSeconds);
  const fade = 1 - Math.exp(-(everyRows * model.stepSeconds) / MEMORY_SECONDS);
  let place = 0;
  let row = 0;
  let compared = 0;

  function compare(time: number, values: ArrayLike<number>): void {
    const weight = Math.max(fade, 1 / ++compared);
    metrics.forEach(({ m, variance }, i) => {
      const value = values[m]!;
      if (!Number.isFinite(value)) return;
      seen[i]!.push(value / Math.sqrt(variance), weight);
      for (let p = 0; p < PLACES; p++) {
        const usual = profileAt(model.daily, m, placeInDay(time + p * PLACE_SECONDS));
        errors[i]![p]!.push((value - usual) / Math.sqrt(variance), weight);
      }
    });
  }

  function decide(): void {
    const hours = compared / rowsPerHour;
    const share = EVIDENCE.findLast((evidence) => hours >= evidence.hours)?.share;
    if (share === undefined || mean(seen.map((spread) => spread.variance())) < LEAST_MOVED) return;
    const errorAt = (p: number) => mean(errors.map((each) => each[p]!.variance())) + NOISE;
    const totals = Array.from({ length: PLACES }, (_, p) => errorAt(p));
    const best = totals.indexOf(Math.min(...totals));
    if (totals[best]! < share * totals[place]!) place = best;
  }

  return {
    push(time, values) {
      if (metrics.length === 0) return 0;
      if (row++ % everyRows === 0) {
        compare(time, values);
        decide();
      }
      return secondsOf(place);
    },
  };
}

/** -12 h to 12 h. */
function secondsOf(place: number): number {
  return (place > PLACES / 2 ? place - PLACES : place) * PLACE_SECONDS;
}

/** Metrics whose profile varies at least as much as what it does not explain, clearest first. */
function clearestRhythms({ daily, fitted }: Pick<Model, "daily" | "fitted">) {
  return Array.from({ length: daily.length / PROFILE_HOURS }, (_, m) => {
    const profile = daily.subarray(m * PROFILE_HOURS, (m + 1) * PROFILE_HOURS);
    const centre = mean(profile);
    const variance = mean(profile.map((value) => (value - centre) ** 2));
    return { m, variance, clarity: variance / fitted.scaling.scale[m * COLUMNS_PER_METRIC]! ** 2 };
  })
    .filter(({ clarity }) => clarity >= LEAST_RHYTHM)
    .sort((a, b) => b.clarity - a.clarity)
    .slice(0, MOST_METRICS);
}

/** Variance of what was pushed, newer values weighing more. */
function createSpread() {
  let [centre, squares] = [0, 0];
  return {
    push(value: number, weight: number): void {
      const difference = value - centre;
      centre += weight * difference;
      squares = (1 - weight) * (squares + weight * difference * difference);
    },
    variance: () => squares,
  };
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
