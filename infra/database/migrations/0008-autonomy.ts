import type { Kysely } from "kysely";

/** What rules were allowed to do alone, when a plan runs unless somebody objects, and what waits for a person. */
export async function autonomy(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("rule_autonomy")
    .addColumn("rule", "text", (column) => column.notNull())
    .addColumn("runbook", "text", (column) => column.notNull())
    .addColumn("service", "text", (column) => column.notNull())
    .addColumn("version", "text", (column) => column.notNull())
    .addColumn("level", "text", (column) => column.notNull())
    .addColumn("since_plan", "integer", (column) => column.notNull())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .addColumn("person", "text", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("seal", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("rule_autonomy_key", ["rule", "runbook", "service"])
    .execute();
  await db.schema
    .createTable("holds")
    .addColumn("subject", "text", (column) => column.primaryKey())
    .addColumn("since", "bigint", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("released_at", "bigint")
    .addColumn("released_by", "text")
    .execute();
  await db.schema.alterTable("plans").addColumn("alone_level", "text").execute();
  await db.schema.alterTable("plans").addColumn("alone_at", "bigint").execute();
}
