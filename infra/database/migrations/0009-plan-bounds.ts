import type { Kysely } from "kysely";

/** Ways back, windows, rollbacks, reminders, and approvals under an emergency. */
export async function planBounds(db: Kysely<unknown>): Promise<void> {
  for (const column of ["window_from", "window_to", "reminded_at", "escalated_at"]) {
    await db.schema.alterTable("plans").addColumn(column, "bigint").execute();
  }
  await db.schema.alterTable("plans").addColumn("rolls_back", "integer").execute();
  await db.schema.alterTable("steps").addColumn("undoes", "integer").execute();
  await db.schema.alterTable("steps").addColumn("pinned", "text").execute();
  await db.schema
    .alterTable("decisions")
    .addColumn("break_glass", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
}
