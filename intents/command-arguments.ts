import { idFrom } from "./ids.ts";
import { isDuration } from "./durations.ts";
import { metricNamed } from "./metric-words.ts";
import { mayNameTarget } from "./target-words.ts";

/** What may follow a command's word. Each may be given once, in any order. */
export type ArgumentShape =
  | "target"
  | "incident"
  | "plan"
  | "duration"
  | "metric"
  | "runbook"
  | "rule"
  | "version"
  | "digest"
  | "params"
  | "reason";

/** The arguments of an exact command by shape. */
export type Arguments = Partial<Record<Exclude<ArgumentShape, "params">, string>> & {
  params?: Record<string, string>;
};

const runbookShape = /^[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*$/u;
const paramShape = /^([a-z][a-z0-9_]{0,40})=([^\s=]{1,200})$/iu;
const versionShape = /^[a-z0-9][\w.-]{0,63}$/iu;
const digestShape = /^[0-9a-f]{6,64}$/u;

/**
 * Reads everything that follows a command's word, or answers null when a word is left over: then it was no command.
 * `typed` are the words as typed; a reason is everything after "because".
 */
export function readArguments(typed: readonly string[], shapes: readonly ArgumentShape[]): Arguments | null {
  const found: Arguments = {};
  const [given, reason] = splitReason(typed, shapes);
  let words = given;
  if (reason !== undefined) found.reason = reason;
  while (words.length > 0) {
    const used = takeFirst(shapes, words, found);
    if (used === 0) return null;
    words = words.slice(used);
  }
  return found;
}

function splitReason(
  typed: readonly string[],
  shapes: readonly ArgumentShape[],
): [readonly string[], string | undefined] {
  const because = shapes.includes("reason")
    ? typed.findIndex((word) => word.toLowerCase() === "because")
    : -1;
  if (because < 0) return [typed, undefined];
  const reason = typed
    .slice(because + 1)
    .join(" ")
    .slice(0, 500);
  return [typed.slice(0, because), reason === "" ? undefined : reason];
}

function takeFirst(shapes: readonly ArgumentShape[], words: readonly string[], found: Arguments): number {
  for (const shape of shapes) {
    const used = take(shape, words, found);
    if (used > 0) return used;
  }
  return 0;
}

/** How many words a shape takes from the front; 0 when they do not fit or the argument was given already. */
function take(shape: ArgumentShape, words: readonly string[], found: Arguments): number {
  const typed = words[0] ?? "";
  const word = typed.toLowerCase();
  if (shape === "params") return takeParam(typed, found);
  if (found[shape] !== undefined) return 0;
  const [value, used] = valueOf(shape, word, words);
  if (value === undefined) return 0;
  found[shape] = value;
  return used;
}

function valueOf(
  shape: Exclude<ArgumentShape, "params">,
  word: string,
  words: readonly string[],
): [string | undefined, number] {
  const next = (words[1] ?? "").toLowerCase();
  switch (shape) {
    case "target":
      return [mayNameTarget(word) ? word : undefined, 1];
    case "incident":
    case "plan": {
      const prefix = shape === "incident" ? "inc" : "plan";
      const id = idFrom(word, prefix);
      return [id?.startsWith(prefix) ? id : undefined, 1];
    }
    case "duration":
      return [isDuration(word) ? word : undefined, 1];
    case "metric": {
      const two = metricNamed(`${word} ${next}`);
      if (two !== undefined) return [two, 2];
      return [metricNamed(word) ?? (/^[a-z]\w*_\w+$/u.test(word) ? word : undefined), 1];
    }
    case "runbook":
    case "rule":
      return [runbookShape.test(word) && mayBeName(word) ? word : undefined, 1];
    case "version":
      return word === "version" && versionShape.test(next) ? [next, 2] : [undefined, 0];
    case "digest":
      return [digestShape.test(word) ? word : undefined, 1];
    case "reason":
      return [undefined, 0];
  }
}

const runbookWords = new Set(["restart", "reboot", "stop", "start", "scale", "diagnostics", "practice"]);

/** Runbooks may be called like everyday orders ("reboot"), but not like everyday words ("please"). */
function mayBeName(word: string): boolean {
  return runbookWords.has(word) || word.includes("-") || word.includes("_") || mayNameTarget(word);
}

function takeParam(typed: string, found: Arguments): number {
  const [, name, value] = paramShape.exec(typed) ?? [];
  if (name === undefined || value === undefined || Object.hasOwn(found.params ?? {}, name)) return 0;
  // Built from entries, so that no name can reach an object's prototype.
  found.params = Object.fromEntries([...Object.entries(found.params ?? {}), [name.toLowerCase(), value]]);
  return 1;
}
