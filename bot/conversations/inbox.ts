import type { ChatStore } from "./chat-store.ts";

/** Deliveries of the chat products: each is acted on once, however often and over however many sockets it comes. */
export function createInbox({ db, wall }: ChatStore) {
  /** False when this delivery is known already (a retry, a second socket): then nothing may happen. */
  async function received(key: string, body: unknown): Promise<boolean> {
    const inserted = await db
      .insertInto("inbox")
      .values({ key, body: JSON.stringify(body ?? null), received_at: wall(), handled_at: null })
      .onConflict((conflict) => conflict.column("key").doNothing())
      .executeTakeFirst();
    return Number(inserted.numInsertedOrUpdatedRows ?? 0n) === 1;
  }

  /** True for exactly one caller: the one that may act on this delivery. */
  async function claim(key: string): Promise<boolean> {
    const claimed = await db
      .updateTable("inbox")
      .set({ handled_at: wall() })
      .where("key", "=", key)
      .where("handled_at", "is", null)
      .executeTakeFirst();
    return Number(claimed.numUpdatedRows) === 1;
  }

  return { received, claim };
}
