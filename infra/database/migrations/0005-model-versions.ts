import { sql, type Kysely } from "kysely";

/** Models get numbered versions with a status; the database itself refuses a live one that learned synthetic data. */
export async function modelVersions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("model_versions")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("target", "text", (column) => column.notNull())
    .addColumn("number", "integer", (column) => column.notNull())
    .addColumn("status", "text", (column) =>
      column.notNull().check(sql`status in ('live', 'previous', 'refused', 'retired')`),
    )
    .addColumn("synthetic", "integer", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("path", "text")
    .addColumn("sha256", "text", (column) => column.notNull())
    .addColumn("meta", "text", (column) => column.notNull())
    .addUniqueConstraint("model_versions_number", ["target", "number"])
    .addCheckConstraint("model_versions_real", sql`status <> 'live' or synthetic = 0`)
    .execute();
  await sql`
    insert into model_versions (id, target, number, status, synthetic, created_at, path, sha256, meta)
    select target || ' v' || number, target, number, case when live = 1 then 'live' else 'retired' end,
           0, created_at, path, sha256, meta
    from (
      select target, live, created_at, path, sha256, meta,
             row_number() over (partition by target order by created_at, id) as number
      from models
    ) as numbered`.execute(db);
  await db.schema.dropTable("models").execute();
  await sql`create unique index model_versions_live on model_versions (target) where status = 'live'`.execute(
    db,
  );
}
