/** How numbers, durations and moments are written on cards: units people use, short, never more precise than known. */

/** "1.2 s", "41 %", "9.8 GB", "12/s"; NaN is "no data". `unit` is the catalog's. */
export function quantity(value: number, unit: string): string {
  if (!Number.isFinite(value)) return "no data";
  switch (unit) {
    case "percent":
      return `${digits(value)} %`;
    case "fraction":
      return `${digits(value * 100)} %`;
    case "seconds":
      return seconds(value);
    case "bytes":
      return bytes(value);
    case "bytes_per_second":
      return `${bytes(value)}/s`;
    case "per_second":
      return `${digits(value)}/s`;
    case "up":
      return value >= 0.5 ? "up" : "down";
    default:
      return digits(value);
  }
}

/** "1.9-2.4 GB": both ends in the unit of the larger one where that reads well. */
export function usualRange([low, high]: readonly [number, number], unit: string): string {
  const from = quantity(low, unit);
  const to = quantity(high, unit);
  if (from === to) return from;
  const unitOf = (text: string) => text.replace(/^[\d.,]+/, "");
  const sameUnit = unitOf(from) === unitOf(to) && /^\d/.test(from);
  return sameUnit ? `${from.slice(0, from.length - unitOf(from).length)}-${to}` : `${from} to ${to}`;
}

/** "2.6 points a minute", "12 MB a minute": how fast something climbs. `perMinute` is in the catalog's unit. */
export function rate(perMinute: number, unit: string): string {
  switch (unit) {
    case "percent":
      return `${digits(perMinute)} points a minute`;
    case "fraction":
      return `${digits(perMinute * 100)} points a minute`;
    default:
      return `${quantity(perMinute, unit)} a minute`;
  }
}

/** "four", "12": numbers up to twelve as words, the way people say counts. */
export function count(number: number): string {
  const words = "no one two three four five six seven eight nine ten eleven twelve".split(" ");
  return words[number] ?? String(number);
}

/** "6 s", "4 min", "2 h 5 min", "3 days": the two largest parts that are not zero. */
export function duration(totalSeconds: number): string {
  const whole = Math.max(0, Math.round(totalSeconds));
  if (whole < 120) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return plural(Math.round(hours / 24), "day");
}

/** "12 min ago (03:14 UTC)"; the date is added when it is not today. `timeZone` is an IANA name. */
export function moment(atMs: number, nowMs: number, timeZone: string): string {
  return `${ago(nowMs - atMs)} (${clockTime(atMs, nowMs, timeZone)})`;
}

/** "12 min ago"; "just now" within five seconds. */
export function ago(elapsedMs: number): string {
  return elapsedMs < 5_000 ? "just now" : `${duration(elapsedMs / 1_000)} ago`;
}

/** "03:14 UTC", or "12 Nov 03:14 UTC" when that is another day than `nowMs`. */
export function clockTime(atMs: number, nowMs: number, timeZone: string): string {
  const day = (ms: number) => new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "short" }).format(ms);
  const sameDay = day(atMs) === day(nowMs);
  return new Intl.DateTimeFormat("en-GB", {
    timeZone,
    ...(sameDay ? {} : { day: "numeric", month: "short" }),
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  })
    .format(atMs)
    .replace(",", "");
}

/** "1 target", "7 targets", "0 incidents". */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}

/** "a, b and c". */
export function list(words: readonly string[]): string {
  if (words.length <= 1) return words[0] ?? "";
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** The first letter as at a sentence's beginning; names that people wrote small begin large there too. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Words as a sentence: a capital first and a mark at its end; "" stays "". */
export function sentence(words: string): string {
  const text = capital(words.trim());
  return text === "" || /[.!?]$/.test(text) ? text : `${text}.`;
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en-GB");
  if (size >= 10) return trim(value.toFixed(1));
  if (size >= 1) return trim(value.toFixed(1));
  if (size >= 0.01) return trim(value.toFixed(2));
  return size === 0 ? "0" : "under 0.01";
}

function trim(text: string): string {
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

function seconds(value: number): string {
  if (Math.abs(value) < 1) return `${Math.round(value * 1_000)} ms`;
  return value < 120 ? `${digits(value)} s` : duration(value);
}

function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 1_000 && unit < units.length - 1) {
    size /= 1_000;
    unit += 1;
  }
  return `${digits(size)} ${units[unit]}`;
}
