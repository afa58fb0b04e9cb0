import type { Kysely } from "kysely";

/** Deploys and other changes that somebody told of. */
export async function changes(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("changes")
    .addColumn("number", "integer", (column) => column.primaryKey())
    .addColumn("external_key", "text", (column) => column.unique())
    .addColumn("target", "text")
    .addColumn("service", "text")
    .addColumn("tags", "text")
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("title", "text", (column) => column.notNull())
    .addColumn("author", "text")
    .addColumn("url", "text")
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("metric_at", "double precision", (column) => column.notNull())
    .addColumn("told_by", "text", (column) => column.notNull())
    .addColumn("told_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("changes_metric_at").on("changes").column("metric_at").execute();
  await db.schema.createIndex("changes_told_at").on("changes").column("told_at").execute();
}
