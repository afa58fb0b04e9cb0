import { randomUUID } from "node:crypto";
import type { ExpressionBuilder, Kysely, Selectable } from "kysely";
import type { CardsTable, ChatTables, ChatTransaction } from "../infra/database/chat-tables.ts";
import type { Intent } from "../intents/intent.ts";
import type { Card, CardDraft } from "./card.ts";
import { deleteSuperseded, hashToken, putButtons, putChart, releaseChart } from "./card-parts.ts";
import type { Place, SurfaceName } from "./surface.ts";

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

export type Conversations = ReturnType<typeof createConversations>;

const deliveryMemoryMs = 24 * 3_600_000;
const cardMemoryMs = 90 * 24 * 3_600_000;
const firstRetryMs = 2_000;
const longestRetryMs = 5 * 60_000;

/**
 * The chat's memory: deliveries seen, cards posted, what their buttons mean, pictures. A card is stored before
 * it is posted and says what is still owed: a card of the watch outlives a crash and a silent chat product. An incoming
 * message does not: what was acknowledged and not answered yet when the process ended is not replayed; it must be said again.
 */
export function createConversations({ db, wall }: { db: Kysely<ChatTables>; wall: () => number }) {
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

  /** Stores a new card with its buttons' meaning; `pending` is "post" until the surface has told where it stands. */
  async function saveCard(options: {
    draft: CardDraft;
    place: Place;
    view: View;
    chart: Buffer | null;
    pending: "post" | null;
    /** A private answer is never edited or posted again, so it is not kept as a copy of its subject. */
    private?: boolean;
  }): Promise<Card> {
    return db.transaction().execute(async (trx) => {
      const id = randomUUID().replaceAll("-", "").slice(0, 22);
      const { draft, chart } = options;
      const { card, chartId } = await putCard(trx, { id, draft, chart, before: null });
      await trx
        .insertInto("cards")
        .values({
          id,
          surface: options.place.surface,
          channel: options.place.channel,
          thread: options.place.thread,
          message: null,
          view: JSON.stringify(options.view),
          incident: options.private ? null : card.incident,
          plan: options.private ? null : card.plan,
          card: JSON.stringify(card),
          chart: chartId,
          pending: options.pending,
          attempts: 0,
          next_attempt_at: wall(),
          created_at: wall(),
          updated_at: wall(),
        })
        .execute();
      return card;
    });
  }

  /**
   * Draws a stored card again. What its new face has no use for (buttons, the earlier picture unless another card shows
   * it) is deleted ten minutes later; Approve and Deny stay, and are refused once the plan is decided.
   */
  async function redraw(id: string, draft: CardDraft, chart: Buffer | null): Promise<Card> {
    return db.transaction().execute(async (trx) => {
      const earlier = await trx
        .selectFrom("cards")
        .select(["card", "chart"])
        .where("id", "=", id)
        .executeTakeFirst();
      const before = earlier === undefined ? null : (JSON.parse(earlier.card) as Card);
      const { card, chartId } = await putCard(trx, { id, draft, chart, before });
      await trx
        .updateTable("cards")
        .set((eb) => ({
          card: JSON.stringify(card),
          chart: chartId,
          incident: card.incident,
          plan: card.plan,
          pending: owedAfterChange(eb),
          attempts: 0,
          next_attempt_at: wall(),
          updated_at: wall(),
        }))
        .where("id", "=", id)
        .execute();
      if (earlier?.chart && earlier.chart !== chartId) await releaseChart(trx, earlier.chart, wall());
      await deleteSuperseded(trx, wall());
      return card;
    });
  }

  /** Replaces the face of a posted card but keeps its buttons' tokens as they are. */
  async function amend(card: Card): Promise<void> {
    await db
      .updateTable("cards")
      .set((eb) => ({
        card: JSON.stringify(card),
        pending: owedAfterChange(eb),
        attempts: 0,
        next_attempt_at: wall(),
        updated_at: wall(),
      }))
      .where("id", "=", card.id)
      .execute();
  }

  /** Turns a draft into a card: its buttons get tokens, its picture a stored row. The plan's row decides, not a token. */
  async function putCard(
    trx: ChatTransaction,
    { id, draft, chart, before }: { id: string; draft: CardDraft; chart: Buffer | null; before: Card | null },
  ): Promise<{ card: Card; chartId: string | null }> {
    const { buttons: meant, chart: spec, ...body } = draft;
    const buttons = await putButtons(trx, { id, meant, plan: draft.plan, before, now: wall() });
    if (chart === null || spec === null)
      return { card: { id, ...body, image: null, buttons }, chartId: null };
    const chartId = await putChart(trx, chart, wall());
    const image = { url: `/charts/${chartId}.png`, alt: spec.alt };
    return { card: { id, ...body, image, buttons }, chartId };
  }

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

  async function copiesOf(subject: { incident?: string; plan?: string }): Promise<StoredCard[]> {
    const rows = await db
      .selectFrom("cards")
      .selectAll()
      .where((eb) =>
        eb.or([
          ...(subject.incident ? [eb("incident", "=", subject.incident)] : []),
          ...(subject.plan ? [eb("plan", "=", subject.plan)] : []),
        ]),
      )
      .orderBy("created_at")
      .execute();
    return rows.map(storedCard);
  }

  /** Every card that shows this, oldest first. */
  async function showing(view: View): Promise<StoredCard[]> {
    const rows = await db
      .selectFrom("cards")
      .selectAll()
      .where("view", "=", JSON.stringify(view))
      .orderBy("created_at")
      .execute();
    return rows.map(storedCard);
  }

  async function find(id: string): Promise<StoredCard | null> {
    const row = await db.selectFrom("cards").selectAll().where("id", "=", id).executeTakeFirst();
    return row ? storedCard(row) : null;
  }

  async function recent(surface: SurfaceName, limit: number): Promise<StoredCard[]> {
    const rows = await db
      .selectFrom("cards")
      .selectAll()
      .where("surface", "=", surface)
      .orderBy("created_at", "desc")
      .limit(limit)
      .execute();
    return rows.map(storedCard).reverse();
  }

  /** What the thread is about, by its newest card: lets "approve" inside a plan's thread mean that plan. */
  async function threadSubject(place: Place): Promise<{ incident?: string; plan?: string }> {
    if (place.thread === null) return {};
    const row = await db
      .selectFrom("cards")
      .select(["incident", "plan"])
      .where("surface", "=", place.surface)
      .where("channel", "=", place.channel)
      .where((eb) => eb.or([eb("thread", "=", place.thread), eb("message", "=", place.thread)]))
      .where((eb) => eb.or([eb("incident", "is not", null), eb("plan", "is not", null)]))
      .orderBy("created_at", "desc")
      .executeTakeFirst();
    return {
      ...(row?.incident ? { incident: row.incident } : {}),
      ...(row?.plan ? { plan: row.plan } : {}),
    };
  }

  async function button(
    token: string,
  ): Promise<{ intent: Intent; plan: string | null; cardId: string } | null> {
    const row = await db
      .selectFrom("buttons")
      .selectAll()
      .where("token_hash", "=", hashToken(token))
      .executeTakeFirst();
    if (!row) return null;
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
    received,
    claim,
    saveCard,
    redraw,
    amend,
    delivered,
    undelivered,
    shown,
    postponed,
    owed,
    copiesOf,
    showing,
    find,
    recent,
    threadSubject,
    button,
    chart,
    remember,
    forgetOld,
  };
}

/**
 * A card that was never posted is still owed as a post, now with its newest face. An answer on its way is posted by its
 * surface; `delivered` notices that it has another face by now.
 */
function owedAfterChange(eb: ExpressionBuilder<ChatTables, "cards">) {
  return eb.case().when("message", "is", null).then(eb.ref("pending")).else("edit").end();
}

function storedCard(row: Selectable<CardsTable>): StoredCard {
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
