import type { Kysely } from "kysely";

export type AlertDeliveryTables = {
  /** `received_at` is unix ms, `body` the JSON as it came. */
  alert_deliveries: { number: number; received_at: number; body: string };
  /** `starts_at` is unix seconds, `at` unix ms. */
  alert_endings: { key: string; starts_at: number; at: number };
};

export type AlertDeliveries = ReturnType<typeof createAlertDeliveries>;

const endingsKeptMs = 24 * 3_600_000;

/**
 * The durable queue between Alertmanager, which is answered once its message is stored, and the work on it. `endings`
 * remember for a day which episodes ended before they were heard of: deliveries come in any order.
 */
export function createAlertDeliveries({ db, wall }: { db: Kysely<AlertDeliveryTables>; wall: () => number }) {
  return {
    /** Stores a message; false, and nothing stored, when `most` are waiting already. */
    async add(body: string, most: number): Promise<boolean> {
      return db.transaction().execute(async (trx) => {
        const { last, waiting } = await trx
          .selectFrom("alert_deliveries")
          .select((eb) => [eb.fn.max("number").as("last"), eb.fn.countAll().as("waiting")])
          .executeTakeFirstOrThrow();
        if (Number(waiting) >= most) return false;
        const number = Number(last ?? 0) + 1;
        await trx.insertInto("alert_deliveries").values({ number, received_at: wall(), body }).execute();
        return true;
      });
    },
    /** The oldest message that waits, or null. */
    async oldest(): Promise<{ number: number; receivedAt: number; body: string } | null> {
      const row = await db
        .selectFrom("alert_deliveries")
        .selectAll()
        .orderBy("number")
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : { number: row.number, receivedAt: row.received_at, body: row.body };
    },
    async done(number: number): Promise<void> {
      await db.deleteFrom("alert_deliveries").where("number", "=", number).execute();
    },
    /** The episode that began at `startsAt` is over, though nobody heard of its beginning. */
    async noteEnding(key: string, startsAt: number): Promise<void> {
      const values = { starts_at: startsAt, at: wall() };
      await db
        .insertInto("alert_endings")
        .values({ key, ...values })
        // The end of an earlier episode that comes late says nothing of the later one.
        .onConflict((conflict) =>
          conflict.column("key").doUpdateSet(values).where("alert_endings.starts_at", "<=", startsAt),
        )
        .execute();
      await db
        .deleteFrom("alert_endings")
        .where("at", "<", wall() - endingsKeptMs)
        .execute();
    },
    /** Whether the episode that began at `startsAt` was noted as over. */
    async isOver(key: string, startsAt: number): Promise<boolean> {
      const row = await db
        .selectFrom("alert_endings")
        .select("starts_at")
        .where("key", "=", key)
        .executeTakeFirst();
      return row !== undefined && startsAt <= row.starts_at;
    },
  };
}
