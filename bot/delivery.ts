import type { Card, CardDraft } from "./card.ts";
import type { ChartSpec } from "./chart-spec.ts";
import type { Conversations, StoredCard, View } from "./conversations.ts";
import type { Answer, Place, Surface, SurfaceName } from "./surface.ts";

export type Delivery = ReturnType<typeof createDelivery>;

type Dependencies = {
  conversations: Conversations;
  surfaces: ReadonlyMap<SurfaceName, Surface>;
  /** Draws the picture in a worker thread; a failure costs the picture, never the card. */
  drawChart: (spec: ChartSpec) => Promise<Buffer>;
  log: { warn(fields: object, message: string): void };
};

/**
 * Brings cards to the surfaces: each is stored first, then posted or edited, and what a surface could not take
 * is tried again later. One card is never posted twice by us, nor edited out of order.
 */
export function createDelivery({ conversations, surfaces, drawChart, log }: Dependencies) {
  const busy = new Map<string, Promise<void>>();

  async function picture(draft: CardDraft): Promise<Buffer | null> {
    if (draft.chart === null) return null;
    try {
      return await drawChart(draft.chart);
    } catch (error) {
      log.warn({ error: String(error), card: draft.title }, "a chart could not be drawn");
      return null;
    }
  }

  /** Posts a card nobody asked for just now (the watch's). */
  async function post(place: Place, draft: CardDraft, view: View): Promise<Card> {
    const chart = await picture(draft);
    const card = await conversations.saveCard({ draft, place, view, chart, pending: "post" });
    await flushCard(card.id);
    return card;
  }

  /** Makes the card that answers a message; the surface itself posts it where the question was asked. */
  async function answer(place: Place, draft: CardDraft, view: View, isPrivate: boolean): Promise<Answer> {
    const chart = await picture(draft);
    const card = await conversations.saveCard({
      draft,
      place,
      view,
      chart,
      pending: null,
      private: isPrivate,
    });
    return {
      card,
      private: isPrivate,
      delivered: (message) => conversations.delivered(card.id, message),
    };
  }

  /** Draws a posted card anew and edits it on its surface; what stands there meanwhile stays. */
  async function edit(stored: StoredCard, draft: CardDraft, chart?: Buffer | null): Promise<void> {
    await conversations.redraw(stored.card.id, draft, chart === undefined ? await picture(draft) : chart);
    await flushCard(stored.card.id);
  }

  /** The same card with fewer buttons or one line more. */
  async function amend(card: Card): Promise<void> {
    await conversations.amend(card);
    await flushCard(card.id);
  }

  /** Serialised per card, so that an edit never overtakes the post or an earlier edit. */
  function flushCard(id: string): Promise<void> {
    const turn = (busy.get(id) ?? Promise.resolve()).then(() => send(id));
    busy.set(id, turn);
    return turn.finally(() => {
      if (busy.get(id) === turn) busy.delete(id);
    });
  }

  async function send(id: string): Promise<void> {
    const stored = await conversations.find(id);
    if (stored === null || stored.pending === null) return;
    const surface = surfaces.get(stored.place.surface);
    if (surface === undefined) return;
    try {
      if (stored.message === null) {
        await conversations.delivered(id, await surface.post(stored.place, stored.card));
      } else {
        await surface.edit(stored.place, stored.message, stored.card);
        await conversations.shown(stored.card);
      }
    } catch (error) {
      log.warn(
        { error: String(error), surface: surface.name, card: id },
        "a card could not be delivered yet",
      );
      await conversations.postponed(id, stored.attempts);
    }
  }

  /** Sends everything that is still owed and due; called at start and every few seconds. */
  async function flush(): Promise<void> {
    for (const stored of await conversations.owed()) await flushCard(stored.card.id);
  }

  /** Waits for cards on their way; called at a graceful stop. */
  async function settled(): Promise<void> {
    await Promise.allSettled(busy.values());
  }

  return { post, answer, edit, amend, picture, flush, settled };
}
