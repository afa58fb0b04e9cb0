import type { Card } from "../../card.ts";
import { renderCard, type ConsoleMessage } from "../render.ts";
import { element, textNodes } from "./elements.ts";
import { momentElement } from "./moment.ts";

/** What a card's element needs from outside. Times are unix ms. */
export type Drawing = { now: number; busy: ReadonlySet<string>; press(token: string, event: Event): void };

/** An empty article for a card; `fillCard` draws it, again and again as the card is edited. */
export function cardElement(id: string): HTMLElement {
  const name = idOf(id);
  return element("article", {
    id: name,
    class: "card",
    tabindex: "-1",
    "aria-labelledby": `${name}-tone ${name}-title`,
  });
}

/**
 * Draws the card into its article. Whoever was inside with the keyboard stays: on the same button (or the one that
 * says the same now), else on the card itself.
 */
export function fillCard(article: HTMLElement, card: Card, at: number, drawing: Drawing): void {
  const message = renderCard(card);
  const held = focusWithin(article);
  article.dataset.tone = message.tone;
  article.replaceChildren(
    element(
      "header",
      {},
      element("p", { id: `${article.id}-tone`, class: "tone" }, message.toneWord),
      momentElement(at, drawing.now),
    ),
    element("h2", { id: `${article.id}-title` }, ...textNodes(message.title)),
    ...bodyOf(message),
    // Before the picture: on a phone it would push them off the first screen.
    ...buttonsOf(message, drawing),
    ...chartOf(message),
    ...message.remarks.map((remark) => element("p", { class: "remark" }, remark)),
    ...(message.footer === "" ? [] : [element("footer", {}, message.footer)]),
    ...packOf(card),
  );
  if (held !== null) refocus(article, held);
}

/** A sentence is read in a line of its own; numbers stand side by side. */
const wideFromCharacters = 60;

function lengthOf(words: ConsoleMessage["text"]): number {
  return words.reduce((sum, { text }) => sum + text.length, 0);
}

function bodyOf(message: ConsoleMessage): HTMLElement[] {
  const fields = message.fields.map((field) =>
    element(
      "div",
      lengthOf(field.value) > wideFromCharacters ? { class: "wide" } : {},
      element("dt", {}, field.label),
      element("dd", { dir: "auto" }, ...textNodes(field.value)),
    ),
  );
  return [
    ...(message.text.length === 0
      ? []
      : [element("p", { class: "text", dir: "auto" }, ...textNodes(message.text))]),
    ...(fields.length === 0 ? [] : [element("dl", {}, ...fields)]),
  ];
}

function chartOf({ image }: ConsoleMessage): HTMLElement[] {
  if (image === null) return [];
  const picture = element("img", { src: image.url, alt: image.alt, decoding: "async" });
  const link = element("a", { class: "chart", href: image.url, target: "_blank", rel: "noopener" }, picture);
  picture.addEventListener("error", () =>
    link.replaceWith(element("p", { class: "remark" }, `Chart unavailable: ${image.alt}`)),
  );
  return [link];
}

/** Everything about the incident as a file to keep. */
function packOf({ incident }: Card): HTMLElement[] {
  if (incident === null || !/^inc-\d+$/.test(incident)) return [];
  const link = element(
    "a",
    { href: `/incidents/${incident}/pack`, download: `${incident}.html` },
    `${incident} as one file`,
  );
  return [element("p", { class: "pack" }, link)];
}

function buttonsOf({ buttons, name }: ConsoleMessage, drawing: Drawing): HTMLElement[] {
  if (buttons.length === 0) return [];
  const drawn = buttons.map(({ token, label, style }) => {
    const button = element("button", { type: "button", class: style, "data-token": token }, label);
    button.addEventListener("click", (event) => drawing.press(token, event));
    setBusy(button, drawing.busy.has(token));
    return button;
  });
  return [element("div", { class: "buttons", role: "group", "aria-label": `Actions: ${name}` }, ...drawn)];
}

/** `aria-disabled` and not `disabled`: a disabled button would throw the keyboard's focus away. */
export function setBusy(button: HTMLElement, busy: boolean): void {
  button.setAttribute("aria-disabled", String(busy));
  button.setAttribute("aria-busy", String(busy));
}

type Held = { token: string | undefined; label: string | null };

function focusWithin(article: HTMLElement): Held | null {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || !article.contains(active)) return null;
  return { token: active.dataset.token, label: active.dataset.token ? active.textContent : null };
}

function refocus(article: HTMLElement, held: Held): void {
  const buttons = [...article.querySelectorAll<HTMLElement>("button")];
  const same =
    buttons.find((button) => held.token !== undefined && button.dataset.token === held.token) ??
    buttons.find((button) => held.label !== null && button.textContent === held.label);
  (same ?? article).focus({ preventScroll: true });
}

function idOf(cardId: string): string {
  return `card-${cardId.replace(/[^\w-]/g, "_")}`;
}
