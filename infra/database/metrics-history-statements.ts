import { type CompiledQuery, type Insertable, sql } from "kysely";
import type {
  HistoryDb,
  HistoryTransaction,
  MetricRowsTable,
  MetricTargetsTable,
} from "./metrics-history-tables.ts";

export type HistoryRow = Insertable<MetricRowsTable>;

/** What a transaction added to a target: numbers of rows, and the times of its oldest new and its newest row. */
export type Counted = {
  id: number;
  name: string;
  rows: number;
  gaps: number;
  dead: number;
  oldest: number;
  newest: number;
};

/** Rows in one statement: about a millisecond of work, after which others have their turn. */
export const rowsPerStatement = 100;

/** Writes many items of one shape; between two statements the event loop turns. */
type Bulk<Item> = (trx: HistoryTransaction, items: readonly Item[]) => Promise<void>;

/** Inserts rows that are known to be new. */
export function bulkOfRows(db: HistoryDb): Bulk<HistoryRow> {
  const shape = {
    metric_at: 0,
    target: 0,
    metric_set: 0,
    after_gap: 0,
    dead: 0,
    cells: new Uint8Array(),
  } satisfies HistoryRow;
  return createBulk(
    (size) => db.insertInto("metric_rows").values(repeat(shape, size)).compile(),
    (row) => [row.metric_at, row.target, row.metric_set, row.after_gap, row.dead, row.cells],
  );
}

/** Adds to what is counted of registered targets; adds, because a sweep may have taken from it meanwhile. */
export function bulkOfCounts(db: HistoryDb, source: string): Bulk<Counted> {
  const shape = {
    id: 0,
    source,
    name: "",
    row_count: 0,
    gap_count: 0,
    dead_count: 0,
    oldest_metric_at: 0,
    newest_metric_at: 0,
  } satisfies Insertable<MetricTargetsTable>;
  const compile = (size: number) =>
    db
      .insertInto("metric_targets")
      .values(repeat(shape, size))
      .onConflict((conflict) =>
        conflict.column("id").doUpdateSet({
          row_count: sql`metric_targets.row_count + excluded.row_count`,
          gap_count: sql`metric_targets.gap_count + excluded.gap_count`,
          dead_count: sql`metric_targets.dead_count + excluded.dead_count`,
          oldest_metric_at: sql`case when excluded.oldest_metric_at < metric_targets.oldest_metric_at
            then excluded.oldest_metric_at else metric_targets.oldest_metric_at end`,
          newest_metric_at: sql`excluded.newest_metric_at`,
        }),
      )
      .compile();
  return createBulk(compile, (each) => [
    each.id,
    source,
    each.name,
    each.rows,
    each.gaps,
    each.dead,
    each.oldest,
    each.newest,
  ]);
}

/** Statements are compiled once for one item and once for a full chunk: building them each time costs more than SQLite. */
function createBulk<Item>(
  compile: (size: number) => CompiledQuery,
  parametersOf: (item: Item) => unknown[],
): Bulk<Item> {
  const one = compile(1);
  const many = compile(rowsPerStatement);
  return async (trx, items) => {
    for (let first = 0; first < items.length; first += rowsPerStatement) {
      const chunk = items.slice(first, first + rowsPerStatement);
      if (chunk.length === rowsPerStatement)
        await trx.executeQuery({ ...many, parameters: chunk.flatMap(parametersOf) });
      else for (const item of chunk) await trx.executeQuery({ ...one, parameters: parametersOf(item) });
      await anotherTurn();
    }
  };
}

function repeat<Shape>(shape: Shape, size: number): Shape[] {
  return Array.from({ length: size }, () => shape);
}

/** Lets everything else that waits for the event loop go first. */
export function anotherTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
