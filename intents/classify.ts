import { isDuration } from "./durations.ts";
import { idFrom } from "./ids.ts";
import type { IntentKind } from "./intent.ts";
import { fitLogisticRegression, predict } from "./logistic-regression.ts";
import type { LogisticRegression } from "./logistic-regression.ts";
import { metricNamed } from "./metric-words.ts";
import { phrases } from "./phrases.ts";
import { surelyNamesTarget } from "./target-words.ts";

let model: LogisticRegression<IntentKind> | undefined;

/** A text longer than this says too many things for its words to point at one kind. In characters. */
const longestText = 300;

/**
 * What kind of intent lower-case words resemble, likeliest first; the probabilities add up to 1, or to less where
 * words are unknown. A resemblance only: good for questions and for offering buttons, never to act on. The first call fits the model.
 */
export function classify(words: string): { kind: IntentKind; probability: number }[] {
  model ??= fitLogisticRegression(
    phrases.map(({ kind, text }) => ({ label: kind, features: featuresOf(text) })),
  );
  const features = featuresOf(words.slice(0, longestText));
  const trust = shareKnown(model, features) ** 2;
  return predict(model, features).map(({ label, probability }) => ({
    kind: label,
    probability: probability * trust,
  }));
}

/** How many of the words are known: "why is the sky blue" must not count as surely as "why is the disk full". */
function shareKnown(fitted: LogisticRegression<IntentKind>, features: readonly string[]): number {
  const said = features.filter((feature) => feature.startsWith("word "));
  return said.length === 0 ? 0 : said.filter((word) => fitted.columns.has(word)).length / said.length;
}

/** Words, pairs of words and three- and four-letter pieces; names, ids and times count as what they are. */
function featuresOf(words: string): string[] {
  const tokens = words.split(" ").filter(Boolean).map(generalise);
  const features: string[] = [];
  tokens.forEach((token, index) => {
    features.push(`word ${token}`, `pair ${tokens[index - 1] ?? "^"} ${token}`);
    const edged = `^${token}$`;
    for (const size of [3, 4]) {
      for (let start = 0; start + size <= edged.length; start++)
        features.push(`piece ${edged.slice(start, start + size)}`);
    }
  });
  return features;
}

function generalise(token: string): string {
  if (isDuration(token)) return "%time";
  const id = idFrom(token, "inc");
  if (id !== undefined) return id.startsWith("plan") ? "%plan" : "%incident";
  return metricNamed(token) === undefined && surelyNamesTarget(token) ? "%target" : token;
}
