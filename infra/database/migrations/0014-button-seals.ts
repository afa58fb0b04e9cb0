import type { Kysely } from "kysely";

/** What a button means is sealed: a row that was changed by hand means nothing. */
export async function buttonSeals(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("buttons")
    .addColumn("seal", "text", (column) => column.notNull().defaultTo(""))
    .execute();
}
