import { members, type MemberName } from "./members.ts";
import type { MemberScores } from "./fit.ts";
import { movingAverage } from "./stats.ts";
import { fitTail, surprise, type Tail } from "./tail.ts";

/** Weight of the newest row in the smoothed surprise. */
const SMOOTHING = 0.3;

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

/** Weighted mean of the members' surprises, smoothed over time; NaN where withheld. */
export function combine(surprises: Partial<Record<MemberName, Float64Array>>): Float64Array {
  const entries = entriesOf(surprises);
  const total = entries.reduce((sum, [name]) => sum + members[name].weight, 0);
  const combined = new Float64Array(entries[0]?.[1].length ?? 0);
  for (const [name, values] of entries) {
    const share = members[name].weight / total;
    for (let row = 0; row < combined.length; row++) combined[row]! += share * values[row]!;
  }
  return movingAverage(combined, SMOOTHING);
}

function entriesOf<T>(record: Partial<Record<MemberName, T>>): [MemberName, T][] {
  return Object.entries(record) as [MemberName, T][];
}
