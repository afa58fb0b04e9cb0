import type { Card, Tone } from "./card.ts";

/** The tone in words: colour alone tells nothing to a screen reader or a grey screen. */
export const toneWords: Record<Tone, string> = {
  ok: "All well",
  info: "For information",
  warning: "Warning",
  critical: "Critical",
  refused: "Refused",
};

/** What the picture is by the time the card is rendered: `ref` is the vendor's name of the uploaded file. */
export type Picture = { ref: string } | "unavailable" | null;

/**
 * Text as it may be shown anywhere: no control characters, no direction overrides (they can make "deny" read as
 * something else), no halves of characters.
 */
export function tidy(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[^\P{Cc}\n\t]/gu, "")
    .replace(/[\u202A-\u202E\u2066-\u2069\u200E\u200F\u061C]/g, "")
    .replace(/\p{Cs}/gu, "\uFFFD");
}

/**
 * Tidies, escapes and, where the result would be longer than `limit` (UTF-16 units), cuts so that everybody sees
 * it. `escape` never makes a text shorter; a character or an escape is never split.
 */
export function fit(text: string, limit: number, escape: (text: string) => string = (same) => same): string {
  const clean = tidy(text);
  if (clean.length <= limit) {
    const whole = escape(clean);
    if (whole.length <= limit) return whole;
  }
  const characters = Array.from(clean.slice(0, limit + 1)).slice(0, -1);
  const shown = (count: number) =>
    escape(characters.slice(0, count).join("")) + cutMark(clean.length - count, limit);
  let low = 0;
  let high = characters.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (shown(middle).length <= limit) low = middle;
    else high = middle - 1;
  }
  return shown(low);
}

function cutMark(left: number, limit: number): string {
  return limit < 200 ? "…" : ` … (${left} more characters)`;
}

/** "about inc-12 and plan-17": what a card is about and its footer does not name; "" when it names all. */
export function aboutIds(card: Pick<Card, "incident" | "plan" | "footer">): string {
  const named = new Set(card.footer.match(/\b(?:inc|plan)-\d+\b/g));
  const ids = [card.incident, card.plan].filter((id) => id !== null && !named.has(id));
  return ids.length === 0 ? "" : `about ${ids.join(" and ")}`;
}

/** "Critical · Recorded metrics, dry-run cloud · about inc-12": the ids stand at the end and are never cut. */
export function closingLine(card: Card, limit: number, escape?: (text: string) => string): string {
  const about = aboutIds(card);
  const end = about === "" ? "" : ` · ${fit(about, 80, escape)}`;
  const start = toneWords[card.tone];
  if (card.footer === "") return start + end;
  return `${start} · ${fit(card.footer, limit - start.length - end.length - 3, escape)}${end}`;
}

/** What could not be shown, one sentence each; empty when the whole card fits. */
export function notes(card: Card, picture: Picture, limits: { fields: number; buttons: number }): string[] {
  const fields = card.fields.length - limits.fields;
  const buttons = card.buttons.length - limits.buttons;
  return [
    ...(fields > 0 ? [`${fields} more fields are not shown here.`] : []),
    ...(buttons > 0 ? [`${buttons} more buttons are not shown here: type the command instead.`] : []),
    ...(picture === "unavailable" && card.image !== null
      ? [`Chart unavailable: ${fit(card.image.alt || "no description", 150)}`]
      : []),
  ];
}

/** Rows of at most `length` items, in order. chunks([1, 2, 3], 2) // => [[1, 2], [3]] */
export function chunks<T>(items: readonly T[], length: number): T[][] {
  const rows: T[][] = [];
  for (let start = 0; start < items.length; start += length) rows.push(items.slice(start, start + length));
  return rows;
}
