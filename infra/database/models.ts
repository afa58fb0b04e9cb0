import type { Kysely } from "kysely";

/** One version of a target's model; the bytes lie in a file beside, `sha256` proves that they are whole. */
export type ModelsTable = {
  id: string;
  target: string;
  created_at: number;
  live: number;
  path: string;
  sha256: string;
  meta: string;
};

export type ModelRow = {
  id: string;
  target: string;
  createdAt: number;
  live: boolean;
  path: string;
  sha256: string;
  meta: unknown;
};

type Tables = { models: ModelsTable };

/** Adds a version and makes it the live one of its target, in one transaction. */
export async function addLiveModel(db: Kysely<Tables>, row: Omit<ModelRow, "live">): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.updateTable("models").set({ live: 0 }).where("target", "=", row.target).execute();
    await trx
      .insertInto("models")
      .values({
        id: row.id,
        target: row.target,
        created_at: row.createdAt,
        live: 1,
        path: row.path,
        sha256: row.sha256,
        meta: JSON.stringify(row.meta),
      })
      .execute();
  });
}

/** All versions, newest first. */
export async function listModels(db: Kysely<Tables>): Promise<ModelRow[]> {
  const rows = await db.selectFrom("models").selectAll().orderBy("created_at", "desc").execute();
  return rows.map((row) => ({
    id: row.id,
    target: row.target,
    createdAt: row.created_at,
    live: row.live === 1,
    path: row.path,
    sha256: row.sha256,
    meta: JSON.parse(row.meta) as unknown,
  }));
}
