const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const numberWords: ReadonlyMap<string, number> = new Map([
  ["a", 1],
  ["an", 1],
  ["one", 1],
  ["two", 2],
  ["couple", 2],
  ["three", 3],
  ["few", 3],
  ["several", 3],
  ["four", 4],
  ["five", 5],
  ["six", 6],
  ["seven", 7],
  ["eight", 8],
  ["nine", 9],
  ["ten", 10],
  ["twelve", 12],
  ["fourteen", 14],
  ["fifteen", 15],
  ["twenty", 20],
  ["thirty", 30],
  ["forty-five", 45],
  ["sixty", 60],
  ["ninety", 90],
]);
/** Times of day in words, as the window that surely covers them. */
const windowWords: ReadonlyMap<string, string> = new Map([
  ["overnight", "12h"],
  ["last night", "12h"],
  ["tonight", "12h"],
  ["this morning", "12h"],
  ["this afternoon", "12h"],
  ["this evening", "12h"],
  ["last shift", "8h"],
  ["this shift", "8h"],
  ["my shift", "8h"],
  ["the morning", "12h"],
  ["monday", "3d"],
  ["today", "1d"],
  ["tomorrow", "1d"],
  ["yesterday", "2d"],
  ["weekend", "3d"],
]);

const duration = /^(?=\d)(?:\d{1,5}w)?(?:\d{1,5}d)?(?:\d{1,5}h)?(?:\d{1,5}m)?(?:\d{1,7}s)?$/u;
const shortUnits = "s|m|h|d|w";
const longUnits = "secs?|seconds?|mins?|minutes?|hrs?|hours?|hr|days?|wks?|weeks?|fortnights?|months?|years?";
const numeral = new RegExp(
  `(?<![\\w.:#/-])(\\d{1,5}(?:\\.\\d{1,2})?)[ -]?(${longUnits}|${shortUnits})(?![\\w%-])`,
  "gu",
);
const worded = new RegExp(
  `(?<![\\w-])(?:a )?(${[...numberWords.keys()].join("|")}) (?:of )?(?:more )?(${longUnits})( and a half)?(?![\\w-])`,
  "gu",
);
const relative =
  /(?<![\w-])(last|past|previous|next|coming|this|final) (minute|hour|day|week|month|year)(?![\w-])/gu;

const likeDuration = new RegExp(`^[-+]?(?:\\d+(?:[.,]\\d+)?(?:ms|${longUnits}|[smhdwy]))+$`, "u");

/** Whether a word is a duration in Prometheus syntax, such as "30m" or "1h30m"; "0s" is none. */
export function isDuration(word: string): boolean {
  return word !== "" && duration.test(word) && /[1-9]/u.test(word);
}

/** Whether a lower-case word was meant as a length of time, good or not: "30m", but also "0s", "-5m", "1h1h", "500y". */
export function resemblesDuration(word: string): boolean {
  return isDuration(word) || likeDuration.test(word);
}

/**
 * Writes the lengths of time in a lower-case text in Prometheus syntax: "an hour" => "1h", "past 30 minutes" =>
 * "past 30m", "2 hours and 15 minutes" => "2h15m", "1.5 hours" => "90m", "a month" => "30d".
 */
export function writeDurations(text: string): string {
  return text
    .replace(/(?<![\w-])(?:half an? hour|half-hour|half hour)(?![\w-])/gu, "30m")
    .replace(/(?<![\w-])(?:a )?quarter of an hour(?![\w-])/gu, "15m")
    .replace(worded, (_all, count: string, unit: string, half: string | undefined) =>
      write((numberWords.get(count) ?? 1) + (half === undefined ? 0 : 0.5), unit),
    )
    .replace(numeral, (_all, count: string, unit: string) => write(Number(count), unit))
    .replace(relative, (_all, which: string, unit: string) => `${which} ${write(1, unit)}`)
    .replace(
      /(?<![\w-])(\d{1,5}[wdh]) (?:and )?(\d{1,5}[hm])(?![\w-])/gu,
      (all, long: string, short: string) => (isDuration(long + short) ? long + short : all),
    );
}

/**
 * The first length of time in words from `writeDurations`, also "overnight" and the like, or undefined. Where there is
 * none, a word that was meant as one ("0s") is answered as typed: whoever uses it refuses it, which ignoring it hides.
 */
export function durationIn(words: string): string | undefined {
  const exact = words.split(" ").find(isDuration);
  if (exact !== undefined) return exact;
  for (const [phrase, window] of windowWords) {
    if (` ${words} `.includes(` ${phrase} `)) return window;
  }
  return words.split(" ").find(resemblesDuration);
}

function write(count: number, unit: string): string {
  const [letter, factor] = unitOf(unit);
  const whole = count * factor;
  if (Number.isInteger(whole)) return `${whole}${letter}`;
  const seconds = Math.round(whole * (secondsOf[letter] ?? 1));
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/** The Prometheus letter of a unit, and how many of that letter one unit is. Prometheus has no month. */
function unitOf(unit: string): [string, number] {
  if (unit.startsWith("month")) return ["d", 30];
  if (unit.startsWith("year")) return ["d", 365];
  if (unit.startsWith("fortnight")) return ["w", 2];
  return [unit.slice(0, 1), 1];
}
