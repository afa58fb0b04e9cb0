import type { Frame } from "./frame.ts";

/** One value an hour of the day (UTC), joined by straight lines. */
export const PROFILE_HOURS = 24;
const DAY_SECONDS = 86_400;
const HOUR_SECONDS = DAY_SECONDS / PROFILE_HOURS;
/** Fewer days cannot tell a habit from a coincidence: two for the profile, two to check it on. */
const LEAST_DAYS = 4;

/**
 * How far each metric usually lies from its mean at each hour of the day, in its own unit: entry `24 m + h` is metric
 * m half past hour h. Every profile is shrunk by how much of the variance of even days that of odd days explains, and
 * the reverse: 0 throughout for a metric without a daily rhythm, and for histories under four days.
 */
export function fitDailyProfiles(frame: Frame): Float64Array {
  const profiles = new Float64Array(frame.metrics.length * PROFILE_HOURS);
  const span = (frame.time.at(-1) ?? 0) - (frame.time[0] ?? 0);
  if (span < LEAST_DAYS * DAY_SECONDS - HOUR_SECONDS) return profiles;
  frame.columns.forEach((column, m) => {
    profiles.set(profileOf(frame.time, column), m * PROFILE_HOURS);
  });
  return profiles;
}

/** Where a moment lies between two hours of the profile. */
type ProfilePlace = { hour: number; next: number; share: number };

/** The place of a moment (unix seconds) between the middles of two hours, UTC. */
export function placeInDay(time: number): ProfilePlace {
  const hours = (((time % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS) / HOUR_SECONDS - 0.5;
  const before = Math.floor(hours);
  const hour = (before + PROFILE_HOURS) % PROFILE_HOURS;
  return { hour, next: (hour + 1) % PROFILE_HOURS, share: hours - before };
}

/** What the profile of metric `m` says at a place, in the metric's unit. */
export function profileAt(profiles: Float64Array, m: number, { hour, next, share }: ProfilePlace): number {
  const start = m * PROFILE_HOURS;
  return profiles[start + hour]! * (1 - share) + profiles[start + next]! * share;
}

type Hours = { sums: Float64Array; counts: Float64Array };

function profileOf(time: Float64Array, column: Float64Array): Float64Array {
  const halves: [Hours, Hours] = [emptyHours(), emptyHours()];
  let [sum, count] = [0, 0];
  eachSample(time, column, (value, hour, half) => {
    halves[half].sums[hour]! += value;
    halves[half].counts[hour]! += 1;
    sum += value;
    count++;
  });
  const mean = sum / count;
  let [total, unexplained] = [0, 0];
  eachSample(time, column, (value, hour, half) => {
    const { sums, counts } = halves[half === 0 ? 1 : 0];
    const expected = counts[hour]! > 0 ? sums[hour]! / counts[hour]! : mean;
    total += (value - mean) ** 2;
    unexplained += (value - expected) ** 2;
  });
  const strength = total > 0 ? Math.max(0, 1 - unexplained / total) : 0;
  const [even, odd] = halves;
  return even.sums.map((each, hour) => {
    const seen = even.counts[hour]! + odd.counts[hour]!;
    return seen === 0 ? 0 : strength * ((each + odd.sums[hour]!) / seen - mean);
  });
}

/** Every finite sample with its hour of the day and whether its day is even (0) or odd (1). */
function eachSample(
  time: Float64Array,
  column: Float64Array,
  visit: (value: number, hour: number, half: 0 | 1) => void,
): void {
  for (let row = 0; row < column.length; row++) {
    const value = column[row]!;
    if (!Number.isFinite(value)) continue;
    const day = Math.floor(time[row]! / DAY_SECONDS);
    const hour = Math.floor((time[row]! - day * DAY_SECONDS) / HOUR_SECONDS);
    visit(value, hour, Math.abs(day) % 2 === 0 ? 0 : 1);
  }
}

function emptyHours(): Hours {
  return { sums: new Float64Array(PROFILE_HOURS), counts: new Float64Array(PROFILE_HOURS) };
}
