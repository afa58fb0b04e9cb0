import { redactData, redactText } from "../../infra/redact.ts";

/** Text that is HTML already; everything else is escaped when it is put into a template. */
export type Html = { readonly html: string };

type Part = Html | string | number | null | readonly Html[];

/** A template of HTML: what is put in is escaped, unless it came out of such a template itself. */
export function html(texts: TemplateStringsArray, ...parts: Part[]): Html {
  return { html: texts.reduce((whole, text, index) => whole + write(parts[index - 1] ?? null) + text) };
}

function write(part: Part): string {
  if (part === null) return "";
  if (typeof part === "string" || typeof part === "number") return escapeHtml(String(part));
  return "html" in part ? part.html : part.map((each) => each.html).join("");
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text for an element's content or a quoted attribute. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? "");
}

/** What makes a terminal blink, and characters that nobody sees or that turn the reading round; lines stay lines. */
const ansi = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
const unseen = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}]/gu;

export type Clean = ReturnType<typeof createClean>;

/** Other people's words, fit to be shown: no escape codes, no marks that nobody sees, no secrets. */
export function createClean(secrets: readonly string[]) {
  // What nobody sees goes first: it may stand in the middle of a secret to hide it.
  const visible = (text: string) => text.replace(ansi, "").replaceAll("\r\n", "\n").replace(unseen, "");
  const text = (given: string) => redactText(visible(given), secrets);
  return {
    text,
    /** Plain data as JSON; values under names such as "token" are left out whatever they look like. */
    data: (given: unknown) => text(JSON.stringify(redactData(eachText(given, visible), secrets))),
    /** Names and values, likewise. */
    pairs: (given: Readonly<Record<string, string>>) =>
      Object.entries(redactData(eachText(given, visible), secrets) as Record<string, string>),
  };
}

/** The same data with another text for every text in it, names of fields too. */
function eachText(data: unknown, change: (text: string) => string): unknown {
  if (typeof data === "string") return change(data);
  if (Array.isArray(data)) return data.map((item) => eachText(item, change));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [change(name), eachText(value, change)]),
  );
}
