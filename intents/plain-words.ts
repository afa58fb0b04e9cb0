import { writeDurations } from "./durations.ts";
import { writeIds } from "./ids.ts";

/** A part of a text between punctuation marks: its words joined by single spaces. */
export type Clause = { words: string; question: boolean };

export type PlainText = {
  clauses: Clause[];
  /** All clauses, joined by single spaces. */
  words: string;
  /** Something was quoted (in quotes, as code, struck out, or with `>` before the line); it is not among the words. */
  quoted: boolean;
  /** What follows "because", as typed, at most 500 characters. */
  reason: string | undefined;
};

/** Stands for a quotation that was taken out. Nobody can type it: cleaning turns these marks into plain quotes. */
export const quotation = "«quoted»";

const contractions: readonly (readonly [RegExp, string])[] = [
  [/\b(?:can't|cant|cannot|can not)\b/gu, "can not"],
  [/\b(?:won't|wont)\b/gu, "will not"],
  [/\b(do|does|did|is|are|was|were|has|have|had|could|would|should|must)n'?t\b/gu, "$1 not"],
  [/\b(?:what|wat)(?:'s|s)\b/gu, "what is"],
  [/\b(who|how|where|when|why|that|there|here|it|he|she)'s\b/gu, "$1 is"],
  [/\b(who|how|where|that|there)s\b/gu, "$1 is"],
  [/\b(anything|something|everything|nothing|anyone|anybody|someone)'s\b/gu, "$1 is"],
  [/\b(what|who|how|there|they|we|you)'re\b/gu, "$1 are"],
  [/\b(i|we|you|they|who|what)'ve\b/gu, "$1 have"],
  [/\b(i|we|you|they|it|he|she|that|this|what|who)'ll\b/gu, "$1 will"],
  [/\b(i|we|you|they|he|she|who)'d\b/gu, "$1 would"],
  [/\bi'm\b|\bim\b(?= )/gu, "i am"],
  [/\blet'?s\b/gu, "let us"],
  [/\bgonna\b/gu, "going to"],
  [/\bwanna\b/gu, "want to"],
  [/\bgotta\b/gu, "have to"],
  [/\b(?:pls|plz|plse|pleaz|plox|pleas)\b/gu, "please"],
  [/\bu\b/gu, "you"],
  [/\br\b(?= (?:we|you|u|they|there|the)\b)/gu, "are"],
  [/^y(?= (?:is|are|did|does|do|was|has|it|the)\b)/gu, "why"],
  [/\bwhats up\b/gu, "what is up"],
  [/(?<=[\w)])'s(?=\s|$)/gu, ""],
];
const approval = /👍|:\+1:|:thumbs_?up:|:white_check_mark:|✅/gu;
const refusal = /👎|:-1:|:thumbs_?down:|:x:|❌/gu;
const otherEmoji = /[\p{Extended_Pictographic}\uFE0F]|(?<![\w:]):[a-z][a-z0-9_-]{1,40}:/gu;
/** Slack's slanted text; "__proto__" and "_private" are names and stay whole. */
const slanted = /(?<![\p{L}\p{N}_])_([^\s_](?:[^\n]{0,400}?[^\s_])?)_(?![\p{L}\p{N}_])/gu;
const breaks = /[,;!\n()]+|\.{2,}|[.:](?=\s|$)|…|\s-+\s|—|--/gu;
const joiners =
  / (?:and then|and please|then please|so please|and|then|so|but) (?=(?:can|could|please|restart|reboot|close|fix|run|approve|deny|reject|cancel|stop|silence|mute|retrain|pause|resume|ack|resolve|execute|clean|scale|it needs|needs|do it|go ahead|bounce)\b)/gu;
const numberedTarget = /(?<![\w-])(web|db|api|app|batch|worker|cache|server|host|box) (\d{1,3})(?![\w%.])/gu;

/** An unclosed double quote or backtick quotes the rest; an apostrophe and a tilde have other uses and need a partner. */
const quoted =
  /(```|`|")[^`"]*(?:\1|$)|(?<![\p{L}\p{N}])'[^\s'][^'\n]*'(?![\p{L}\p{N}])|(?<![\p{L}\p{N}])~{1,2}[^\s~][^~\n]*~{1,2}/gu;
const orderWords =
  /^(?:approved?|deny|reject|run|execute|reboot|restart|resume|pause|stop|start|scale|fix|retrain|lgtm|cancel|undo|rollback|silence|mute|close|resolve|ack)$/u;

/** Splits a cleaned text into lower-case clauses in which contractions, durations and ids are written out. */
export function plainText(cleaned: string): PlainText {
  const unquoted = withoutQuotations(cleaned.toLowerCase());
  const [main, reason] = splitReason(unquoted.text, cleaned);
  let text = main
    .replace(slanted, "$1")
    .replace(approval, "\n+1\n")
    .replace(refusal, "\n-1\n")
    .replace(otherEmoji, " ");
  for (const [pattern, written] of contractions) text = text.replace(pattern, written);
  text = writeIds(writeDurations(text)).replace(numberedTarget, "$1-$2");
  const clauses = text
    .replace(/[!?]*\?[!?]*/gu, " ? \n")
    .replace(breaks, "\n")
    .replace(joiners, "\n")
    .split("\n")
    .flatMap(clauseFrom);
  return { clauses, words: clauses.map((clause) => clause.words).join(" "), quoted: unquoted.quoted, reason };
}

function clauseFrom(part: string): Clause[] {
  const tokens = part.split(/\s+/u);
  const question = tokens.includes("?");
  const words = tokens
    .filter((token) => token !== "?")
    .map((token) => (token === quotation ? token : token.replace(/^[[{*"'`~]+|[\]}*"'`~.,:]+$/gu, "")))
    .filter((token) => token !== "")
    .join(" ");
  if (words === "" && !question) return [];
  return [{ words, question }];
}

/**
 * Takes quotations out: what somebody else said is no order. A quoted single word stays (people quote names), unless
 * it is the whole text.
 */
function withoutQuotations(text: string): { text: string; quoted: boolean } {
  const lines = text.split("\n").filter((line) => !/^\s{0,3}>/u.test(line));
  let found = lines.length < text.split("\n").length;
  const rest = lines.join("\n").replace(quoted, (all) => {
    const inner = all.replace(/^["'`~]+|["'`~]+$/gu, "");
    const isName = /^[\w.:@-]{1,100}$/u.test(inner) && !orderWords.test(inner) && !all.startsWith("~");
    if (isName && all.length < text.trim().length) return inner;
    found = true;
    return ` ${quotation} `;
  });
  return { text: rest, quoted: found };
}

function splitReason(text: string, cleaned: string): [string, string | undefined] {
  const found = /(?<![\w-])(?:because|cuz|cos|due to|reason:)\s/u.exec(text);
  if (found === null || found.index === 0) return [text, undefined];
  const typed = /(?<![\w-])(?:because(?: of)?|cuz|cos|due to|reason:)\s+/iu.exec(cleaned);
  const reason =
    typed === null
      ? ""
      : cleaned
          .slice(typed.index + typed[0].length)
          .trim()
          .slice(0, 500);
  // A reason is data, but a question mark at its end asks about the whole.
  const main = text.slice(0, found.index) + (text.endsWith("?") ? "?" : "");
  return [main, reason === "" ? undefined : reason];
}
