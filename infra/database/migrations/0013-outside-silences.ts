import type { Kysely } from "kysely";

/** The silences that Alertmanager was given. */
export async function outsideSilences(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("outside_silences")
    .addColumn("incident", "integer", (column) => column.notNull())
    .addColumn("alert_key", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("silence_id", "text")
    .addColumn("ends_at", "bigint", (column) => column.notNull())
    .addColumn("tries", "integer", (column) => column.notNull())
    .addColumn("next_at", "bigint", (column) => column.notNull())
    .addColumn("problem", "text")
    .addPrimaryKeyConstraint("outside_silences_key", ["incident", "alert_key"])
    .execute();
}
