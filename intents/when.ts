import { resemblesDuration } from "./durations.ts";
import { surelyNamesTarget } from "./target-words.ts";

/**
 * A text without the time it ends with, and that time: "02:00", "02:00-04:00", "tomorrow 02:00", "in 10m",
 * "maintenance". One that does not exist ("at 25:00") is answered as typed, to be refused: ignored, it would be now.
 */
export type Timed = { words: string; when: string };

/** Good or not: what stands after "at" and looks like a time of day is one, if only a wrong one. */
const hour = "(?:\\d{1,4}(?:[:.]\\d{1,3})?(?: ?[ap]\\.?m\\.?)?|noon|midnight)";
const goodHour = /^(?:\d{1,2}(?::[0-5]\d)?(?: ?[ap]\.?m\.?)?|noon|midnight)$/u;
const day =
  "(?:today|tonight|tomorrow(?: (?:morning|afternoon|evening|night))?|this (?:morning|afternoon|evening))";
const span = `(?:between (${hour}) and (${hour})|from (${hour}) (?:to|until|till) (${hour})|(?:at|@) (${hour}))(?: o'?clock)?`;
const clock = new RegExp(`(?:^| )(?:(${day}) )?${span}(?: (${day}))?$`, "u");
const maintenance =
  /(?:^| )(?:in|during|within|inside) (?:the |our |its )?(?:next |coming )?maintenance(?: window)?$/u;
const delay = /(?:^| )(?:(?:in|after) (?:about |around )?([^ ]+)(?: time)?|([^ ]+) from(?: now)?)$/u;

/** Reads the time that lower-case words from `writeDurations` end with, or answers null when they end with none. */
export function takeWhen(words: string): Timed | null {
  const next = maintenance.exec(words);
  if (next !== null) return { words: words.slice(0, next.index), when: "maintenance" };
  const delayed = delay.exec(words);
  const wait = delayed?.[1] ?? delayed?.[2] ?? "";
  if (delayed !== null && resemblesDuration(wait))
    return { words: words.slice(0, delayed.index), when: `in ${wait}` };
  const found = clock.exec(words);
  if (found === null) return null;
  const [all, before, from1, to1, from2, to2, at, after] = found;
  // "scale web up from 2 to 4" counts members.
  const counts = from2 !== undefined && !/[:apm]/u.test(`${from2}${to2}`) && (before ?? after) === undefined;
  if (counts) return null;
  // "tonight at 2 tomorrow" says two days.
  const twoDays = before !== undefined && after !== undefined;
  const said = { from: from1 ?? from2 ?? at ?? "", to: to1 ?? to2, day: before ?? after };
  return { words: words.slice(0, found.index), when: (twoDays ? null : write(said)) ?? all.trim() };
}

const timeWords = new Set(
  (
    "later soon eventually tonight tomorrow today next noon midnight lunch lunchtime dinner breakfast morning afternoon " +
    "evening night weekend monday tuesday wednesday thursday friday saturday sunday week month hour hours minute " +
    "minutes o'clock oclock maintenance scheduled schedule"
  ).split(" "),
);
const timePrepositions = new Set(
  "in at after before until till by around within once when whenever".split(" "),
);

/** Whether lower-case words say when, well or badly: what they order is then never offered for now. */
export function saysWhen(words: string): boolean {
  const tokens = words.split(" ");
  return tokens.some((word, index) => {
    if (timeWords.has(word) || resemblesDuration(word) || /^\d{1,2}(?:[:.]\d{2}|[ap]m)/u.test(word))
      return true;
    return timePrepositions.has(word) && !surelyNamesTarget(tokens[index + 1] ?? "");
  });
}

function write({ from, to, day: said }: { from: string; to: string | undefined; day: string | undefined }) {
  const half = halfOf(said);
  const end = to === undefined ? null : timeOf(to, half);
  const start = timeOf(from, suffixOf(from) ?? startHalf(from, to, end) ?? half);
  if (start === null || (to !== undefined && end === null)) return null;
  // "tonight at noon" is no time: nobody must find out by day that it was read as one.
  if (half === "night" && start >= "07:00" && start < "17:00") return null;
  const date = said?.startsWith("tomorrow") ? "tomorrow " : dateNow(said);
  return `${date}${start}${end === null ? "" : `-${end}`}`;
}

type Half = "am" | "pm" | "night";

function halfOf(said: string | undefined): Half | undefined {
  if (said === undefined) return undefined;
  if (/night$/u.test(said)) return "night";
  if (/morning$/u.test(said)) return "am";
  return /(?:afternoon|evening)$/u.test(said) ? "pm" : undefined;
}

/** Tonight may be after midnight already; every other word for this day means this date. */
function dateNow(said: string | undefined): string {
  return said === undefined || said === "tonight" ? "" : "today ";
}

/** "between 2 and 4 am" means two in the morning, "between 11 and 1 am" eleven in the evening. */
function startHalf(from: string, to: string | undefined, end: string | null): Half | undefined {
  const half = to === undefined ? undefined : suffixOf(to);
  if (half === undefined || end === null) return undefined;
  const start = timeOf(from, half);
  return start !== null && start > end ? (half === "am" ? "pm" : "am") : half;
}

function suffixOf(text: string): Half | undefined {
  const letter = /([ap])\.?m\.?$/u.exec(text)?.[1];
  return letter === undefined ? undefined : letter === "a" ? "am" : "pm";
}

/** The time of day in 24 hours; null when there is none such. `half` is what is meant where the text does not say. */
function timeOf(text: string, half: Half | undefined): string | null {
  if (!goodHour.test(text)) return null;
  if (text === "noon") return "12:00";
  if (text === "midnight") return "00:00";
  const [, hours, minutes] = /^(\d{1,2})(?::(\d\d))?/u.exec(text) ?? [];
  const said = Number(hours);
  const isWritten24 = minutes !== undefined && suffixOf(text) === undefined && hours?.length === 2;
  // "tonight at 10:30" is half past ten in the evening.
  const said24 = isWritten24 && (half !== "night" || said > 12);
  const shown = said24 ? said : inHalf(said, suffixOf(text) ?? half);
  if (shown === null || shown > 23) return null;
  return `${String(shown).padStart(2, "0")}:${minutes ?? "00"}`;
}

function inHalf(hours: number, half: Half | undefined): number | null {
  if (half === undefined || hours > 12) return hours;
  if (half === "night") return hours === 12 ? 0 : hours < 7 ? hours : hours + 12;
  if (hours === 0) return half === "am" ? 0 : null;
  return (hours % 12) + (half === "pm" ? 12 : 0);
}
