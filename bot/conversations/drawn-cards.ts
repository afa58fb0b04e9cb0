import { randomUUID } from "node:crypto";
import type { ExpressionBuilder } from "kysely";
import type { ChatTables, ChatTransaction } from "../../infra/database/chat-tables.ts";
import type { Card, CardDraft } from "../card.ts";
import type { Place } from "../surface.ts";
import { deleteSuperseded, putButtons, putChart, releaseChart } from "./card-parts.ts";
import type { ChatStore, View } from "./chat-store.ts";

/** Cards as they are drawn: stored with what their buttons mean before any surface hears of them, and drawn again. */
export function createDrawnCards({ db, wall, key }: ChatStore) {
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
    const buttons = await putButtons(trx, { id, meant, plan: draft.plan, before, now: wall(), key });
    if (chart === null || spec === null)
      return { card: { id, ...body, image: null, buttons }, chartId: null };
    const chartId = await putChart(trx, chart, wall());
    const image = { url: `/charts/${chartId}.png`, alt: spec.alt };
    return { card: { id, ...body, image, buttons }, chartId };
  }

  return { saveCard, redraw, amend };
}

/**
 * A card that was never posted is still owed as a post, now with its newest face. An answer on its way is posted by its
 * surface; `delivered` notices that it has another face by now.
 */
function owedAfterChange(eb: ExpressionBuilder<ChatTables, "cards">) {
  return eb.case().when("message", "is", null).then(eb.ref("pending")).else("edit").end();
}
