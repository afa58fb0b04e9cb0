import type { Generated, Transaction } from "kysely";

/** Deliveries of the chat products, kept 24 h so that a repeated one is never acted on twice. */
type InboxTable = {
  key: string;
  body: string;
  received_at: number;
  handled_at: number | null;
};

/**
 * One copy of a card in one place. `view` says what it shows and how it is drawn again; `pending` is the work
 * the surface still owes ("post", "edit" or null), so that nothing is lost when a surface or the bot is down.
 */
export type CardsTable = {
  id: string;
  surface: string;
  channel: string;
  thread: string | null;
  message: string | null;
  view: string;
  incident: string | null;
  plan: string | null;
  card: string;
  /** The id of the picture that the card shows. */
  chart: string | null;
  pending: string | null;
  attempts: number;
  next_attempt_at: number;
  created_at: number;
  updated_at: number;
};

/**
 * A button carries only a token; here stands, under the token's SHA-256, what it means. `superseded_at` is when its card
 * was drawn without it.
 */
type ButtonsTable = {
  token_hash: string;
  card_id: string;
  plan: string | null;
  intent: string;
  created_at: number;
  superseded_at: number | null;
  /** Keyed hash over what the button means: a row that was changed by hand means nothing. */
  seal: string;
};

/** What was said to the bot, by kind and ids, for the console's history and the thread's context. */
type MessagesTable = {
  id: Generated<number>;
  surface: string;
  channel: string;
  thread: string | null;
  person: string;
  text: string;
  intent: string;
  card_id: string | null;
  at: number;
};

/** Pictures of cards, by their content's hash; `superseded_at` is when the last card stopped showing it. */
type ChartsTable = { id: string; png: Uint8Array; created_at: number; superseded_at: number | null };

export type ChatTables = {
  inbox: InboxTable;
  cards: CardsTable;
  buttons: ButtonsTable;
  messages: MessagesTable;
  charts: ChartsTable;
};

export type ChatTransaction = Transaction<ChatTables>;
