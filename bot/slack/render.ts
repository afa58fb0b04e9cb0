import type { types } from "@slack/bolt";
import type { ButtonStyle, Card } from "../card.ts";
import { chunks, closingLine, fit, notes, toneWords, type Picture } from "../card-text.ts";
import { limits } from "./limits.ts";

/** A card as Slack's chat.postMessage and chat.update take it. */
export type SlackMessage = { text: string; blocks: types.KnownBlock[] };

/** `action_id` of every button of ours; the number keeps them different within one message. */
export const buttonActions = /^card_button_\d+$/;

const styles: Record<ButtonStyle, "primary" | "danger" | undefined> = {
  primary: "primary",
  default: undefined,
  danger: "danger",
};

/**
 * Draws a card in Block Kit, within Slack's limits, every cut visible. Nothing in the card's data can mention
 * anybody, become a link or change what stands beside it. `addressed` are ids of Slack users whom Slack shall tell.
 */
export function renderCard(card: Card, picture: Picture, addressed: readonly string[] = []): SlackMessage {
  const footer = closingLine(card, limits.footer, escapeText);
  const remarks = notes(card, picture, limits).map((note) => fit(note, limits.footer, escapeText));
  const buttons = buttonsOf(card);
  const text = fit(card.text, limits.text, escapeText);
  const images = imageOf(card, picture);
  const spent =
    limits.title +
    limits.fallback +
    text.length +
    footer.length +
    remarks.join("").length +
    (images[0]?.alt_text.length ?? 0) +
    mentions(addressed).length +
    buttonsLength(card);
  const blocks: types.KnownBlock[] = [
    { type: "header", text: plain(card.title.replaceAll("`", "") || "No title", limits.title) },
    ...(addressed.length === 0 ? [] : [{ type: "section" as const, text: words(mentions(addressed)) }]),
    ...(text === "" ? [] : [{ type: "section" as const, text: words(text) }]),
    ...fieldsOf(card, limits.total - spent),
    ...images,
    ...buttons,
    ...remarks.map((remark) => ({ type: "context" as const, elements: [words(remark)] })),
    { type: "context", elements: [words(footer)] },
  ];
  return { text: fallbackText(card), blocks: blocks.slice(0, limits.blocks) };
}

/** The card without any block: for when Slack refuses the blocks. Decisions then need a typed command. */
export function renderPlain(card: Card): SlackMessage {
  const buttons = card.buttons.map((button) => button.label).join(", ");
  const lines = [
    card.title,
    card.text,
    ...card.fields.map((field) => `${field.label}: ${field.value}`),
    ...(buttons === "" ? [] : [`Buttons could not be shown (${buttons}): type the command instead.`]),
  ];
  const body = fit(lines.filter(Boolean).join("\n"), limits.text, escapeText);
  return { text: `${body}\n${closingLine(card, limits.footer, escapeText)}`, blocks: [] };
}

/** https://docs.slack.dev/messaging/formatting-message-text : only an id of this shape can stand there. */
function mentions(users: readonly string[]): string {
  return users
    .filter((user) => /^[A-Z0-9]{2,30}$/.test(user))
    .slice(0, limits.mentions)
    .map((user) => `<@${user}>`)
    .join(" ");
}

function fieldsOf(card: Card, budget: number): types.SectionBlock[] {
  const shown = card.fields.slice(0, limits.fields);
  const limit = Math.min(limits.field, Math.floor(budget / Math.max(shown.length, 1)));
  const texts = shown.map((field) => {
    const label = fit(field.label || "-", Math.floor(limit / 3), escapeLabel);
    return words(`*${label}*\n${fit(field.value || "-", limit - label.length - 3, escapeText)}`);
  });
  return chunks(texts, limits.fieldsPerBlock).map((fields) => ({ type: "section", fields }));
}

function imageOf(card: Card, picture: Picture): types.ImageBlock[] {
  if (card.image === null || picture === null || picture === "unavailable") return [];
  const alt = fit(card.image.alt || "Chart", limits.alt, escapeText);
  return [{ type: "image", slack_file: { id: picture.ref }, alt_text: alt }];
}

function buttonsOf(card: Card): types.ActionsBlock[] {
  const elements = card.buttons.slice(0, limits.buttons).map(({ label, token, style }, index) => ({
    type: "button" as const,
    action_id: `card_button_${index}`,
    text: plain(label || "Choose", limits.buttonLabel),
    value: checkedToken(token),
    ...(styles[style] === undefined ? {} : { style: styles[style] }),
  }));
  return chunks(elements, limits.buttonsPerRow).map((row) => ({ type: "actions", elements: row }));
}

/** A token is never cut: a shorter one would be another button. */
function checkedToken(token: string): string {
  if (token.length > 0 && token.length <= limits.buttonToken) return token;
  throw new RangeError(
    `a button's token has ${token.length} characters; Slack takes 1-${limits.buttonToken}`,
  );
}

function fallbackText(card: Card): string {
  const text = card.text === "" ? "" : `: ${card.text}`;
  return fit(`${toneWords[card.tone]} - ${card.title}${text}`, limits.fallback, escapeText);
}

/** https://docs.slack.dev/messaging/formatting-message-text : the three characters that begin mentions and links. */
export function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Inside bold: an asterisk or a new line would end it. */
function escapeLabel(text: string): string {
  return escapeText(text.replaceAll("*", "∗").replaceAll("\n", " "));
}

/** `verbatim`: Slack turns no address, channel or @name in it into something that can be pressed or that notifies. */
function words(text: string): types.MrkdwnElement {
  return { type: "mrkdwn", text, verbatim: true };
}

function plain(text: string, limit: number): types.PlainTextElement {
  return { type: "plain_text", text: fit(text.replaceAll("\n", " "), limit, escapeText), emoji: false };
}

function buttonsLength(card: Card): number {
  const lengths = card.buttons.map(
    ({ token, label }) => token.length + Math.min(label.length, limits.buttonLabel),
  );
  return lengths.slice(0, limits.buttons).reduce((sum, length) => sum + length, 0);
}
