import type { Kysely } from "kysely";

/** What people said of incidents, the thresholds that follow from it, and changes that many targets share. */
export async function feedback(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("feedback")
    .addColumn("incident", "integer", (column) => column.primaryKey().references("incidents.number"))
    .addColumn("target", "text", (column) => column.notNull())
    .addColumn("verdict", "text", (column) => column.notNull())
    .addColumn("person", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("reason", "text")
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("metric_at", "double precision", (column) => column.notNull())
    .addColumn("score", "double precision")
    .addColumn("metrics", "text", (column) => column.notNull())
    .addColumn("over_metric_at", "double precision")
    .execute();
  await db.schema.createIndex("feedback_target").on("feedback").columns(["target", "at"]).execute();
  await db.schema
    .createTable("threshold_proposals")
    .addColumn("number", "integer", (column) => column.primaryKey())
    .addColumn("target", "text", (column) => column.notNull())
    .addColumn("factor", "double precision", (column) => column.notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("decided_at", "bigint")
    .addColumn("decided_by", "text")
    .execute();
  await db.schema
    .createIndex("threshold_proposals_target")
    .on("threshold_proposals")
    .columns(["target", "number"])
    .execute();
  await db.schema
    .createTable("fleet_changes")
    .addColumn("number", "integer", (column) => column.primaryKey())
    .addColumn("began_metric_at", "double precision", (column) => column.notNull())
    .addColumn("opened_metric_at", "double precision", (column) => column.notNull())
    .addColumn("opened_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("fleet_members")
    .addColumn("incident", "integer", (column) => column.primaryKey().references("incidents.number"))
    .addColumn("fleet", "integer", (column) => column.notNull().references("fleet_changes.number"))
    .execute();
  await db.schema.createIndex("fleet_members_fleet").on("fleet_members").column("fleet").execute();
}
