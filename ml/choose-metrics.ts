import type { Frame } from "./frame.ts";

/** Bounds the cost of a fit: members compare 10 columns a metric, and one of them is cubic in the columns. */
const MOST_METRICS = 64;

/**
 * The frame itself when it has at most 64 metrics, else one with the 64 that tell most: those that differ from the row
 * before in the largest share of rows, the earlier one of equals, in the order of the frame. What never moves or is
 * seldom there is left out first; a person who wants it watched names fewer metrics.
 */
export function chooseMetrics(frame: Frame, most = MOST_METRICS): Frame {
  if (frame.metrics.length <= most) return frame;
  const moves = frame.columns.map(countMoves);
  const chosen = moves
    .map((_, m) => m)
    .sort((a, b) => moves[b]! - moves[a]! || a - b)
    .slice(0, most)
    .sort((a, b) => a - b);
  return {
    ...frame,
    metrics: chosen.map((m) => frame.metrics[m]!),
    columns: chosen.map((m) => frame.columns[m]!),
  };
}

function countMoves(column: Float64Array): number {
  let moves = 0;
  for (let row = 1; row < column.length; row++) if (Math.abs(column[row]! - column[row - 1]!) > 0) moves++;
  return moves;
}
