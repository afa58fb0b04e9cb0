/** Longer texts are not read at all: nobody orders anything in more than two pages. In UTF-16 units. */
export const longestText = 4000;

const invisible = /[\p{Cf}\p{Cc}]/gu;
const mention = /<[@!][^<>\s]{1,80}>/gu;
const ownName = /^\s*(?:@(?:smartcloudops|ops|bot|opsbot)\b|smartcloudops\b)[\s:,]*/iu;
const slash = /^\s*\/(?:ops|smartcloudops)\b\s*/iu;

/**
 * A chat text without what the chat product added: invisible characters, typographic quotes, escapes and link markup,
 * the bot's mention and `/ops`. Other people's mentions stay as "@someone", so that "ask @mara to approve plan-9" does
 * not become an order. `bot` is the bot's own id in that chat; without it one leading mention counts as the bot's, unless
 * the text decides something (see `addressesSomebody`). Null: too long.
 */
export function cleanText(raw: string, bot?: string): string | null {
  if (raw.length > longestText) return null;
  const text = raw
    .normalize("NFKC")
    .replace(/\r\n?|[\u2028\u2029]/gu, "\n")
    .replace(/\t/gu, " ")
    .replace(invisible, (character) => (character === "\n" ? "\n" : ""))
    .replace(/[‘’‚′´]/gu, "'")
    .replace(/[“”„″«»]/gu, '"')
    .replace(/[‐‑‒–−]/gu, "-");
  if (text.length > longestText) return null;
  return unescapeMarkup(withoutMentions(text, bot)).replace(slash, "").replace(ownName, "").trim();
}

/** Whether a text begins with somebody's mention: the bot's, or a colleague's who is asked to do something. */
export function addressesSomebody(raw: string): boolean {
  return /^\s*<@[^<>\s]{1,80}>/u.test(raw);
}

function withoutMentions(text: string, bot: string | undefined): string {
  const trimmed = text.trimStart();
  if (bot !== undefined) {
    return trimmed.replace(mention, (found) =>
      /^<@!?/u.test(found) && found.includes(bot) ? " " : " @someone ",
    );
  }
  return trimmed.replace(mention, (_found, position: number) => (position === 0 ? " " : " @someone "));
}

/** Slack writes `<https://web-1.example.com|web-1>` and escapes `& < >`. */
function unescapeMarkup(text: string): string {
  return text
    .replace(/<[^<>|\s]{1,500}\|([^<>|]{1,200})>/gu, "$1")
    .replace(/<(?:https?:\/\/|mailto:)([^<>|\s]{1,500})>/gu, "$1")
    .replace(/&(gt|lt|amp);/gu, (_all, name: string) => (name === "gt" ? ">" : name === "lt" ? "<" : "&"));
}
