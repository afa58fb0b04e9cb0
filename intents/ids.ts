const incident =
  /(?<![\w#-])(?:incident|inc|ticket|alert|issue)[ -]?(?:number |no\.? |nr\.? )?#?-?0*(\d{1,9})(?![\w%-]|\.\d)/gu;
const plan = /(?<![\w#-])(?:plan)[ -]?(?:number |no\.? |nr\.? )?#?-?0*(\d{1,9})(?![\w%-]|\.\d)/gu;

/** Writes ids the way the bot does, in a lower-case text: "incident 8", "INC8" and "inc #8" => "inc-8". */
export function writeIds(text: string): string {
  return text.replace(incident, "inc-$1").replace(plan, "plan-$1");
}

/** Reads one word as an id: "inc-8", "plan-17"; "#8" is an id of the kind wanted. Undefined for anything else. */
export function idFrom(word: string, wanted: "inc" | "plan"): string | undefined {
  const written = writeIds(word.toLowerCase());
  if (/^(?:inc|plan)-\d{1,9}$/u.test(written)) return written;
  const number = /^#0*(\d{1,9})$/u.exec(written)?.[1];
  return number === undefined ? undefined : `${wanted}-${number}`;
}

/** All ids in lower-case words, each once, in their order. */
export function idsIn(words: string, wanted: "inc" | "plan"): string[] {
  const ids = words.split(" ").flatMap((word) => idFrom(word, wanted) ?? []);
  return [...new Set(ids)];
}
