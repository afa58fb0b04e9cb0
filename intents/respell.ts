import { metricNamed } from "./metric-words.ts";
import { wordsOf } from "./phrase-pattern.ts";
import { phrases } from "./phrases.ts";
import type { PlainText } from "./plain-words.ts";
import { orders } from "./read-orders.ts";
import { correctSpelling } from "./spelling.ts";
import { synonyms } from "./synonyms.ts";

/** Slips are looked for in what somebody typed, not in what they pasted. In characters. */
const longestText = 400;

let vocabulary: ReadonlySet<string> | undefined;

/** A text with its slips of the finger corrected, or null when there were none. */
export function respell(text: PlainText): PlainText | null {
  vocabulary ??= new Set([
    ...orders.flatMap((order) => order.say.flatMap(wordsOf)),
    ...Object.values(synonyms).flatMap(wordsOf),
    ...phrases.flatMap((phrase) => phrase.text.split(" ")).filter((word) => /^[a-z]{3,}$/u.test(word)),
  ]);
  if (text.words.length > longestText) return null;
  const known = vocabulary;
  const correct = (words: string) => correctSpelling(words, known, (word) => metricNamed(word) !== undefined);
  const words = correct(text.words);
  if (words === text.words) return null;
  return {
    ...text,
    words,
    clauses: text.clauses.map((clause) => ({ ...clause, words: correct(clause.words) })),
  };
}
