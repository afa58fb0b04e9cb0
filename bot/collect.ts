import { setImmediate } from "node:timers/promises";
import type { Clock } from "../infra/clock.ts";
import type { MeasuredRow } from "../infra/database/metrics-history-append.ts";
import type { MetricsHistory } from "../infra/database/metrics-history.ts";
import type { Target } from "../infra/inventory.ts";
import { type Block, fetchBlock } from "../infra/prometheus/block.ts";
import type { Catalog } from "../infra/prometheus/catalog.ts";
import type { Prometheus } from "../infra/prometheus/client.ts";
import { PrometheusError } from "../infra/prometheus/error.ts";

export type Collector = ReturnType<typeof createCollector>;

type Dependencies = {
  prometheus: Prometheus;
  catalog: Catalog;
  clock: Pick<Clock, "metric">;
  targets: () => readonly Target[];
  history: Pick<MetricsHistory, "append" | "coverage" | "forget" | "stepSeconds">;
  retentionDays: number;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
};

/** A sample that was just scraped may take so long until a query sees it (VictoriaMetrics holds back 30 s). */
const settleSeconds = 30;
/** What was missed is fetched afterwards, from no longer ago than this: Prometheus still has it, and it is soon done. */
const backfillSeconds = 86_400;
/** How long an incomplete answer, or none, is asked for again before it is taken for what there is. */
const patienceSeconds = 600;
/** Rows that are made of one answer: a few milliseconds of work. */
const rowsPerFetch = 10_000;
const mostMomentsPerFetch = 240;

/** Collects the catalog of all targets into the history, one row a step and target, and deletes what is too old. */
export function createCollector(deps: Dependencies) {
  const { history, clock, log } = deps;
  const step = history.stepSeconds;
  const stopping = new AbortController();
  /** The newest moment that is done with, metric seconds; null until the history was asked. */
  let reached: number | null = null;
  /** Targets that ever had a value: before that, nothing is missing. */
  const seen = new Set<string>();
  let incompleteSince: number | null = null;
  let problem: string | null = null;

  /** One round: every complete step since the last one. What Prometheus cannot answer now is asked again next time. */
  async function beat(): Promise<void> {
    try {
      await collect();
      if (problem !== null) log.info({}, "the history of metrics is collected again");
      problem = null;
    } catch (error) {
      if (!(error instanceof PrometheusError)) throw error;
      if (problem === null)
        log.warn({ error: error.message }, "the history of metrics could not be collected");
      problem = error.message;
    }
  }

  async function collect(): Promise<void> {
    const targets = deps.targets();
    const end = Math.floor((clock.metric() - settleSeconds) / step) * step;
    if (targets.length === 0 || end < 0) return;
    reached ??= await newestStored();
    if (reached > end + step) {
      log.warn({ newest: reached, now: end }, "metric time went back: rows that are there already are kept");
      reached = end - step;
    }
    reached = Math.max(reached, end - backfillSeconds);
    const moments = Math.min(mostMomentsPerFetch, Math.max(1, Math.floor(rowsPerFetch / targets.length)));
    let looked = reached;
    while (looked + step <= end && !stopping.signal.aborted) {
      const first = (Math.floor(looked / step) + 1) * step;
      const last = Math.min(end, first + (moments - 1) * step);
      const done = await collectMoments(targets, { first, last });
      if (done === null) return;
      // What is unknown and not old yet is asked for again, unless something newer is known: then it never comes.
      const isOld = last < end - patienceSeconds;
      reached = Math.max(reached, isOld ? last : done);
      looked = last;
    }
  }

  /**
   * Stores what there is between two moments; answers the last moment of which something is known (minus infinity when
   * none is), or null when the answer was incomplete and is to be asked for again.
   */
  async function collectMoments(
    targets: readonly Target[],
    { first, last }: { first: number; last: number },
  ): Promise<number | null> {
    const block = await fetchBlock({
      prometheus: deps.prometheus,
      catalog: freshOnly(deps.catalog, step),
      targets,
      start: first,
      end: last,
      stepSeconds: step,
    });
    if (block.partial && isToBeAskedAgain()) return null;
    if (!block.partial) incompleteSince = null;
    const rows = await rowsOf(block, { targets, catalog: deps.catalog, seen });
    await history.append(rows);
    for (const { target } of rows) seen.add(target);
    return rows.reduce((newest, { at }) => Math.max(newest, at), Number.NEGATIVE_INFINITY);
  }

  function isToBeAskedAgain(): boolean {
    const now = clock.metric();
    incompleteSince ??= now;
    if (now < incompleteSince) incompleteSince = now;
    return now - incompleteSince < patienceSeconds;
  }

  async function newestStored(): Promise<number> {
    const known = await history.coverage();
    for (const { target } of known) seen.add(target);
    return known.reduce((newest, each) => Math.max(newest, each.newest), Number.NEGATIVE_INFINITY);
  }

  /**
   * Deletes rows beyond the days that are kept; answers how many. Counted from the newest row where the clock is ahead
   * of it: a clock that is wrong for a moment must not empty the history.
   */
  async function sweep(): Promise<number> {
    const known = await history.coverage();
    if (known.length === 0) return 0;
    const newest = Math.max(...known.map((each) => each.newest));
    return history.forget(Math.min(clock.metric(), newest) - deps.retentionDays * 86_400, stopping.signal);
  }

  return {
    beat,
    sweep,
    /** Lets a round under way end after its current answer. */
    stop: (): void => stopping.abort(),
    /** Why nothing is collected at the moment; null when all is well. */
    problem: (): string | null => problem,
  };
}

/**
 * The catalog with values that are at most one step old: an older one was a row's before and is not new. Expressions
 * keep their rate window.
 */
function freshOnly(catalog: Catalog, stepSeconds: number): Catalog {
  const carriedIntervals = 3;
  return { ...catalog, scrapeSeconds: (stepSeconds - 0.001) / carriedIntervals };
}

/** Rows are made in slices of so many targets, between which others have their turn. */
const slice = 500;

/**
 * One row a target and moment. A moment of which nothing is known of any target is none: Prometheus was away, which is a
 * gap. A target without a value beside others that have one is a dead scrape, as is one of which only its being down is
 * known; of a target that never had a value nothing is missing.
 */
async function rowsOf(
  block: Block,
  { targets, catalog, seen }: { targets: readonly Target[]; catalog: Catalog; seen: ReadonlySet<string> },
): Promise<MeasuredRow[]> {
  const { metrics, rows: moments, partial } = block;
  const measures = metrics.map((metric) => catalog.find(metric)?.unit !== "up");
  const known = new Set<number>();
  const rows: MeasuredRow[] = [];
  for (const [position, { name: target }] of targets.entries()) {
    if (position % slice === slice - 1) await setImmediate();
    let hasBegun = seen.has(target);
    for (let moment = 0; moment < moments; moment++) {
      const at = block.start + moment * block.stepSeconds;
      const values = valuesOf(block, position, moment);
      const isEmpty = values.every(Number.isNaN);
      if (!isEmpty) known.add(at);
      hasBegun ||= !isEmpty;
      const dead = !partial && values.every((value, i) => !measures[i] || Number.isNaN(value));
      if (hasBegun) rows.push({ target, at, metrics, values, dead });
    }
  }
  return rows.filter(({ at }) => known.has(at));
}

function valuesOf({ metrics, rows, values }: Block, target: number, moment: number): Float64Array {
  const row = new Float64Array(metrics.length);
  for (let i = 0; i < metrics.length; i++)
    row[i] = values[(target * metrics.length + i) * rows + moment] ?? Number.NaN;
  return row;
}
