import type { Kysely } from "kysely";

/** Small facts that outlive a restart, by key; the value is JSON. The replay's position and fault stand here. */
export type SettingsTable = { key: string; value: string; updated_at: number };

type Tables = { settings: SettingsTable };

/** The value last written under a key; null when there is none. */
export async function readSetting(db: Kysely<Tables>, key: string): Promise<unknown> {
  const row = await db.selectFrom("settings").select("value").where("key", "=", key).executeTakeFirst();
  return row ? (JSON.parse(row.value) as unknown) : null;
}

/** Writes or replaces a value; `wall` is unix ms. */
export async function writeSetting(
  db: Kysely<Tables>,
  key: string,
  value: unknown,
  wall: number,
): Promise<void> {
  const row = { value: JSON.stringify(value), updated_at: wall };
  await db
    .insertInto("settings")
    .values({ key, ...row })
    .onConflict((conflict) => conflict.column("key").doUpdateSet(row))
    .execute();
}
