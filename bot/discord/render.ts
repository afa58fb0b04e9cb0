import type { APIActionRowComponent, APIButtonComponentWithCustomId, APIEmbed } from "discord.js";
import type { ButtonStyle, Card, Tone } from "../card.ts";
import { chunks, closingLine, fit, notes, toneWords, type Picture } from "../card-text.ts";
import { limits } from "./limits.ts";

/** A card as Discord's create and edit message take it. */
type DiscordMessage = {
  embeds: APIEmbed[];
  components: APIActionRowComponent<APIButtonComponentWithCustomId>[];
  allowed_mentions: { parse: []; users?: string[]; replied_user: false };
};

/** Numbers of https://discord.com/developers/docs/components/reference#button-button-styles */
const styles: Record<ButtonStyle, 1 | 2 | 4> = { primary: 1, default: 2, danger: 4 };

const colours: Record<Tone, number> = {
  ok: 0x2e7d32,
  info: 0x1565c0,
  warning: 0xb26a00,
  critical: 0xc62828,
  refused: 0x5f6368,
};

/**
 * Draws a card as one embed with buttons, within Discord's limits, every cut visible. Nothing in the card's data
 * can mention anybody, become a link with another face or change what stands beside it.
 */
export function renderCard(card: Card, picture: Picture): DiscordMessage {
  const footer = closingLine(card, limits.footer, calm);
  const remarks = notes(card, picture, limits).map((note) => fit(note, limits.footer, escapeText));
  const title = fit(card.title.replaceAll("\n", " ") || "No title", limits.title, escapeText);
  const text = [fit(card.text, limits.text, escapeText), ...remarks].filter(Boolean).join("\n\n");
  const spent = title.length + text.length + footer.length;
  const embed: APIEmbed = {
    title,
    color: colours[card.tone],
    ...(text === "" ? {} : { description: text }),
    fields: fieldsOf(card, limits.total - spent),
    ...imageOf(card, picture),
    footer: { text: footer },
  };
  return { embeds: [embed], components: buttonsOf(card), allowed_mentions: noMentions() };
}

/** What a message needs besides for Discord to tell the people whom the card addresses; nothing for every other card. */
export function addressing({ mentions = [] }: Card): Partial<DiscordMessage> & { content?: string } {
  const users = mentions
    .flatMap((identity) => /^discord:[A-Z0-9]+\/(\d{15,20})$/.exec(identity)?.[1] ?? [])
    .slice(0, limits.mentions);
  if (users.length === 0) return {};
  const content = users.map((user) => `<@${user}>`).join(" ");
  return { content, allowed_mentions: { ...noMentions(), users: [...new Set(users)] } };
}

/** The card without picture and colour: for when Discord refuses the embed. Its buttons stay. */
export function renderPlain(card: Card): Omit<DiscordMessage, "embeds"> & { content: string } {
  const lines = [
    `${toneWords[card.tone]}: ${card.title}`,
    card.text,
    ...card.fields.map((field) => `${field.label}: ${field.value}`),
  ];
  const content = fit(lines.filter(Boolean).join("\n"), 1_900, escapeText);
  return { content, components: buttonsOf(card), allowed_mentions: noMentions() };
}

function fieldsOf(card: Card, budget: number): NonNullable<APIEmbed["fields"]> {
  const shown = card.fields.slice(0, limits.fields);
  const share = Math.floor(budget / Math.max(shown.length, 1));
  return shown.map((field) => {
    const label = field.label.replaceAll("\n", " ") || "-";
    const name = fit(label, Math.min(limits.fieldName, Math.floor(share / 3)), escapeText);
    const value = fit(field.value || "-", Math.min(limits.field, share - name.length), escapeText);
    return { name, value, inline: true };
  });
}

function imageOf(card: Card, picture: Picture): Pick<APIEmbed, "image"> {
  if (card.image === null || picture === null || picture === "unavailable") return {};
  return { image: { url: `attachment://${picture.ref}` } };
}

function buttonsOf(card: Card): APIActionRowComponent<APIButtonComponentWithCustomId>[] {
  const buttons = card.buttons.slice(0, limits.buttons).map(({ label, token, style }) => ({
    type: 2 as const,
    style: styles[style],
    label: fit(label.replaceAll("\n", " ") || "Choose", limits.buttonLabel, calm),
    custom_id: checkedToken(token),
  }));
  return chunks(buttons, limits.buttonsPerRow).map((components) => ({ type: 1, components }));
}

/** A token is never cut: a shorter one would be another button. */
function checkedToken(token: string): string {
  if (token.length > 0 && token.length <= limits.buttonToken) return token;
  throw new RangeError(
    `a button's token has ${token.length} characters; Discord takes 1-${limits.buttonToken}`,
  );
}

/**
 * https://support.discord.com/hc/articles/210298617 : every mark is shown as it was written. What stands between
 * single backticks stays code, because inside it nothing is read as a mark.
 */
export function escapeText(text: string): string {
  return text
    .split(/(`[^`\n]+`)/)
    .map((part, index) => (index % 2 === 1 ? calm(part) : escapeMarks(part)))
    .join("");
}

function escapeMarks(text: string): string {
  return calm(text)
    .replace(/[\\*_~|`[\]()<>]/g, "\\$&")
    .replace(/^(\s*)(#|-)/gm, "$1\\$2");
}

/** Where marks are not read (labels, footer, code): only what could look like a mention to everybody is broken. */
function calm(text: string): string {
  return text.replace(/@(everyone|here)/gi, "@\u200B$1");
}

function noMentions(): DiscordMessage["allowed_mentions"] {
  return { parse: [], replied_user: false };
}
