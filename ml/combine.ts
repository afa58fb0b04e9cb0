import type { MemberName } from "./members.ts";
import type { MemberScores } from "./fit.ts";
import { fitTail, surprise, type Tail } from "./tail.ts";

/** Fits each member's tail on calm scores. */
export function fitTails(calm: MemberScores["members"]): Partial<Record<MemberName, Tail>> {
  const tails: Partial<Record<MemberName, Tail>> = {};
  for (const [name, scores] of entriesOf(calm)) tails[name] = fitTail(scores);
  return tails;
}

/** -log10 p of every member's score under its own tail; higher is more abnormal, NaN where withheld. */
export function surprisesOf(
  scores: MemberScores["members"],
  tails: Partial<Record<MemberName, Tail>>,
): Partial<Record<MemberName, Float64Array>> {
  const surprises: Partial<Record<MemberName, Float64Array>> = {};
  for (const [name, values] of entriesOf(scores)) {
    const tail = tails[name];
    if (tail !== undefined) surprises[name] = values.map((value) => surprise(tail, value));
  }
  return surprises;
}

/**
 * Combined surprise of one row: the mean of its second and third highest, so that at least two members agree and none
 * decides alone; of two members or one their mean. NaN where withheld. O(members^2), no memory.
 */
export function combineRow(surprises: ArrayLike<number>): number {
  let [first, second, third] = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < surprises.length; i++) {
    const value = surprises[i]!;
    if (value !== value) return Number.NaN;
    if (value > first) [first, second, third] = [value, first, second];
    else if (value > second) [second, third] = [value, second];
    else if (value > third) third = value;
  }
  if (surprises.length >= 3) return (second + third) / 2;
  return surprises.length === 2 ? (first + second) / 2 : first;
}

/**
 * Weight of the newest row in the smoothed surprise. Rows of five minutes are averages already, and those under a minute
 * come from short captures, where every row of delay shows.
 */
export function smoothingFor(stepSeconds: number): number {
  return stepSeconds >= 60 && stepSeconds < 300 ? 0.3 : 0.5;
}

/** Smooths combined surprises over time; a missing one (NaN) gives NaN and is forgotten. */
export function createSmoother(weight: number): (combined: number) => number {
  let state = Number.NaN;
  return (combined) => {
    if (combined !== combined) return Number.NaN;
    state = state === state ? weight * combined + (1 - weight) * state : combined;
    return state;
  };
}

/** What only long windows see counts by this share: they remember an anomaly for as long as they are. */
const LEAST_SHARE = 0.5;
/** From so many times its limit on, the short-window score leaves a surprise as it is. */
const WHOLE_FROM = 2;

/**
 * A combined, smoothed surprise as the present has a share in it: whole while the short windows see trouble too, half
 * once they are calm. `short` is 1 at the limit of what is normal. On real machines this ranks rows better, and alarms
 * cover much fewer calm rows, than the surprise alone. NaN where either is missing.
 */
export function asOfNow(combined: number, short: number): number {
  return combined * Math.min(1, Math.max(LEAST_SHARE, short / WHOLE_FROM));
}

/** Combined, smoothed surprise of every row: `combineRow` and `createSmoother` row by row. */
export function combine(
  surprises: Partial<Record<MemberName, Float64Array>>,
  smoothing: number,
): Float64Array {
  const series = entriesOf(surprises).map(([, values]) => values);
  const smooth = createSmoother(smoothing);
  const row = new Float64Array(series.length);
  return Float64Array.from({ length: series[0]?.length ?? 0 }, (_, r) => {
    for (let i = 0; i < row.length; i++) row[i] = series[i]![r]!;
    return smooth(combineRow(row));
  });
}

function entriesOf<T>(record: Partial<Record<MemberName, T>>): [MemberName, T][] {
  return Object.entries(record) as [MemberName, T][];
}
