import type { HistoryFilter } from "../../infra/database/metrics-history-pages.ts";
import { problem } from "./errors.ts";

const timeAdvice = "Give unix seconds (1795219200) or ISO 8601 with its zone (2026-11-21T00:00:00Z)";
/** Seconds reach this in the year 5138: a larger number is milliseconds. */
const latestSeconds = 1e11;
const isoTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Which rows an address's query means. Without `start` and `end` everything. A 400 says what to give instead. */
export function readFilter(query: unknown, also: readonly string[] = []): HistoryFilter {
  const given = readQuery(query, ["target", "start", "end", ...also]);
  const start = readTime(given, "start") ?? 0;
  const end = readTime(given, "end") ?? latestSeconds;
  if (end < start) throw bad(`end is before start. Exchange them, or leave one out.`);
  const { target } = given;
  if (target === "") throw bad("target is empty. Give a target's name, or leave it out for all targets.");
  return { start, end, ...(target === undefined ? {} : { target }) };
}

export type Format = "csv" | "json";

/** `format=csv` (also when it is absent) or `format=json`. */
export function readFormat(query: unknown): Format {
  const { format = "csv" } = readQuery(query, ["target", "start", "end", "format"]);
  if (format !== "csv" && format !== "json") throw bad("format must be csv or json.");
  return format;
}

/** Refused rather than ignored: a mistyped `strat` would answer with everything. */
function readQuery(query: unknown, names: readonly string[]): Record<string, string | undefined> {
  const given = Object.entries(query as Record<string, string | string[]>);
  const strange = given.find(([name]) => !names.includes(name));
  if (strange !== undefined)
    throw bad(`There is no parameter "${strange[0].slice(0, 40)}". Use ${names.join(", ")}.`);
  const read: Record<string, string> = {};
  for (const [name, value] of given) {
    if (typeof value !== "string") throw bad(`${name} is given more than once. Give it once.`);
    read[name] = value;
  }
  return read;
}

function readTime(given: Record<string, string | undefined>, name: string): number | null {
  // In an address a plus that was not escaped arrives as a blank.
  const text = given[name]?.replace(" ", "+");
  if (text === undefined) return null;
  const isNumber = /^\d{1,15}(\.\d+)?$/.test(text);
  const seconds = isNumber ? Number(text) : isoTime.test(text) ? Date.parse(text) / 1000 : Number.NaN;
  if (seconds > latestSeconds)
    throw bad(`${name} is too large for unix seconds. Divide milliseconds by 1000. ${timeAdvice}.`);
  if (!(seconds >= 0)) throw bad(`${name} is not a time. ${timeAdvice}.`);
  return seconds;
}

function bad(message: string): Error {
  return problem(400, "bad_parameter", message);
}
