import type { Measurement } from "./context.ts";
import type { Verdict, VerdictDetail } from "./plan.ts";
import { median, withoutAction, type Course } from "./without-action.ts";

/** What came of an action, from measurements alone. */
export type Outcome = { verdict: Verdict; detail: VerdictDetail };

/** Fewer samples than this are no proof of anything. */
const fewestSamples = 3;
/** Metrics are read every second at the finest. */
const leastSeconds = 6;

/**
 * What an action is compared with: the settle time before the call, but not from before the trouble began, for calm
 * beside trouble would make everything after it look worse; a fifth of the settle time at least, and never so little
 * that it holds too few samples.
 */
export function beforeWindow({
  called,
  began,
  settleSeconds,
}: {
  called: number;
  began: number;
  settleSeconds: number;
}): { start: number; end: number } {
  const least = called - Math.min(settleSeconds, Math.max(settleSeconds / 5, leastSeconds));
  return { start: Math.max(called - settleSeconds, Math.min(began, least)), end: called };
}

/**
 * An outcome beside the line that the metric was on before the call: what it would have come to is said where there was
 * a clear one, and what went on just like that was not made worse. Of a cure, when it had come.
 */
export function besideCourse(
  outcome: Outcome,
  course: Course,
  {
    called,
    settled,
    settleSeconds,
    direction,
  }: { called: number; settled: number; settleSeconds: number; direction: "above" | "below" },
): Outcome {
  const { verdict, detail } = outcome;
  const before = until(course, called);
  const line = withoutAction(before, direction, settled);
  // The mean after it lies in the middle of the second half of the settle time. Further ahead than one would say
  // aloud, for what climbed anyway proves nothing against the action.
  const middle = settled - settleSeconds / 4;
  const beside = withoutAction(before, direction, middle, furthestBeside);
  const stood = median(before.values.filter(Number.isFinite).slice(-standingSamples));
  const isNoWorse = isWithin(detail, beside?.value ?? null, direction) || isWithin(detail, stood, direction);
  const curedAt = verdict === "improved" ? usualAgainAt(course, detail.usual, called, direction) : null;
  return {
    verdict: verdict === "worse" && isNoWorse ? "unchanged" : verdict,
    detail: {
      ...detail,
      ...(line === null ? {} : { withoutAction: line }),
      ...(curedAt === null ? {} : { curedAfterSeconds: curedAt - called }),
    },
  };
}

function until({ time, values }: Course, end: number): Course {
  const kept = time.filter((at) => at <= end).length;
  return { time: time.slice(0, kept), values: values.slice(0, kept) };
}

/** How many times as far ahead as it was watched a line is followed when nothing is said of it. */
const furthestBeside = 6;
/** How many samples just before a call tell where the metric stood then. */
const standingSamples = 5;

/**
 * Whether the metric came to no more trouble than some value means: where its own line leads to, or where it stood just
 * before the call. Then the action did not add to it.
 */
export function isWithin(
  { after, usual }: Pick<VerdictDetail, "after" | "usual">,
  reference: number | null,
  direction: "above" | "below",
): boolean {
  if (after === null || reference === null || !Number.isFinite(reference)) return false;
  if (usual === null) return byChange(reference, after, direction) !== "worse";
  return byBand(distance(reference, usual, direction), distance(after, usual, direction), usual) !== "worse";
}

/** From when on (metric seconds) every sample after the call was usual; null without a band or samples. */
function usualAgainAt(
  { time, values }: Course,
  usual: [number, number] | null,
  called: number,
  direction: "above" | "below",
): number | null {
  if (usual === null) return null;
  const isTrouble = (value: number) => distance(value, usual, direction) > noiseOf(usual);
  const after = time.flatMap((at, row) => (at > called ? [{ at, value: values[row] ?? Number.NaN }] : []));
  const known = after.filter(({ value }) => Number.isFinite(value));
  const last = known.findLastIndex(({ value }) => isTrouble(value));
  return known[last + 1]?.at ?? null;
}

/**
 * The verdict from two measurements of one metric. With a usual band, what counts is the distance outside it on the
 * side that is trouble: a quarter of it or less is improved, a quarter more is worse. Without one, a change by a fifth
 * to the good or bad side. No side, no samples or partial data: unverified.
 */
export function compare(
  metric: string,
  direction: "above" | "below" | null,
  before: Measurement,
  after: Measurement,
): Outcome {
  const usual: [number, number] | null =
    after.low === undefined || after.high === undefined ? null : [after.low, after.high];
  const numbers = { metric, before: before.mean, after: after.mean, usual };
  if (before.mean === null || lacking(before))
    return unverified(numbers, "There are too few samples from before.");
  if (after.mean === null || lacking(after))
    return unverified(numbers, "There are too few samples from after it.");
  const verdict = usual
    ? byBand(distance(before.mean, usual, direction), distance(after.mean, usual, direction), usual)
    : byChange(before.mean, after.mean, direction);
  if (verdict === null) return unverified(numbers, `What is usual for ${metric} is not known.`);
  const beside = usual ? ` (usually ${short(usual[0])} to ${short(usual[1])})` : "";
  const text = `${metric} was ${short(before.mean)} and is ${short(after.mean)}${beside}.`;
  return { verdict, detail: { ...numbers, text } };
}

function noiseOf([low, high]: [number, number]): number {
  return Math.max((high - low) * 0.1, Math.max(Math.abs(high), Math.abs(low)) * 0.01);
}

function byBand(before: number, after: number, usual: [number, number]): Verdict {
  const noise = noiseOf(usual);
  if (before <= noise && after <= noise) return "unchanged";
  if (after <= Math.max(before * 0.25, noise) && after < before) return "improved";
  return after > before * 1.25 + noise ? "worse" : "unchanged";
}

function byChange(before: number, after: number, direction: "above" | "below" | null): Verdict | null {
  if (direction === null) return null;
  const gain = direction === "above" ? before - after : after - before;
  const scale = Math.max(Math.abs(before), Math.abs(after));
  if (scale === 0 || Math.abs(gain) < scale * 0.2) return "unchanged";
  return gain > 0 ? "improved" : "worse";
}

/** How far outside the band, on the side that is trouble; on either side where none is named. */
function distance(value: number, [low, high]: [number, number], direction: "above" | "below" | null): number {
  const above = direction === "below" ? 0 : Math.max(0, value - high);
  const below = direction === "above" ? 0 : Math.max(0, low - value);
  return Math.max(above, below);
}

/** Whether a measurement is too little to judge by. */
export function lacking(measured: Measurement): boolean {
  return (
    measured.partial ||
    measured.mean === null ||
    !Number.isFinite(measured.mean) ||
    measured.samples < fewestSamples
  );
}

/** The outcome of what cannot be judged, and why. */
export function unverified(numbers: Omit<VerdictDetail, "text">, text: string): Outcome {
  return { verdict: "unverified", detail: { ...numbers, text } };
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
