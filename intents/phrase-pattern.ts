/**
 * Phrases as data. A template is written the way it is said: plain words; `[the]` may be missing; `(close|resolve)`
 * is a choice; `{restart}` is one of a set of synonyms; `<target>` is a slot. `<plan>`, `<incident>`, `<duration>`
 * and `<number>` only match their own shape, any other slot matches one word. A template matches a whole clause.
 */
export type Slots = Readonly<Record<string, string | undefined>>;

/** Good or not ("0s", "500y"): an order for an absurd time is refused, never given the usual time instead. */
const lengthOfTime = "[-+]?(?:\\d{1,9}(?:ms|[wdhmsy])){1,5}";
const slotShapes: ReadonlyMap<string, string> = new Map([
  ["plan", "plan-\\d{1,9}|#\\d{1,9}"],
  ["incident", "inc-\\d{1,9}|#\\d{1,9}"],
  ["duration", lengthOfTime],
  ["number", "\\d{1,4}|one|two|three|four|five|six|seven|eight|nine|ten"],
]);
/** Any word but a length of time, so that "mute alerts for 2h" mutes nothing called "2h". */
const anyWord = `(?!${lengthOfTime} )[^ ]{1,253}`;
const piece = /[[\]()|]|<([a-z]+)>|\{([a-z]+)\}|[^\s[\]()|<>{}]+/gu;

/** Compiles a template; throws on an unknown synonym set. In the expression each word is followed by one space. */
export function compilePhrase(template: string, synonyms: Readonly<Record<string, string>>): RegExp {
  let count = 0;
  // A slot may stand in several choices of a template; group names must differ, so they are numbered.
  const numbered = expressionOf(template, synonyms).replace(
    /\(\?<([a-z]+)>/gu,
    (_all, slot: string) => `(?<${slot}${count++}>`,
  );
  return new RegExp(`^${numbered}$`, "u");
}

function expressionOf(template: string, synonyms: Readonly<Record<string, string>>): string {
  let expression = "";
  for (const [text, slot, set] of template.matchAll(piece)) {
    if (slot !== undefined) expression += `(?<${slot}>${slotShapes.get(slot) ?? anyWord}) `;
    else if (set !== undefined) expression += `(?:${expressionOf(synonymsIn(set, synonyms), synonyms)})`;
    else if (text === "[" || text === "(") expression += "(?:";
    else if (text === "]") expression += ")?";
    else if (text === ")" || text === "|") expression += text;
    else expression += `${text.replace(/[/\\^$*+?.]/gu, "\\$&")} `;
  }
  return expression;
}

function synonymsIn(set: string, synonyms: Readonly<Record<string, string>>): string {
  const words = synonyms[set];
  if (words === undefined) throw new Error(`The phrase set {${set}} does not exist: add it to the synonyms`);
  return words;
}

/** The slots of a clause that a compiled template matches, or null. `words` are joined by single spaces. */
export function matchPhrase(pattern: RegExp, words: string): Slots | null {
  const found = pattern.exec(`${words} `);
  if (found === null) return null;
  const said = Object.entries(found.groups ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said.map(([name, value]) => [name.replace(/\d+$/u, ""), value]));
}

/** The plain words of a template: the vocabulary that spelling may correct to. */
export function wordsOf(template: string): string[] {
  return [...template.matchAll(piece)].flatMap(([text, slot, set]) =>
    slot === undefined && set === undefined && /^[a-z]{2,}$/u.test(text) ? [text] : [],
  );
}
