import type { Kysely } from "kysely";

/** What Alertmanager sent and is not worked through yet, and ends that came before their beginning. */
export async function alertDeliveries(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("alert_deliveries")
    .addColumn("number", "integer", (column) => column.primaryKey())
    .addColumn("received_at", "bigint", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("alert_endings")
    .addColumn("key", "text", (column) => column.primaryKey())
    .addColumn("starts_at", "double precision", (column) => column.notNull())
    .addColumn("at", "bigint", (column) => column.notNull())
    .execute();
}
