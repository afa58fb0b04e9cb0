/** A text without the time it ends with, and that time: "02:00", "02:00-04:00", "tomorrow 02:00", "maintenance". */
export type Timed = { words: string; when: string };

const hour = "(?:\\d{1,2}(?::[0-5]\\d)?(?: ?[ap]\\.?m\\.?)?|noon|midnight)";
const day =
  "(?:today|tonight|tomorrow(?: (?:morning|afternoon|evening|night))?|this (?:morning|afternoon|evening))";
const span = `(?:between (${hour}) and (${hour})|from (${hour}) (?:to|until|till) (${hour})|at (${hour}))(?: o'?clock)?`;
const clock = new RegExp(`(?:^| )(?:(${day}) )?${span}(?: (${day}))?$`, "u");
const maintenance =
  /(?:^| )(?:in|during|within|inside) (?:the |our |its )?(?:next |coming )?maintenance(?: window)?$/u;

/** Reads the time that lower-case words end with, or answers null when they end with none. */
export function takeWhen(words: string): Timed | null {
  const next = maintenance.exec(words);
  if (next !== null) return { words: words.slice(0, next.index), when: "maintenance" };
  const found = clock.exec(words);
  if (found === null) return null;
  const [, before, from1, to1, from2, to2, at, after] = found;
  // "tonight at 2 tomorrow" says two days.
  if (before !== undefined && after !== undefined) return null;
  const when = write({ from: from1 ?? from2 ?? at ?? "", to: to1 ?? to2, day: before ?? after });
  return when === null ? null : { words: words.slice(0, found.index), when };
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
