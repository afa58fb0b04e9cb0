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
  /** How many letters each waiting message has; null until it was looked up. Only this process adds and takes. */
  let waiting: Promise<Map<number, number>> | null = null;
  let reservations = 0;

  async function lookUp(): Promise<Map<number, number>> {
    try {
      const rows = await db
        .selectFrom("alert_deliveries")
        .select((eb) => ["number", eb.fn<number>("length", ["body"]).as("letters")])
        .execute();
      return new Map(rows.map(({ number, letters }) => [number, Number(letters)]));
    } catch (error) {
      waiting = null;
      throw error;
    }
  }

  return {
    /** Stores a message; false, and nothing stored, when so many, or so many letters of them, are waiting already. */
    async add(body: string, most: { messages: number; letters: number }): Promise<boolean> {
      const sizes = await (waiting ??= lookUp());
      const letters = [...sizes.values()].reduce((sum, size) => sum + size, 0);
      // The first of a queue is always taken: the body's own limit bounds it.
      if (sizes.size >= most.messages || (sizes.size > 0 && letters + body.length > most.letters))
        return false;
      // Its place is taken at once: many may come at one moment.
      const place = (reservations -= 1);
      sizes.set(place, body.length);
      const stored = db.transaction().execute(async (trx) => {
        const { last } = await trx
          .selectFrom("alert_deliveries")
          .select((eb) => eb.fn.max("number").as("last"))
          .executeTakeFirstOrThrow();
        const next = Number(last ?? 0) + 1;
        await trx
          .insertInto("alert_deliveries")
          .values({ number: next, received_at: wall(), body })
          .execute();
        return next;
      });
      try {
        sizes.set(await stored, body.length);
      } finally {
        sizes.delete(place);
      }
      return true;
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
      (await waiting)?.delete(number);
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
