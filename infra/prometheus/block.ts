import { setImmediate } from "node:timers/promises";
import PQueue from "p-queue";
import type { Target } from "../inventory.ts";
import { blankCarriedValues, carriedSeconds, type Grid } from "./carried.ts";
import type { Catalog, Metric } from "./catalog.ts";
import type { Prometheus, QueryAnswer, Series, Window } from "./client.ts";
import { PrometheusError } from "./error.ts";
import { positionMatcher } from "./match-series.ts";
import { narrowTo } from "./narrow.ts";

export type BlockRequest = {
  prometheus: Prometheus;
  catalog: Catalog;
  targets: readonly Target[];
  /** Unix seconds of metric time; the rows are the multiples of the step in between. */
  start: number;
  end: number;
  stepSeconds: number;
};

/** The samples of all targets over a window as one array, which can be given to a worker thread without a copy. */
export type Block = Grid & {
  metrics: readonly string[];
  /** `values[(target * metrics + metric) * rows + row]`, NaN where there is no sample. */
  values: Float64Array;
  /** Per target: time of the newest sample (unix seconds), NaN without any. */
  newest: Float64Array;
  warnings: string[];
  /** Something may be missing: show it, and let nothing act on it alone. */
  partial: boolean;
};

const queriesAtOnce = 4;
/** Work is done in slices of so many series or targets, between which clicks and timers get their turn. */
const slice = 1_000;
/** Of warnings that differ only in the target. */
const mostTargetWarnings = 10;

/**
 * The catalog's metrics of all targets over a window: one query a metric, O(series + cells). Gaps are NaN, as is every
 * infinite value, with a warning. A query that fails costs its own metric only and makes the answer partial; when
 * Prometheus cannot be reached, or every query fails, the PrometheusError is thrown.
 */
export async function fetchBlock(request: BlockRequest): Promise<Block> {
  const { prometheus, catalog, targets, stepSeconds } = request;
  const grid = gridOf(request);
  const window = { start: grid.start, end: grid.start + (grid.rows - 1) * stepSeconds, stepSeconds };
  const layout = { grid, metrics: catalog.metrics.length, position: positionMatcher(targets) };
  const values = new Float64Array(targets.length * layout.metrics * grid.rows).fill(NaN);
  const sampled = new Float64Array(targets.length * grid.rows).fill(NaN);
  const questions = questionsOf(request);
  // Each answer is poured into the block as it comes, so that ten thousand series are held for one query only.
  const columns = questions.map((_, at): Column => {
    const metric = catalog.metrics[at];
    const into = metric === undefined ? sampled : values;
    return { ...layout, metric, at: metric === undefined ? 0 : at, into, infinite: new Set() };
  });
  const outcomes = await askAll(prometheus, questions, window, (series, at) => {
    const column = columns[at];
    if (column !== undefined) pour(series, column);
  });
  const told = outcomes.flatMap((outcome, at) => [
    ...problemsOf(catalog.metrics[at]?.name ?? "the time of the newest sample", outcome),
    ...infiniteValues(columns[at], targets),
  ]);
  const newest = await blankCarriedValues(targets.length, layout.metrics, { values, sampled, grid });
  return {
    ...grid,
    metrics: catalog.metrics.map(({ name }) => name),
    values,
    newest,
    warnings: [...new Set(told)],
    partial: outcomes.some((outcome) => outcome instanceof PrometheusError || outcome.partial),
  };
}

/** `whole` answers all targets; `expr` perhaps only those that are asked about. */
type Question = { expr: string; whole: string };

function questionsOf({ catalog, targets, stepSeconds }: BlockRequest): Question[] {
  const narrow = (whole: string) => ({ whole, expr: catalog.narrows ? narrowTo(targets, whole) : whole });
  return [
    ...catalog.metrics.map((metric) => {
      const whole = catalog.expression(metric, stepSeconds);
      // A user's expression without `$by` may answer without an address.
      return metric.expr.includes("$by") ? narrow(whole) : { whole, expr: whole };
    }),
    narrow(catalog.freshness),
  ];
}

function gridOf({ start, end, stepSeconds, catalog }: BlockRequest): Grid {
  const first = Math.ceil(start / stepSeconds - 1e-9);
  const rows = Math.floor(end / stepSeconds + 1e-9) - first + 1;
  if (!(stepSeconds > 0) || !(rows >= 1))
    throw new RangeError(
      `samples can only be asked for with at least one step of ${stepSeconds} s between ${start} and ${end}`,
    );
  return {
    start: first * stepSeconds,
    stepSeconds,
    rows,
    carriedSeconds: carriedSeconds(catalog, stepSeconds),
  };
}

