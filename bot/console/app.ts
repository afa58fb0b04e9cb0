import type { Card } from "../card.ts";
import type { Place, Surface } from "../surface.ts";

/** A new or edited card, as the page is told over `/updates`. `at` is unix ms. */
export type ConsoleEvent = { kind: "card"; card: Card; edited: boolean; at: number };

/** Hands what is published to whoever listens: one per open page. */
export type Updates = {
  publish(event: ConsoleEvent): void;
  subscribe(listener: (event: ConsoleEvent) => void): () => void;
};

/** The line between the console and the HTTP server's open pages. A listener that throws does not stop the others. */
export function createUpdates(onError: (error: unknown) => void): Updates {
  const listeners = new Set<(event: ConsoleEvent) => void>();
  return {
    publish(event) {
      for (const listener of [...listeners]) {
        try {
          listener(event);
        } catch (error) {
          onError(error);
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * The console as a surface: cards go to every open page, and a message's id is its card's id, so that an edit
 * reaches the same place. What people type arrives over HTTP (`POST /query`, `POST /buttons`).
 */
export function createConsole(deps: {
  publish(event: ConsoleEvent): void;
  /** Unix ms. */
  now(): number;
}): Surface {
  let started = false;
  const show = (card: Card, edited: boolean) => deps.publish({ kind: "card", card, edited, at: deps.now() });
  return {
    name: "console",
    async start() {
      started = true;
    },
    async stop() {
      started = false;
    },
    async post(_place: Place, card: Card) {
      show(card, false);
      return card.id;
    },
    async edit(_place: Place, message: string, card: Card) {
      show({ ...card, id: message }, true);
    },
    state: () => ({ connected: started, detail: started ? "served by this bot" : "stopped" }),
  };
}
