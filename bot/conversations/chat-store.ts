import type { Kysely, Selectable } from "kysely";
import type { CardsTable, ChatTables } from "../../infra/database/chat-tables.ts";
import type { Card } from "../card.ts";
import type { Place, SurfaceName } from "../surface.ts";

/** The chat's tables, the clock that stamps their rows (unix ms), and the key that seals what buttons mean. */
export type ChatStore = { db: Kysely<ChatTables>; wall: () => number; key: Buffer };

/** What a stored card shows, so that it can be drawn again when its subject changes. */
export type View =
  | { kind: "incident"; id: string }
  | { kind: "plan"; id: string }
  | { kind: "fleet"; id: string }
  | { kind: "reply" };

export type StoredCard = {
  card: Card;
  place: Place;
  /** The vendor's id of the message; null until it was posted. */
  message: string | null;
  view: View;
  pending: "post" | "edit" | null;
  attempts: number;
  createdAt: number;
};

/** One row of `cards`, parsed. */
export function storedCard(row: Selectable<CardsTable>): StoredCard {
  return {
    card: JSON.parse(row.card) as Card,
    place: { surface: row.surface as SurfaceName, channel: row.channel, thread: row.thread },
    message: row.message,
    view: JSON.parse(row.view) as View,
    pending: row.pending as StoredCard["pending"],
    attempts: row.attempts,
    createdAt: row.created_at,
  };
}
