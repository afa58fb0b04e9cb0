import PQueue from "p-queue";
import type { Frame } from "../../ml/frame.ts";
import type { Target } from "../inventory.ts";
import type { Catalog, Metric } from "./catalog.ts";
import type { Prometheus, QueryAnswer, Window } from "./client.ts";
import { PrometheusError } from "./error.ts";
import { seriesMatcher } from "./match-series.ts";

export type FramesRequest = {
  prometheus: Prometheus;
  catalog: Catalog;
  targets: readonly Target[];
  /** Unix seconds of metric time; the frame's rows are the multiples of the step in between. */
  start: number;
  end: number;
  stepSeconds: number;
};

export type Frames = {
  /** One frame a target, all with the same rows and the catalog's metrics as columns. */
  frames: Map<string, Frame>;
  warnings: string[];
  /** Something may be missing: show it, and let nothing act on it alone. */
  partial: boolean;
  /** Time of the newest sample of any target (unix seconds), null when there is none. */
  newest: number | null;
  /** Time of the newest sample per target; a target without any is not in it. */
  newestByTarget: Map<string, number>;
  /** Targets without a fresh sample at the end of the window: neither healthy nor anomalous. */
  stale: string[];
};

const queriesAtOnce = 4;
const leastFreshSeconds = 90;
/** A value carried over more scrape intervals than this is a gap, and a target without a newer one is stale. */
const carriedIntervals = 3;

type Grid = { start: number; stepSeconds: number; rows: number; carriedSeconds: number };
type Column = { metric: Metric; byTarget: Map<string, Float64Array> };

/**
 * The catalog's metrics of all targets over a window, one query a metric. A metric nobody has is a column of NaN; gaps
 * are NaN, as is every infinite value, with a warning. A query that fails costs its own column only and makes the
 * answer partial; when Prometheus cannot be reached, or every query fails, the PrometheusError is thrown.
 */
export async function fetchFrames(request: FramesRequest): Promise<Frames> {
  const { prometheus, catalog, targets, stepSeconds } = request;
  const grid = gridOf(request);
  const window = { start: grid.start, end: grid.start + (grid.rows - 1) * stepSeconds, stepSeconds };
  const expressions = [
    ...catalog.metrics.map((metric) => catalog.expression(metric, stepSeconds)),
    catalog.freshness,
  ];
  const outcomes = await askAll(prometheus, expressions, window);

  const warnings = new Set<string>();
  const matchTarget = seriesMatcher(targets);
  const freshness = outcomes.pop();
  const columns = catalog.metrics.map((metric, i) => {
    const outcome = outcomes[i];
    noteProblems(metric.name, outcome, warnings);
    return toColumn(metric, outcome, matchTarget, grid, warnings);
  });
  noteProblems("the time of the newest sample", freshness, warnings);
  const sampled = sampleTimes(freshness, matchTarget, grid);
  for (const target of targets) blankCarried(target.name, columns, sampled.get(target.name), grid);

  const newestByTarget = findNewest(targets, columns, sampled, grid);
  const freshSeconds = Math.max(grid.carriedSeconds, leastFreshSeconds);
  return {
    frames: new Map(targets.map(({ name }) => [name, toFrame(name, columns, grid)])),
    warnings: [...warnings],
    partial: [...outcomes, freshness].some((outcome) => !isAnswer(outcome) || outcome.partial),
    newest: newestByTarget.size === 0 ? null : Math.max(...newestByTarget.values()),
    newestByTarget,
    stale: targets
      .map(({ name }) => name)
      .filter((name) => request.end - (newestByTarget.get(name) ?? -Infinity) > freshSeconds),
  };
}

function gridOf({ start, end, stepSeconds, catalog }: FramesRequest): Grid {
  const first = Math.ceil(start / stepSeconds - 1e-9);
  const rows = Math.floor(end / stepSeconds + 1e-9) - first + 1;
  if (!(stepSeconds > 0) || !(rows >= 1))
    throw new RangeError(
      `fetchFrames requires at least one step of ${stepSeconds} s between ${start} and ${end}`,
    );
  const carriedSeconds =
    catalog.scrapeSeconds === null
      ? Math.max(carriedIntervals * stepSeconds, leastFreshSeconds)
      : carriedIntervals * catalog.scrapeSeconds;
  return { start: first * stepSeconds, stepSeconds, rows, carriedSeconds };
}

type Outcome = QueryAnswer | PrometheusError;

async function askAll(
  prometheus: Prometheus,
  expressions: readonly string[],
  window: Window,
): Promise<Outcome[]> {
  const queue = new PQueue({ concurrency: queriesAtOnce });
  let answered = false;
  let down: PrometheusError | null = null;
  const outcomes = await queue.addAll(
    expressions.map((expr) => async (): Promise<Outcome> => {
      // Waiting for the same dead server once is enough.
      if (down) return down;
      try {
        const answer = await prometheus.queryRange(expr, window);
        answered = true;
        return answer;
      } catch (error) {
        if (!(error instanceof PrometheusError)) throw error;
        if (error.kind === "unreachable" || (error.kind === "timeout" && !answered)) down = error;
        return error;
      }
    }),
  );
  const unreachable = outcomes.find((outcome) => !isAnswer(outcome) && outcome.kind === "unreachable");
  const lost = unreachable ?? (outcomes.some(isAnswer) ? undefined : outcomes[0]);
  if (lost instanceof PrometheusError) throw lost;
  return outcomes;
}

