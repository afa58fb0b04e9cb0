import { setImmediate } from "node:timers/promises";
import type { Catalog } from "./catalog.ts";

/** `start` is the time of the first row; a value older than `carriedSeconds` is a gap. */
export type Grid = { start: number; stepSeconds: number; rows: number; carriedSeconds: number };

const leastFreshSeconds = 90;
/** A value carried over more scrape intervals than this is a gap, and a target without a newer one is stale. */
const carriedIntervals = 3;
/** Targets between which clicks and timers get their turn. */
const slice = 1_000;

/** How long Prometheus may repeat a value before it counts as a gap, in seconds. */
export function carriedSeconds(
  { scrapeSeconds }: Pick<Catalog, "scrapeSeconds">,
  stepSeconds: number,
): number {
  return scrapeSeconds === null
    ? Math.max(carriedIntervals * stepSeconds, leastFreshSeconds)
    : carriedIntervals * scrapeSeconds;
}

/** A target whose newest sample is older than this is stale, in seconds. */
export function freshSecondsOf(grid: Pick<Grid, "carriedSeconds">): number {
  return Math.max(grid.carriedSeconds, leastFreshSeconds);
}

/** A block in the making; `sampled[target * rows + row]` is the time of the newest sample at a row. */
type Filled = { values: Float64Array; sampled: Float64Array; grid: Grid };

/** Blanks what was only carried on, and finds the time of each target's newest sample (NaN without any). */
export async function blankCarriedValues(
  targets: number,
  metrics: number,
  filled: Filled,
): Promise<Float64Array> {
  const newest = new Float64Array(targets).fill(NaN);
  for (let target = 0; target < targets; target++) {
    if (target % slice === slice - 1) await setImmediate();
    blankCarried(target, metrics, filled);
    newest[target] = newestOf(target, metrics, filled);
  }
  return newest;
}

/** Prometheus repeats the last value for up to five minutes; beyond a few scrapes that is a gap, not a measurement. */
function blankCarried(target: number, metrics: number, { values, sampled, grid }: Filled): void {
  const { rows } = grid;
  for (let row = 0; row < rows; row++) {
    const age = grid.start + row * grid.stepSeconds - (sampled[target * rows + row] ?? NaN);
    // Without any sample there is nothing to carry; whatever an expression still answers has another source.
    if (!(age > grid.carriedSeconds)) continue;
    for (let m = 0; m < metrics; m++) values[(target * metrics + m) * rows + row] = NaN;
  }
}

function newestOf(target: number, metrics: number, { values, sampled, grid }: Filled): number {
  const { rows } = grid;
  for (let row = rows - 1; row >= 0; row--) {
    const measured = sampled[target * rows + row] ?? NaN;
    if (!Number.isNaN(measured)) return measured;
  }
  for (let row = rows - 1; row >= 0; row--)
    for (let m = 0; m < metrics; m++)
      if (!Number.isNaN(values[(target * metrics + m) * rows + row] ?? NaN))
        return grid.start + row * grid.stepSeconds;
  return NaN;
}
