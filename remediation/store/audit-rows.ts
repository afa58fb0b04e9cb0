import type { Selectable } from "kysely";
import type { Db, Trx } from "../store.ts";
import type { AuditTable } from "../tables.ts";

export type AuditRow = Selectable<AuditTable>;

export async function insertAuditRow(trx: Trx, row: AuditRow): Promise<void> {
  await trx.insertInto("audit").values(row).execute();
}

/** The newest entry's number and seal. */
export async function lastAuditRow(db: Db): Promise<Pick<AuditRow, "seq" | "hash"> | null> {
  const newest = db.selectFrom("audit").select(["seq", "hash"]).orderBy("seq", "desc").limit(1);
  return (await newest.executeTakeFirst()) ?? null;
}

/** Newest first. A subject is an incident's or a plan's id; entries of other verbs than `verbs` take no place of `limit`. */
export async function selectAudit(
  db: Db,
  wanted: { subjects?: readonly string[]; verbs?: readonly string[]; since?: number; limit: number },
): Promise<AuditRow[]> {
  let query = db.selectFrom("audit").selectAll().orderBy("seq", "desc").limit(wanted.limit);
  if (wanted.subjects !== undefined) query = query.where("subject", "in", [...wanted.subjects]);
  if (wanted.verbs !== undefined) query = query.where("verb", "in", [...wanted.verbs]);
  if (wanted.since !== undefined) query = query.where("at", ">=", wanted.since);
  return query.execute();
}

/** The next rows after a sequence number, in order: how the chain is walked without holding it in memory. */
export async function auditAfter(db: Db, seq: number, limit: number): Promise<AuditRow[]> {
  return db.selectFrom("audit").selectAll().where("seq", ">", seq).orderBy("seq").limit(limit).execute();
}