function isAnswer(outcome: Outcome | undefined): outcome is QueryAnswer {
  return outcome !== undefined && !(outcome instanceof PrometheusError);
}

function noteProblems(what: string, outcome: Outcome | undefined, warnings: Set<string>): void {
  if (outcome instanceof PrometheusError) warnings.add(`${what}: ${outcome.message}`);
  else for (const warning of outcome?.warnings ?? []) warnings.add(`${what}: ${warning}`);
}

function toColumn(
  metric: Metric,
  outcome: Outcome | undefined,
  matchTarget: ReturnType<typeof seriesMatcher>,
  grid: Grid,
  warnings: Set<string>,
): Column {
  const byTarget = new Map<string, Float64Array>();
  for (const series of isAnswer(outcome) ? outcome.series : []) {
    const target = matchTarget(series.labels);
    if (!target) continue;
    const column = byTarget.get(target.name) ?? emptyColumn(grid);
    byTarget.set(target.name, column);
    for (const [i, time] of series.time.entries()) {
      const row = rowOf(time, grid);
      const value = series.values[i] ?? NaN;
      if (Math.abs(value) === Infinity)
        warnings.add(`${metric.name}: infinite values of ${target.name} left out`);
      else if (row !== null) column[row] = combine(metric.combine, column[row] ?? NaN, value);
    }
  }
  return { metric, byTarget };
}

/** NaN is "no sample" on either side, so the order in which series come does not matter. */
function combine(how: Metric["combine"], left: number, right: number): number {
  if (Number.isNaN(left)) return right;
  if (Number.isNaN(right)) return left;
  if (how === "sum") return left + right;
  return how === "max" ? Math.max(left, right) : Math.min(left, right);
}

function sampleTimes(
  outcome: Outcome | undefined,
  matchTarget: ReturnType<typeof seriesMatcher>,
  grid: Grid,
): Map<string, Float64Array> {
  const times = new Map<string, Float64Array>();
  for (const series of isAnswer(outcome) ? outcome.series : []) {
    const name = matchTarget(series.labels)?.name;
    if (name === undefined) continue;
    const column = times.get(name) ?? emptyColumn(grid);
    times.set(name, column);
    for (const [i, time] of series.time.entries()) {
      const row = rowOf(time, grid);
      if (row !== null) column[row] = combine("max", column[row] ?? NaN, series.values[i] ?? NaN);
    }
  }
  return times;
}

/** Prometheus repeats the last value for up to five minutes; beyond a few scrapes that is a gap, not a measurement. */
function blankCarried(
  name: string,
  columns: readonly Column[],
  sampled: Float64Array | undefined,
  grid: Grid,
): void {
  if (!sampled) return;
  for (let row = 0; row < grid.rows; row++) {
    const age = grid.start + row * grid.stepSeconds - (sampled[row] ?? NaN);
    // Without any sample there is nothing to carry; whatever an expression still answers has another source.
    if (!(age > grid.carriedSeconds)) continue;
    for (const { byTarget } of columns) byTarget.get(name)?.fill(NaN, row, row + 1);
  }
}

function findNewest(
  targets: readonly Target[],
  columns: readonly Column[],
  sampled: ReadonlyMap<string, Float64Array>,
  grid: Grid,
): Map<string, number> {
  const newest = new Map<string, number>();
  for (const { name } of targets) {
    const measured = sampled.get(name)?.findLast((time) => !Number.isNaN(time));
    const row = Math.max(
      ...columns.map(
        ({ byTarget }) => byTarget.get(name)?.findLastIndex((value) => !Number.isNaN(value)) ?? -1,
      ),
    );
    const time = measured ?? (row < 0 ? undefined : grid.start + row * grid.stepSeconds);
    if (time !== undefined) newest.set(name, time);
  }
  return newest;
}

function toFrame(name: string, columns: readonly Column[], grid: Grid): Frame {
  return {
    stepSeconds: grid.stepSeconds,
    time: Float64Array.from({ length: grid.rows }, (_, row) => grid.start + row * grid.stepSeconds),
    metrics: columns.map(({ metric }) => metric.name),
    columns: columns.map(({ byTarget }) => byTarget.get(name) ?? emptyColumn(grid)),
  };
}

function emptyColumn(grid: Grid): Float64Array {
  return new Float64Array(grid.rows).fill(NaN);
}

function rowOf(time: number, grid: Grid): number | null {
  const row = Math.round((time - grid.start) / grid.stepSeconds);
  return row >= 0 && row < grid.rows ? row : null;
}
