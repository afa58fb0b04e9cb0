import { packCells } from "./metrics-history-cells.ts";
import {
  type KnownSet,
  type KnownTarget,
  type Register,
  registerSet,
  registerTarget,
} from "./metrics-history-register.ts";
import {
  anotherTurn,
  bulkOfCounts,
  bulkOfRows,
  type Counted,
  type HistoryRow,
  rowsPerStatement,
} from "./metrics-history-statements.ts";
import type { HistoryDb, HistoryTransaction } from "./metrics-history-tables.ts";

/** What was measured of one target at one moment. */
export type MeasuredRow = {
  target: string;
  /** Metric time, whole unix seconds. */
  at: number;
  metrics: readonly string[];
  /** One value a metric, in that order; what is not finite counts as missing. */
  values: ArrayLike<number>;
  /** The target gave nothing. Absent: when every value is missing. */
  dead?: boolean;
};

/**
 * How rows are written: in one transaction, which lets the event loop turn between its statements. A row whose target
 * and time are there already changes nothing. `stepSeconds` decides what a gap is: more than one and a half steps.
 * Throws a RangeError for a row that cannot be one. After any error the register is out of date.
 */
export function createAppend({
  db,
  source,
  stepSeconds,
}: {
  db: HistoryDb;
  source: string;
  stepSeconds: number;
}) {
  const insertRows = bulkOfRows(db);
  const addCounts = bulkOfCounts(db, source);

  return async (measured: readonly MeasuredRow[], register: Register): Promise<void> => {
    measured.forEach(checkRow);
    const inOrder = measured.toSorted((left, right) => left.at - right.at);
    await db.transaction().execute(async (trx) => {
      const { fresh, late, counted } = await arrange(inOrder, register, { trx, source, stepSeconds });
      await insertRows(trx, fresh);
      // After the new ones, of which one may be the very same row.
      for (const { row, target } of late) if (await insertLate(trx, row)) count(counted, target, row);
      await addCounts(trx, [...counted.values()]);
    });
  };
}

/** Registers what is new, and tells rows that are newer than all of their target from those that may be there already. */
async function arrange(
  measured: readonly MeasuredRow[],
  register: Register,
  { stepSeconds, ...place }: { trx: HistoryTransaction; source: string; stepSeconds: number },
) {
  const counted = new Map<string, Counted>();
  // Rows of one frame share their list of names, so it is looked up once and not once a row.
  const sets = new Map<readonly string[], KnownSet>();
  const fresh: HistoryRow[] = [];
  const late: { row: HistoryRow; target: KnownTarget }[] = [];
  await addBeats(place.trx, place.source, measured);
  for (const [i, { at, metrics, ...rest }] of measured.entries()) {
    const target = await registerTarget(register, place, { name: rest.target, at });
    const known = sets.get(metrics);
    const isSpanned = known !== undefined && at >= known.oldest && at <= known.newest;
    const set = isSpanned ? known : await registerSet(register, place, { metrics, at });
    sets.set(metrics, set);
    const row = toRow({ at, metrics, ...rest }, { target, set: set.id, stepSeconds });
    if (i % rowsPerStatement === 0) await anotherTurn();
    if (at <= target.newest) {
      late.push({ row, target });
      continue;
    }
    fresh.push(row);
    target.newest = at;
    count(counted, target, row);
  }
  return { fresh, late, counted };
}

function checkRow({ target, at, metrics, values }: MeasuredRow): void {
  if (target === "") throw new RangeError("a row of the metrics history requires a target's name");
  if (!Number.isSafeInteger(at) || at < 0)
    throw new RangeError(`a row of the metrics history requires whole unix seconds, not ${at}`);
  if (values.length !== metrics.length)
    throw new RangeError(
      `a row of the metrics history requires one value a metric, not ${values.length} for ${metrics.length}`,
    );
}

function toRow(
  row: MeasuredRow,
  { target, set, stepSeconds }: { target: KnownTarget; set: number; stepSeconds: number },
): HistoryRow {
  const cells = packCells(row.values);
  const sinceNewest = row.at - target.newest;
  return {
    metric_at: row.at,
    target: target.id,
    metric_set: set,
    after_gap: Number.isFinite(sinceNewest) && sinceNewest > 1.5 * stepSeconds ? 1 : 0,
    dead: (row.dead ?? cells === null) ? 1 : 0,
    cells,
  };
}

function count(counted: Map<string, Counted>, target: KnownTarget, row: HistoryRow): void {
  const { id, name, newest } = target;
  const known = counted.get(name) ?? { id, name, newest, rows: 0, gaps: 0, dead: 0, oldest: row.metric_at };
  counted.set(name, known);
  known.rows += 1;
  known.gaps += row.after_gap;
  known.dead += row.dead;
  known.oldest = Math.min(known.oldest, row.metric_at);
  known.newest = newest;
}

async function addBeats(trx: HistoryTransaction, source: string, rows: readonly MeasuredRow[]) {
  for (const metric_at of new Set(rows.map(({ at }) => at))) {
    await trx
      .insertInto("metric_beats")
      .values({ source, metric_at })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** A row that is not newer than the newest of its target: only the database knows whether it is there already. */
async function insertLate(trx: HistoryTransaction, row: HistoryRow): Promise<boolean> {
  const result = await trx
    .insertInto("metric_rows")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}
