import type { HistoryDb } from "./metrics-history-tables.ts";

/**
 * Deletes the rows of the oldest moment before `before` (metric time, unix seconds) in one transaction, and takes them
 * from what is counted. Null when there is no such moment, else the number of its rows.
 */
export async function forgetOldestBeat(
  db: HistoryDb,
  { source, before }: { source: string; before: number },
): Promise<number | null> {
  const beat = await db
    .selectFrom("metric_beats")
    .select("metric_at")
    .where("source", "=", source)
    .where("metric_at", "<", before)
    .orderBy("metric_at")
    .limit(1)
    .executeTakeFirst();
  if (beat === undefined) return null;
  return db.transaction().execute(async (trx) => {
    const rowsOf = (flag?: "after_gap" | "dead") => {
      const rows = trx.selectFrom("metric_rows").select("target").where("metric_at", "=", beat.metric_at);
      return flag === undefined ? rows : rows.where(flag, "=", 1);
    };
    const targets = () => trx.updateTable("metric_targets").where("source", "=", source);
    await targets()
      .set(({ eb }) => ({ row_count: eb("row_count", "-", 1) }))
      .where("id", "in", rowsOf())
      .execute();
    await targets()
      .set(({ eb }) => ({ gap_count: eb("gap_count", "-", 1) }))
      .where("id", "in", rowsOf("after_gap"))
      .execute();
    await targets()
      .set(({ eb }) => ({ dead_count: eb("dead_count", "-", 1) }))
      .where("id", "in", rowsOf("dead"))
      .execute();
    const deleted = await trx
      .deleteFrom("metric_rows")
      .where("metric_at", "=", beat.metric_at)
      .where("target", "in", trx.selectFrom("metric_targets").select("id").where("source", "=", source))
      .executeTakeFirst();
    await trx
      .deleteFrom("metric_beats")
      .where("source", "=", source)
      .where("metric_at", "=", beat.metric_at)
      .execute();
    return Number(deleted.numDeletedRows);
  });
}

/** After old rows went: no target claims to begin before the oldest moment left, and what has no row left goes too. */
export async function tidyRegister(
  db: HistoryDb,
  { source, before }: { source: string; before: number },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.deleteFrom("metric_targets").where("source", "=", source).where("row_count", "<=", 0).execute();
    await trx
      .deleteFrom("metric_sets")
      .where("source", "=", source)
      .where("newest_metric_at", "<", before)
      .execute();
    const oldest = await trx
      .selectFrom("metric_beats")
      .select("metric_at")
      .where("source", "=", source)
      .orderBy("metric_at")
      .limit(1)
      .executeTakeFirst();
    if (oldest === undefined) return;
    await trx
      .updateTable("metric_targets")
      .set({ oldest_metric_at: oldest.metric_at })
      .where("source", "=", source)
      .where("oldest_metric_at", "<", oldest.metric_at)
      .execute();
  });
}
