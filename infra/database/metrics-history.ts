import type { Frame } from "../../ml/frame.ts";
import { createAppend, type MeasuredRow } from "./metrics-history-append.ts";
import { forgetOldestBeat, tidyRegister } from "./metrics-history-forget.ts";
import { type HistoryWindow, toFrame } from "./metrics-history-frame.ts";
import { type HistoryFilter, pagesOf, type StoredRow } from "./metrics-history-pages.ts";
import { loadRegister, type Register } from "./metrics-history-register.ts";
import { anotherTurn } from "./metrics-history-statements.ts";
import { type HistoryStats, summarise } from "./metrics-history-stats.ts";
import type { HistoryDb } from "./metrics-history-tables.ts";

/** Where rows come from. What a recording shows is kept apart: it is stamped anew and repeats itself. */
export type HistorySource = "prometheus" | "recording";

/** How much of a target is there. Times are metric time, unix seconds. */
export type Coverage = {
  target: string;
  rows: number;
  oldest: number;
  newest: number;
  /** Places where rows are missing before a row: the bot or Prometheus was away. */
  gaps: number;
  /** Rows in which the target gave nothing. */
  deadScrapes: number;
};

export type MetricsHistory = ReturnType<typeof createMetricsHistory>;

/**
 * The collected metrics of all targets: one row per target and metric time. One process writes; readers hold nothing
 * while they read. `stepSeconds` is the distance of two rows of a target.
 */
export function createMetricsHistory({
  db,
  source,
  stepSeconds,
}: {
  db: HistoryDb;
  source: HistorySource;
  stepSeconds: number;
}) {
  const write = createAppend({ db, source, stepSeconds });
  let loaded: Promise<Register> | null = null;
  const register = () => (loaded ??= loadRegister(db, source));

  /** Writers one after the other: each relies on what the one before knew of the targets. */
  let last: Promise<unknown> = Promise.resolve();
  function alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = last.then(work).catch((error: unknown) => {
      loaded = null;
      throw error;
    });
    last = done.catch(() => undefined);
    return done;
  }

  /** Stores rows in one transaction; a row whose target and time are there already changes nothing. */
  function append(rows: readonly MeasuredRow[]): Promise<void> {
    return alone(async () => {
      if (rows.length > 0) await write(rows, await register());
    });
  }

  /** The rows that are meant, oldest first, in pages; stop reading and the query ends. */
  function pages(filter: HistoryFilter): AsyncGenerator<StoredRow[]> {
    return pagesOf({ db, source, register }, filter);
  }

  async function* until(signal: AbortSignal | undefined, filter: HistoryFilter): AsyncGenerator<StoredRow[]> {
    for await (const page of pages(filter)) {
      if (signal?.aborted === true) return;
      yield page;
    }
  }

  async function coverage(target?: string): Promise<Coverage[]> {
    let query = db.selectFrom("metric_targets").selectAll().where("source", "=", source).orderBy("name");
    if (target !== undefined) query = query.where("name", "=", target);
    return (await query.execute()).map((row) => ({
      target: row.name,
      rows: row.row_count,
      oldest: row.oldest_metric_at,
      newest: row.newest_metric_at,
      gaps: row.gap_count,
      deadScrapes: row.dead_count,
    }));
  }

  /** Deletes what is older than `before` (metric time, unix seconds), a moment at a time; answers how many rows went. */
  async function forget(before: number, signal?: AbortSignal): Promise<number> {
    let total = 0;
    let moments = 0;
    while (signal?.aborted !== true) {
      const deleted = await alone(() => forgetOldestBeat(db, { source, before }));
      if (deleted === null) break;
      total += deleted;
      moments += 1;
      await anotherTurn();
    }
    if (moments === 0) return 0;
    await alone(async () => {
      await tidyRegister(db, { source, before });
      loaded = null;
    });
    return total;
  }

  return {
    source,
    stepSeconds,
    append,
    pages,
    coverage,
    forget,
    /**
     * A target's rows as a frame for training (see `toFrame`); null when there is nothing, and always for a recording:
     * its stretches are repeated, and what is repeated must not be learned.
     */
    async read(target: string, window: HistoryWindow): Promise<Frame | null> {
      const [known] = await coverage(target);
      if (source === "recording" || known === undefined) return null;
      const step = window.stepSeconds;
      const start = Math.max(window.start, Math.floor(known.oldest / step) * step);
      const end = Math.min(window.end, Math.ceil(known.newest / step) * step);
      // A coarser row is the mean of the step before it, so what lies a step before the first one is read too.
      return toFrame(pages({ target, start: start - step, end }), { start, end, stepSeconds: step });
    },
    /**
     * Statistics of the rows that are meant; `labelAt` says what was going on, "normal" where it is not given. After an
     * abort they are those of the rows read until then.
     */
    stats(
      filter: HistoryFilter,
      {
        labelAt = () => "normal",
        signal,
      }: { labelAt?: (target: string, at: number) => string; signal?: AbortSignal } = {},
    ): Promise<HistoryStats> {
      return summarise(until(signal, filter), { stepSeconds, labelAt });
    },
    /** Every metric's name in the rows of a window, in the order in which they came to be collected. */
    async metrics({ start, end }: Pick<HistoryFilter, "start" | "end">): Promise<string[]> {
      const sets = [...(await register()).setsById.values()];
      const inside = sets.filter(({ oldest, newest }) => newest >= start && oldest <= end);
      return [...new Set(inside.flatMap(({ metrics }) => metrics))];
    },
  };
}