type Outcome = Pick<QueryAnswer, "warnings" | "partial"> | PrometheusError;

async function askAll(
  prometheus: Prometheus,
  questions: readonly Question[],
  window: Window,
  take: (series: readonly Series[], at: number) => void,
): Promise<Outcome[]> {
  const queue = new PQueue({ concurrency: queriesAtOnce });
  let answered = false;
  let down: PrometheusError | null = null;
  const outcomes = await queue.addAll(
    questions.map((question, at) => async (): Promise<Outcome> => {
      // Waiting for the same dead server once is enough.
      if (down) return down;
      try {
        const answer = await askOne(prometheus, question, window, (series) => take(series, at));
        answered = true;
        await inSlices(answer.series, (series) => take(series, at));
        return { warnings: answer.warnings, partial: answer.partial };
      } catch (error) {
        if (!(error instanceof PrometheusError)) throw error;
        if (error.kind === "unreachable" || (error.kind === "timeout" && !answered)) down = error;
        return error;
      }
    }),
  );
  const failed = outcomes.filter((outcome) => outcome instanceof PrometheusError);
  const lost =
    failed.find(({ kind }) => kind === "unreachable") ??
    (failed.length === outcomes.length ? failed[0] : undefined);
  if (lost !== undefined) throw lost;
  return outcomes;
}

/** What stands in for Prometheus may know the catalog's own expressions only: it is then asked for all targets. */
async function askOne(
  prometheus: Prometheus,
  { expr, whole }: Question,
  window: Window,
  take: (series: Series[]) => void,
): Promise<QueryAnswer> {
  try {
    return await prometheus.queryRange(expr, window, take);
  } catch (error) {
    const isRefused = error instanceof PrometheusError && error.kind === "bad_query";
    if (!isRefused || expr === whole) throw error;
    return prometheus.queryRange(whole, window, take);
  }
}

function problemsOf(what: string, outcome: Outcome): string[] {
  return outcome instanceof PrometheusError
    ? [`${what}: ${outcome.message}`]
    : outcome.warnings.map((warning) => `${what}: ${warning}`);
}

async function inSlices(series: readonly Series[], take: (series: readonly Series[]) => void): Promise<void> {
  for (let from = 0; from < series.length; from += slice) {
    if (from > 0) await setImmediate();
    take(series.slice(from, from + slice));
  }
}

/** Where the series of one expression go. */
type Column = {
  /** Absent for the times of the newest samples, of which the latest counts. */
  metric: Metric | undefined;
  at: number;
  into: Float64Array;
  grid: Grid;
  metrics: number;
  position: ReturnType<typeof positionMatcher>;
  /** Targets of which infinite values were left out. */
  infinite: Set<number>;
};

/** Writes series into their place. NaN is "no sample" on either side, so the order of the series does not matter. */
function pour(
  series: readonly Series[],
  { metric, at, into, grid, metrics, position, infinite }: Column,
): void {
  for (const { labels, time, values } of series) {
    const target = position(labels);
    if (target < 0) continue;
    const first = (metric === undefined ? target : target * metrics + at) * grid.rows;
    for (let i = 0; i < time.length; i++) {
      const value = values[i] ?? NaN;
      const row = Math.round(((time[i] ?? NaN) - grid.start) / grid.stepSeconds);
      if (!(row >= 0 && row < grid.rows)) continue;
      if (metric !== undefined && Math.abs(value) === Infinity) infinite.add(target);
      else into[first + row] = combine(metric?.combine ?? "max", into[first + row] ?? NaN, value);
    }
  }
}

function infiniteValues(column: Column | undefined, targets: readonly Target[]): string[] {
  if (column?.metric === undefined || column.infinite.size === 0) return [];
  const { metric, infinite } = column;
  const named = [...infinite].slice(0, mostTargetWarnings).map((target) => targets[target]?.name ?? "");
  const rest = infinite.size - named.length;
  return [
    ...named.map((name) => `${metric.name}: infinite values of ${name} left out`),
    ...(rest > 0 ? [`${metric.name}: infinite values of ${rest} more targets left out`] : []),
  ];
}

function combine(how: Metric["combine"], left: number, right: number): number {
  if (Number.isNaN(left)) return right;
  if (Number.isNaN(right)) return left;
  if (how === "sum") return left + right;
  return how === "max" ? Math.max(left, right) : Math.min(left, right);
}
