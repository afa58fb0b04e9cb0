import { unpackCells } from "./metrics-history-cells.ts";
import type { Register } from "./metrics-history-register.ts";
import { anotherTurn } from "./metrics-history-statements.ts";
import type { HistoryDb } from "./metrics-history-tables.ts";

/** Which rows are meant: times are metric time in unix seconds, both inclusive; no target means every one. */
export type HistoryFilter = { target?: string; start: number; end: number };

/** One stored row. `metrics` is the same array for all rows of one set; `values` is NaN where there was no sample. */
export type StoredRow = {
  target: string;
  at: number;
  metrics: readonly string[];
  values: Float64Array;
  dead: boolean;
  afterGap: boolean;
};

type Read = { metric_at: number; target: number; metric_set: number; after_gap: number; dead: number } & {
  cells: Uint8Array | null;
};

/** The register grows while pages are read, so it is asked for at each. */
export type Readable = { db: HistoryDb; source: string; register: () => Promise<Register> };

/** Rows of all targets, or moments of one, that are read in one statement: a few milliseconds. */
const rowsPerPage = 500;
const beatsPerPage = 250;

/**
 * Rows in order of their time, in pages; whoever stops reading ends the query. No transaction is held meanwhile: what is
 * appended behind the reading is seen if its time was not passed yet, and every row at most once.
 */
export async function* pagesOf(
  { db, source, register }: Readable,
  filter: HistoryFilter,
): AsyncGenerator<StoredRow[]> {
  if (filter.target === undefined) return yield* allTargets({ db, register }, filter);
  const known = (await register()).targets.get(filter.target);
  if (known === undefined) return;
  for await (const { first, last } of beats(db, source, filter)) {
    // The moments first and then one look for each: the rows' key begins with the time. `cross join` keeps that order.
    const rows = await db
      .selectFrom("metric_beats")
      .crossJoin("metric_rows")
      .selectAll("metric_rows")
      .where("metric_beats.source", "=", source)
      .where("metric_beats.metric_at", ">=", first)
      .where("metric_beats.metric_at", "<=", last)
      .whereRef("metric_rows.metric_at", "=", "metric_beats.metric_at")
      .where("metric_rows.target", "=", known.id)
      .orderBy("metric_beats.metric_at")
      .execute();
    if (rows.length > 0) yield toStored(rows, await register());
    await anotherTurn();
  }
}

async function* allTargets(
  { db, register }: Pick<Readable, "db" | "register">,
  { start, end }: HistoryFilter,
): AsyncGenerator<StoredRow[]> {
  let after = { at: start, target: -1 };
  for (;;) {
    const rows = await db
      .selectFrom("metric_rows")
      .selectAll()
      .where(({ eb, refTuple, tuple }) =>
        eb(refTuple("metric_at", "target"), ">", tuple(after.at, after.target)),
      )
      .where("metric_at", "<=", end)
      .orderBy("metric_at")
      .orderBy("target")
      .limit(rowsPerPage)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    after = { at: last.metric_at, target: last.target };
    yield toStored(rows, await register());
    await anotherTurn();
  }
}

/** Consecutive stretches of moments for which something was collected. */
async function* beats(
  db: HistoryDb,
  source: string,
  { start, end }: HistoryFilter,
): AsyncGenerator<{ first: number; last: number }> {
  let from = start;
  for (;;) {
    const rows = await db
      .selectFrom("metric_beats")
      .select("metric_at")
      .where("source", "=", source)
      .where("metric_at", ">=", from)
      .where("metric_at", "<=", end)
      .orderBy("metric_at")
      .limit(beatsPerPage)
      .execute();
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined) return;
    yield { first: first.metric_at, last: last.metric_at };
    from = last.metric_at + 1;
  }
}

/** Rows of another source, whose targets this register does not know, are left out. */
function toStored(rows: readonly Read[], register: Register): StoredRow[] {
  return rows.flatMap((row) => {
    const target = register.targetsById.get(row.target);
    const set = register.setsById.get(row.metric_set);
    if (target === undefined || set === undefined) return [];
    return [
      {
        target: target.name,
        at: row.metric_at,
        metrics: set.metrics,
        values: unpackCells(row.cells, set.metrics.length),
        dead: row.dead === 1,
        afterGap: row.after_gap === 1,
      },
    ];
  });
}
