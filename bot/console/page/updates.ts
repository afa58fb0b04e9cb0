import type { Card } from "../../card.ts";

/** A card and when it was posted or edited (unix ms). */
export type PostedCard = { card: Card; at: number };

export type ConnectionState = "connecting" | "connected" | "reconnecting";

/** A browser gives up on an answer that is no event stream (the bot restarts, say); then we begin anew. */
const retryMs = 3_000;

/**
 * Listens to /updates for as long as the page is open. `hello` gets the recent cards, oldest first, at each
 * connection; `posted` each new or edited card after it.
 */
export function listen(hear: {
  state(state: ConnectionState): void;
  hello(cards: PostedCard[]): void;
  posted(card: PostedCard): void;
}): void {
  const source = new EventSource("/updates");
  source.addEventListener("open", () => hear.state("connected"));
  source.addEventListener("hello", (event) => hear.hello(JSON.parse(event.data) as PostedCard[]));
  source.addEventListener("card", (event) => hear.posted(JSON.parse(event.data) as PostedCard));
  source.addEventListener("error", () => {
    hear.state("reconnecting");
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(() => listen(hear), retryMs);
  });
}
