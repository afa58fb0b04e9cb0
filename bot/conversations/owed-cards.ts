import type { Card } from "../card.ts";
import type { SurfaceName } from "../surface.ts";
import { type ChatStore, type StoredCard, storedCard } from "./chat-store.ts";

const firstRetryMs = 2_000;
const longestRetryMs = 5 * 60_000;

/** What the surfaces still owe: a post or an edit, cleared only by the face of the card that was really shown. */
export function createOwedCards({ db, wall }: ChatStore) {
  /** The surface has posted this face of the card; what was drawn while it was on its way is owed as an edit. */
  async function delivered(card: Card, message: string): Promise<void> {
    await db
      .updateTable("cards")
      .set((eb) => ({
        message,
        pending: eb.case().when("card", "=", JSON.stringify(card)).then(null).else("edit").end(),
        attempts: 0,
        next_attempt_at: wall(),
      }))
      .where("id", "=", card.id)
      .execute();
  }

  /** The surface could not post this answer: it is owed as a post from now on, unless it stands somewhere already. */
  async function undelivered(card: Card): Promise<void> {
    await db
      .updateTable("cards")
      .set({ pending: "post", attempts: 0, next_attempt_at: wall() + firstRetryMs })
      .where("id", "=", card.id)
      .where("message", "is", null)
      .execute();
  }

  /** Clears what is owed only if the card has not changed since `updated` was handed to the surface. */
  async function shown(card: Card): Promise<void> {
    await db
      .updateTable("cards")
      .set({ pending: null, attempts: 0 })
      .where("id", "=", card.id)
      .where("card", "=", JSON.stringify(card))
      .execute();
  }

  /** The surface could not show it: tried again later, each time after twice as long, at most five minutes. */
  async function postponed(id: string, attempts: number): Promise<void> {
    const delayMs = Math.min(firstRetryMs * 2 ** Math.min(attempts, 20), longestRetryMs);
    await db
      .updateTable("cards")
      .set({ attempts: attempts + 1, next_attempt_at: wall() + delayMs })
      .where("id", "=", id)
      .execute();
  }

  async function owed(surface: SurfaceName): Promise<StoredCard[]> {
    const rows = await db
      .selectFrom("cards")
      .selectAll()
      .where("surface", "=", surface)
      .where("pending", "is not", null)
      .where("next_attempt_at", "<=", wall())
      .orderBy("created_at")
      .limit(50)
      .execute();
    return rows.map(storedCard);
  }

  return { delivered, undelivered, shown, postponed, owed };
}
