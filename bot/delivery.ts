import type { Metrics } from "../infra/metrics.ts";
import type { Card, CardDraft } from "./card.ts";
import type { ChartSpec } from "./chart-spec.ts";
import type { Conversations } from "./conversations.ts";
import type { StoredCard, View } from "./conversations/chat-store.ts";
import { atMost } from "./heard.ts";
import type { Answer, Place, Surface, SurfaceName } from "./surface.ts";

export type Delivery = ReturnType<typeof createDelivery>;

type Dependencies = {
  conversations: Conversations;
  surfaces: ReadonlyMap<SurfaceName, Surface>;
  /** Draws the picture in a worker thread; a failure costs the picture, never the card. */
  drawChart: (spec: ChartSpec) => Promise<Buffer>;
  metrics: Pick<Metrics, "cards">;
  log: { warn(fields: object, message: string): void };
};

/**
 * Brings cards to the surfaces: each is stored first, then sent in the background, so that a surface which hangs holds
 * up neither the others nor the watch; what a surface could not take is tried again later. A card is never sent
 * twice at once, nor edited out of order; but a post that the chat took although it seemed to fail (a timeout, a crash
 * before its id was stored) is posted again.
 */
export function createDelivery({ conversations, surfaces, drawChart, metrics, log }: Dependencies) {
  /** Cards on their way, by id; a card that changes meanwhile goes once more afterwards. */
  const busy = new Map<string, Promise<void>>();
  const again = new Set<string>();

  async function picture(draft: CardDraft): Promise<Buffer | null> {
    if (draft.chart === null) return null;
    try {
      return await drawChart(draft.chart);
    } catch (error) {
      log.warn({ error: String(error), card: draft.title }, "a chart could not be drawn");
      return null;
    }
  }

  /** Posts cards nobody asked for just now (the watch's), with one picture for all of them. */
  async function post(places: readonly Place[], draft: CardDraft, view: View): Promise<void> {
    const chart = await picture(draft);
    for (const place of places)
      send((await conversations.saveCard({ draft, place, view, chart, pending: "post" })).id);
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
      delivered: (message) => conversations.delivered(card, message),
      undelivered: async () => {
        if (!isPrivate) return conversations.undelivered(card);
        log.warn({ card: card.id, surface: place.surface }, "a private answer was dropped");
      },
    };
  }

  /** Draws a posted card anew and edits it on its surface; what stands there meanwhile stays. */
  async function edit(stored: StoredCard, draft: CardDraft, chart?: Buffer | null): Promise<void> {
    await conversations.redraw(stored.card.id, draft, chart === undefined ? await picture(draft) : chart);
    send(stored.card.id);
  }

  /** The same card with fewer buttons or one line more. */
  async function amend(card: Card): Promise<void> {
    await conversations.amend(card);
    send(card.id);
  }

  /** One way at a time for each card, so that an edit never overtakes the post or an earlier edit. */
  function send(id: string): void {
    if (busy.has(id)) return void again.add(id);
    const way = deliver(id)
      // What is still owed stands in the store: the next flush tries again.
      .catch((error: unknown) => log.warn({ error: String(error), card: id }, "a card could not be sent"))
      .then(() => {
        busy.delete(id);
        if (again.delete(id)) send(id);
      });
    busy.set(id, way);
  }

  async function deliver(id: string): Promise<void> {
    const stored = await conversations.find(id);
    if (stored === null || stored.pending === null) return;
    const surface = surfaces.get(stored.place.surface);
    if (surface === undefined) return;
    const operation = stored.message === null ? "post" : "edit";
    const count = (result: string) => metrics.cards.inc({ surface: surface.name, operation, result });
    try {
      if (stored.message === null) {
        await conversations.delivered(stored.card, await surface.post(stored.place, stored.card));
      } else {
        await surface.edit(stored.place, stored.message, stored.card);
        await conversations.shown(stored.card);
      }
      count("done");
    } catch (error) {
      count("failed");
      log.warn(
        { error: String(error), surface: surface.name, card: id },
        "a card could not be delivered yet",
      );
      await conversations.postponed(id, stored.attempts);
    }
  }

  /** Sends everything that is still owed and due; called at start and every second. */
  async function flush(): Promise<void> {
    for (const surface of surfaces.keys())
      for (const { card } of await conversations.owed(surface)) if (!busy.has(card.id)) send(card.id);
  }

  /** Waits for cards on their way, but not long: what is owed is sent after the next start. */
  async function settled(limitMs: number): Promise<void> {
    await atMost(limitMs, Promise.allSettled(busy.values()));
  }

  return { post, answer, edit, amend, picture, flush, settled };
}
