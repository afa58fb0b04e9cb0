import type { Selectable } from "kysely";
import type { Change, ChangeScope } from "../changes.ts";
import type { Db, Trx } from "../store.ts";
import type { ChangesTable } from "../tables.ts";

/** More of one window is not looked through. */
const mostChanges = 2_000;

export async function insertChange(trx: Trx, change: Change): Promise<void> {
  const { scope } = change;
  await trx
    .insertInto("changes")
    .values({
      number: change.number,
      external_key: change.key,
      target: "target" in scope ? scope.target : null,
      service: "service" in scope ? scope.service : null,
      tags: "tags" in scope ? JSON.stringify(scope.tags) : null,
      kind: change.kind,
      title: change.title,
      author: change.by,
      url: change.url,
      at: change.at,
      metric_at: change.metricAt,
      told_by: change.toldBy,
      told_at: change.toldAt,
    })
    .execute();
}

/** The change that its teller gave this id, or null. */
export async function changeCalled(db: Db, key: string): Promise<Change | null> {
  const row = await db.selectFrom("changes").selectAll().where("external_key", "=", key).executeTakeFirst();
  return row ? toChange(row) : null;
}

/** Newest first; both ends inclusive, unix seconds of metric time. */
export async function changesBetween(
  db: Db,
  { start, end }: { start: number; end: number },
): Promise<Change[]> {
  const rows = await db
    .selectFrom("changes")
    .selectAll()
    .where("metric_at", ">=", start)
    .where("metric_at", "<=", end)
    .orderBy("metric_at", "desc")
    .orderBy("number", "desc")
    .limit(mostChanges)
    .execute();
  return rows.map(toChange);
}

/** How many were told of since then (wall ms). */
export async function countChanges(db: Db, since: number): Promise<number> {
  const row = await db
    .selectFrom("changes")
    .select((select) => select.fn.countAll<number>().as("changes"))
    .where("told_at", ">=", since)
    .executeTakeFirstOrThrow();
  return Number(row.changes);
}

export async function deleteChanges(trx: Trx, before: number): Promise<number> {
  const result = await trx.deleteFrom("changes").where("at", "<", before).executeTakeFirst();
  return Number(result.numDeletedRows);
}

function toChange(row: Selectable<ChangesTable>): Change {
  return {
    number: row.number,
    key: row.external_key,
    scope: scopeOf(row),
    kind: row.kind,
    title: row.title,
    by: row.author,
    url: row.url,
    at: row.at,
    metricAt: row.metric_at,
    toldBy: row.told_by,
    toldAt: row.told_at,
  };
}

function scopeOf({ target, service, tags }: Selectable<ChangesTable>): ChangeScope {
  if (target !== null) return { target };
  if (service !== null) return { service };
  return { tags: JSON.parse(tags ?? "{}") as Record<string, string> };
}
