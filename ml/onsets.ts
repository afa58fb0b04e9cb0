import type { Frame } from "./frame.ts";

/** When a metric left its usual range, unix seconds, to stay outside until the frame's end. */
export type Onset = { metric: string; at: number };

/** A metric may come back, or be missing, for so many rows without that being the end of its stretch. */
const FORGIVEN_ROWS = 3;

/**
 * The metrics that are outside their usual range at the end of the frame, the first to leave it first; of two that left
 * at the same row the one named first in `metrics`. `usual` answers a metric's range in its own unit, null where none
 * is known. A metric that was outside before the frame began has the frame's first row. Looks at each row once.
 */
export function onsetsOf(
  frame: Frame,
  metrics: readonly string[],
  usual: (metric: string) => readonly [low: number, high: number] | null,
): Onset[] {
  const found = metrics.flatMap((metric) => {
    const column = frame.columns[frame.metrics.indexOf(metric)];
    const range = usual(metric);
    if (column === undefined || range === null) return [];
    const row = startOfStretch(column, range);
    return row === null ? [] : [{ metric, at: frame.time[row]! }];
  });
  return found.sort((a, b) => a.at - b.at);
}

function startOfStretch(column: ArrayLike<number>, [low, high]: readonly [number, number]): number | null {
  let start: number | null = null;
  let forgiven = 0;
  for (let row = column.length - 1; row >= 0 && forgiven <= FORGIVEN_ROWS; row--) {
    const value = column[row]!;
    if (value < low || value > high) {
      start = row;
      forgiven = 0;
    } else forgiven++;
  }
  return start;
}
