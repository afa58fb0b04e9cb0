import type { ButtonStyle, Card, Tone } from "../card.ts";
import { aboutIds, fit, notes, toneWords } from "../card-text.ts";

/** What the page takes, in characters or pieces: a browser has no limit of its own, a reader has. */
export const limits = {
  title: 300,
  text: 20_000,
  fields: 30,
  fieldName: 200,
  field: 2_000,
  alt: 500,
  buttons: 25,
  buttonLabel: 120,
  footer: 1_000,
} as const;

/** A piece of text; `code` was written between single backticks. */
export type Words = { text: string; code: boolean };

/** What the page draws of a card: only text and checked addresses, never markup. */
export type ConsoleMessage = {
  tone: Tone;
  toneWord: string;
  title: Words[];
  /** The title without backticks, for the window's title and for names. */
  name: string;
  text: Words[];
  fields: { label: string; value: Words[] }[];
  image: { url: string; alt: string } | null;
  buttons: { token: string; label: string; style: ButtonStyle }[];
  remarks: string[];
  footer: string;
};

/**
 * Draws a card as plain data for the page, every cut visible. Nothing in the card's data can become markup, load
 * a picture from elsewhere or change what stands beside it.
 */
export function renderCard(card: Card): ConsoleMessage {
  const title = fit(card.title.replaceAll("\n", " ") || "No title", limits.title);
  const image = imageOf(card);
  return {
    tone: card.tone,
    toneWord: toneWords[card.tone],
    title: wordsOf(title),
    name: title.replaceAll("`", ""),
    text: wordsOf(fit(card.text, limits.text)),
    fields: fieldsOf(card),
    image,
    buttons: buttonsOf(card),
    remarks: notes(card, image === null ? "unavailable" : { ref: image.url }, limits),
    footer: footerOf(card),
  };
}

function fieldsOf(card: Card): ConsoleMessage["fields"] {
  return card.fields.slice(0, limits.fields).map((field) => ({
    label: fit(field.label.replaceAll("\n", " ") || "-", limits.fieldName),
    value: wordsOf(fit(field.value || "-", limits.field)),
  }));
}

/** Only this bot's own charts: any other address would tell a stranger who reads the card. */
function imageOf(card: Card): ConsoleMessage["image"] {
  if (card.image === null || !/^\/charts\/[\w-]+\.png$/.test(card.image.url)) return null;
  return { url: card.image.url, alt: fit(card.image.alt || "Chart", limits.alt) };
}

function buttonsOf(card: Card): ConsoleMessage["buttons"] {
  return card.buttons.slice(0, limits.buttons).map(({ label, token, style }) => ({
    token,
    label: fit(label.replaceAll("\n", " ") || "Choose", limits.buttonLabel),
    style,
  }));
}

/** The tone stands at the card's top, so the closing line is the footer and the ids it does not name yet. */
function footerOf(card: Card): string {
  return [fit(card.footer, limits.footer), fit(aboutIds(card), 80)].filter(Boolean).join(" · ");
}

/** wordsOf("Restart `app`?") // => "Restart ", code "app", "?" */
function wordsOf(text: string): Words[] {
  return text
    .split(/(`[^`\n]+`)/)
    .map((part, index) =>
      index % 2 === 1 ? { text: part.slice(1, -1), code: true } : { text: part, code: false },
    )
    .filter((part) => part.text !== "");
}
