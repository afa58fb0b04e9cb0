import type { Intent } from "../intents/intent.ts";
import { buttonSeal, deleteSuperseded, hashToken } from "./conversations/card-parts.ts";
import type { ChatStore } from "./conversations/chat-store.ts";
import { createDrawnCards } from "./conversations/drawn-cards.ts";
import { createInbox } from "./conversations/inbox.ts";
import { createOwedCards } from "./conversations/owed-cards.ts";
import { createStoredCards } from "./conversations/stored-cards.ts";
import type { Place } from "./surface.ts";

export type Conversations = ReturnType<typeof createConversations>;

const deliveryMemoryMs = 24 * 3_600_000;
const cardMemoryMs = 90 * 24 * 3_600_000;

/**
 * The chat's memory: deliveries seen, cards posted, what their buttons mean, pictures. A card is stored before
 * it is posted and says what is still owed: a card of the watch outlives a crash and a silent chat product. An incoming
 * message does not: what was acknowledged and not answered yet when the process ended is not replayed; it must be said again.
 */
export function createConversations(store: ChatStore) {
  const { db, wall, key } = store;

  async function button(
    token: string,
  ): Promise<{ intent: Intent; plan: string | null; cardId: string } | null> {
    const row = await db
      .selectFrom("buttons")
      .selectAll()
      .where("token_hash", "=", hashToken(token))
      .executeTakeFirst();
    if (!row || row.seal !== buttonSeal(row, key)) return null;
    return { intent: JSON.parse(row.intent) as Intent, plan: row.plan, cardId: row.card_id };
  }

  async function chart(id: string): Promise<Buffer | null> {
    const row = await db.selectFrom("charts").select("png").where("id", "=", id).executeTakeFirst();
    return row ? Buffer.from(row.png) : null;
  }

  async function remember(said: {
    place: Place;
    person: string;
    text: string;
    intent: Intent;
    cardId: string | null;
  }): Promise<void> {
    await db
      .insertInto("messages")
      .values({
        surface: said.place.surface,
        channel: said.place.channel,
        thread: said.place.thread,
        person: said.person,
        text: said.text.slice(0, 4_000),
        intent: JSON.stringify(said.intent),
        card_id: said.cardId,
        at: wall(),
      })
      .execute();
  }

  /** Forgets deliveries after a day, cards, pictures and messages after ninety, what no card shows any more after minutes. */
  async function forgetOld(): Promise<void> {
    const oldest = wall() - cardMemoryMs;
    await db
      .deleteFrom("inbox")
      .where("received_at", "<", wall() - deliveryMemoryMs)
      .execute();
    for (const table of ["cards", "charts", "buttons"] as const) {
      await db.deleteFrom(table).where("created_at", "<", oldest).execute();
    }
    await db.deleteFrom("messages").where("at", "<", oldest).execute();
    await db.transaction().execute((trx) => deleteSuperseded(trx, wall()));
  }

  return {
    ...createInbox(store),
    ...createDrawnCards(store),
    ...createOwedCards(store),
    ...createStoredCards(store),
    button,
    chart,
    remember,
    forgetOld,
  };
}
