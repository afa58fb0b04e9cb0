import type { Frame } from "../ml/frame.ts";
import { DatasetError } from "./csv.ts";

/** A detector keeps ten features of 4 bytes a value, several times over while it learns: beyond this, memory ends. */
const MOST_VALUES = 20_000_000;
const MOST_METRICS = 3000;

/** The year 5138: what is above it are the milliseconds of our time. */
const latestTime = 1e11;
/** A hole of more steps than this is worth a word. */
const notedJumpSteps = 60;
/** Fewer rows than this share at the usual distance make the step doubtful. */
const evenShare = 0.8;

/** Throws a DatasetError for a time that must be milliseconds. `place` begins the message. */
export function checkSeconds(time: number, place: string): void {
  if (Math.abs(time) > latestTime)
    throw new DatasetError(
      `${place}: ${time} cannot be unix seconds, it looks like milliseconds. Divide the times by 1000.`,
    );
}

/** The median distance of rows; when the clock jitters, the mean of the ordinary distances, in whole seconds from 5 s up. */
export function stepOf(time: Float64Array, file: string): number {
  if (time.length < 2)
    throw new DatasetError(
      `${file} has one row only: at least two are needed to know how far apart samples are.`,
    );
  const gaps = gapsOf(time);
  const median = gaps.toSorted()[Math.floor(gaps.length / 2)]!;
  if (!(median > 0))
    throw new DatasetError(`${file}: most rows have the time of the row before. Keep one row for each time.`);
  const ordinary = gaps.filter((gap) => isOrdinary(gap, median));
  if (ordinary.every((gap) => gap === median)) return median;
  const average = ordinary.reduce((sum, gap) => sum + gap, 0) / ordinary.length;
  return average >= 5 ? Math.round(average) : average;
}

/**
 * Refuses what no detector could hold in memory, and names the jump in time when that is why: with the holes filled by
 * missing cells a frame may have 20 million values, and 3000 metrics.
 */
export function checkSize({ time, stepSeconds, metrics }: Frame, file: string): void {
  if (metrics.length > MOST_METRICS)
    throw new DatasetError(
      `${file}, line 1: ${metrics.length} metrics, and a detector takes ${MOST_METRICS} at most. Leave out those that say the least.`,
    );
  const cells = (time.at(-1)! - time[0]!) / stepSeconds + 1;
  if (cells * metrics.length <= MOST_VALUES) return;
  const [row, gap] = largestGap(time);
  if (time.length * metrics.length > MOST_VALUES / 2 || gap < notedJumpSteps * stepSeconds)
    throw new DatasetError(
      `${file}: ${Math.round(cells)} steps of ${stepSeconds} s with ${metrics.length} metrics are more than ` +
        `${MOST_VALUES / 1e6} million values. Give fewer rows or fewer metrics.`,
    );
  throw new DatasetError(
    `${file}, line ${row + 2}: the time jumps ahead by ${durationOf(gap)}. A clock must have been wrong: ` +
      "correct the times, or cut the file there.",
  );
}

/** What a person should know about rows that can be used but are not as they should be: one sentence each. */
export function remarksOn({ time, stepSeconds, metrics, columns }: Frame, file: string): string[] {
  const gaps = gapsOf(time);
  const remarks: string[] = [];
  const repeated = gaps.filter((gap) => gap === 0).length;
  if (repeated > 0)
    remarks.push(`${file}: rows that repeat the row before them: ${repeated}; each sample counts once.`);
  const [row, gap] = largestGap(time);
  const jumps = gaps.filter((each) => each > notedJumpSteps * stepSeconds).length;
  if (jumps > 0)
    remarks.push(
      `${file}: the time jumps ahead (${jumps} x), most by ${durationOf(gap)} before line ${row + 2}; ` +
        "what lies between counts as missing, and scores begin again when windows are full.",
    );
  const even = gaps.filter((each) => isOrdinary(each, stepSeconds)).length / gaps.length;
  if (even < evenShare)
    remarks.push(
      `${file}: only ${Math.round(100 * even)} % of the rows are about ${stepSeconds} s apart, which counts as the step; ` +
        "rows that lie closer share a step, and steps without a row count as missing.",
    );
  const empty = metrics.filter((_, m) => columns[m]!.every(Number.isNaN));
  if (empty.length > 0)
    remarks.push(`${file}: no value at all of ${listed(empty)}; without one a metric weighs nothing.`);
  return remarks;
}

function isOrdinary(gap: number, step: number): boolean {
  return gap > 0.5 * step && gap < 1.5 * step;
}

function gapsOf(time: Float64Array): Float64Array {
  return time.slice(1).map((t, i) => t - time[i]!);
}

/** The row after the largest gap, and the gap in seconds. */
function largestGap(time: Float64Array): [row: number, seconds: number] {
  let row = 1;
  for (let i = 2; i < time.length; i++) if (time[i]! - time[i - 1]! > time[row]! - time[row - 1]!) row = i;
  return [row, time[row]! - time[row - 1]!];
}

function durationOf(seconds: number): string {
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
