import type { Kysely } from "kysely";

/** What the home channels are told, emergencies in which one person approves alone, and whom an escalation asked. */
export async function approvals(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("plans").addColumn("escalated_to", "text").execute();
  await db.schema
    .createTable("notices")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("detail", "text", (column) => column.notNull())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("told_at", "bigint")
    .execute();
  await db.schema.createIndex("notices_told").on("notices").columns(["told_at", "at"]).execute();
  await db.schema
    .createTable("broken_glass")
    .addColumn("person", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("opened_at", "bigint", (column) => column.notNull())
    .addColumn("until_at", "bigint", (column) => column.notNull())
    .addColumn("ended_at", "bigint")
    .addColumn("ended_by", "text")
    .addColumn("seal", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("broken_glass_key", ["person", "opened_at"])
    .execute();
}
