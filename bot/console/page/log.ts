import type { Card } from "../../card.ts";
import { tidy } from "../../card-text.ts";
import { cardElement, fillCard, setBusy } from "./draw-card.ts";
import { byId, element } from "./elements.ts";
import { createFollow } from "./follow.ts";
import { momentElement, refreshMoments } from "./moment.ts";
import type { PostedCard } from "./updates.ts";

/** More than anybody scrolls through; older messages leave the page, not the bot's memory. */
const mostEntries = 300;

type Shown = { article: HTMLElement; at: number; drawn: string; heardAs: number };

/**
 * The conversation on the page. A card has one place, by its id. What the bot published is newer than an answer
 * whose question was asked before; `hello` is what the bot holds now, unless an edit arrived since it connected.
 */
export function createLog(press: (token: string) => void) {
  const log = byId("log", HTMLElement);
  const welcome = byId("welcome", HTMLElement);
  const follow = createFollow(byId("scroller", HTMLElement), log, byId("newest", HTMLButtonElement));
  const shown = new Map<string, Shown>();
  const busy = new Set<string>();
  /** Counts what was heard, so that "before" and "after" need no clock. */
  let heard = 0;
  let connectedAs = 0;

  function append(entry: HTMLElement, mine: boolean): void {
    welcome.hidden = true;
    log.append(entry);
    while (log.childElementCount > mostEntries && log.firstElementChild !== null)
      forget(log.firstElementChild);
    follow.added(mine);
  }

  function forget(entry: Element): void {
    for (const [id, { article }] of shown) if (article === entry) shown.delete(id);
    entry.remove();
  }

  function draw(card: Card, at: number): boolean {
    const drawn = JSON.stringify(card);
    const known = shown.get(card.id);
    if (known !== undefined && known.drawn === drawn) {
      known.heardAs = heard;
      return false;
    }
    const article = known?.article ?? cardElement(card.id);
    const now = Math.max(at, known?.at ?? 0);
    fillCard(article, card, now, { now: Date.now(), busy, press: pressed });
    shown.set(card.id, { article, at: now, drawn, heardAs: heard });
    if (known === undefined) append(article, false);
    else follow.edited();
    return known === undefined;
  }

  function pressed(token: string, event: Event): void {
    if (busy.has(token) || !follow.aimed(event)) return;
    press(token);
  }

  return {
    /** A mark to give to `answered` with the answer to what is asked now. */
    asking: (): number => heard,
    /** Published by the bot. True when the card is new on this page. */
    posted({ card, at }: PostedCard): boolean {
      heard += 1;
      const known = shown.get(card.id);
      return known !== undefined && at < known.at ? false : draw(card, at);
    },
    connected(): void {
      connectedAs = heard;
    },
    hello(cards: readonly PostedCard[]): void {
      heard += 1;
      for (const { card, at } of cards) {
        const known = shown.get(card.id);
        if (known === undefined || known.heardAs <= connectedAs) draw(card, at);
      }
    },
    /** The answer to a question asked at the mark `asked`. */
    answered(card: Card, asked: number, now: number): void {
      const known = shown.get(card.id);
      if (known !== undefined && known.heardAs > asked) return;
      // The bot's clock dates edits; ours must not make the next one look old.
      draw(card, known?.at ?? Math.min(now, Date.now()));
    },
    /** The person's own words; the returned function ends the wait and says whether they arrived. */
    mine(text: string, now: number): (arrived: boolean) => void {
      const state = element("span", { class: "waiting" }, "Looking");
      const entry = element(
        "div",
        { class: "mine", tabindex: "-1" },
        element("span", { class: "hidden" }, "You said: "),
        element("p", { dir: "auto" }, tidy(text)),
        element("small", { "aria-live": "off" }, momentElement(now, now), state),
      );
      append(entry, true);
      return (arrived) => (arrived ? state.remove() : state.replaceWith(element("span", {}, "not answered")));
    },
    problem(text: string): void {
      const alert = element(
        "div",
        { class: "problem", role: "alert", tabindex: "-1" },
        element("strong", {}, "That did not work. "),
        element("span", {}, tidy(text)),
      );
      append(alert, false);
    },
    /** Marks every button with this token as being answered, also those of an edit that comes meanwhile. */
    busy(token: string, is: boolean): void {
      if (is) busy.add(token);
      else busy.delete(token);
      for (const button of log.querySelectorAll<HTMLElement>("button[data-token]"))
        if (button.dataset.token === token) setBusy(button, is);
    },
    refresh: (now: number): void => refreshMoments(log, now),
  };
}
