import { idFrom } from "./ids.ts";
import { isDuration, resemblesDuration, writeDurations } from "./durations.ts";
import { isKnownService } from "./known-services.ts";
import { metricNamed } from "./metric-words.ts";
import { isEveryday, mayNameTarget, surelyNamesTarget } from "./target-words.ts";

/** What may follow a command's word. Each may be given once, in any order. */
export type ArgumentShape =
  | "target"
  | "incident"
  | "plan"
  | "duration"
  | "metric"
  | "runbook"
  | "service"
  | "rule"
  | "version"
  | "opinion"
  | "digest"
  | "params"
  | "reason";

/** The arguments of an exact command by shape. */
export type Arguments = Partial<Record<Exclude<ArgumentShape, "params">, string>> & {
  params?: Record<string, string>;
};

/** The arguments that were read, and the words, in lower case, that fit nothing. */
export type ReadArguments = { given: Arguments; left: string[] };

const runbookShape = /^[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*$/u;
const paramShape = /^([a-z][a-z0-9_]{0,40})=([^\s=]{1,200})$/iu;
const versionShape = /^[a-z0-9][\w.-]{0,63}$/iu;
const opinions: ReadonlyMap<string, string> = new Map([
  ["problem", "problem"],
  ["real", "problem"],
  ["not-a-problem", "not_a_problem"],
  ["new-normal", "new_normal"],
]);
const digestShape = /^[0-9a-f]{6,64}$/u;
const argumentShape = /^[-+]?[\p{L}\p{N}_](?:[\p{L}\p{N}_.:-]*[\p{L}\p{N}_])?$/u;
/** Where a metric could stand these ask for one that was named before, or for any. */
const namesNoMetric = new Set(
  "it this that these those them everything anything something all each every one me us now again please the a an of for".split(
    " ",
  ),
);

/**
 * Reads everything that follows a command's word. `typed` are the words as typed; a reason is everything after
 * "because". `left` are the words that fit nothing, in lower case. A duration is one in Prometheus syntax or, where a
 * word was meant as one and is none ("0s", "-5m"), that word.
 */
export function readArguments(
  typed: readonly string[],
  shapes: readonly ArgumentShape[],
  known: Arguments = {},
): ReadArguments {
  const given: Arguments = { ...known };
  const left: string[] = [];
  const [arguments_, reason] = splitReason(typed, shapes);
  let words = arguments_;
  if (reason !== undefined) given.reason = reason;
  while (words.length > 0) {
    const used = takeFirst(shapes, words, given);
    if (used === 0) left.push((words[0] ?? "").toLowerCase());
    words = words.slice(Math.max(1, used));
  }
  return { given, left };
}

/**
 * Takes the one word that fits nothing for the duration that is missing, as typed: "check web-1 banana" is refused with
 * the format. Everyday words ("please") are none: they make the text a sentence.
 */
export function placeOfDuration(
  { given, left }: ReadArguments,
  shapes: readonly ArgumentShape[],
): ReadArguments {
  const [word] = left;
  if (word === undefined || left.length > 1 || !shapes.includes("duration")) return { given, left };
  const fits = given.duration === undefined && isStrayArgument(word) && !surelyNamesTarget(word);
  if (!fits || metricNamed(word) !== undefined || idFrom(word, "inc") !== undefined) return { given, left };
  return { given: { ...given, duration: word }, left: [] };
}

/** The unknown metric that the first words after "chart" name, in lower case, or undefined. */
export function placeOfMetric(typed: readonly string[]): string | undefined {
  const [word = "", next = ""] = typed.slice(0, 2).map((each) => each.toLowerCase());
  const known = metricNamed(word) ?? metricNamed(`${word} ${next}`);
  if (known !== undefined || namesNoMetric.has(word) || !argumentShape.test(word)) return undefined;
  const isOther = resemblesDuration(word) || surelyNamesTarget(word) || idFrom(word, "inc") !== undefined;
  return isOther ? undefined : word;
}

/** Whether a lower-case word has the shape of an argument and is no everyday word. */
export function isStrayArgument(word: string): boolean {
  return argumentShape.test(word) && !isEveryday(word);
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
    const used = take(shape, shapes, words, found);
    if (used > 0) return used;
  }
  return 0;
}

/** How many words a shape takes from the front; 0 when they do not fit or the argument was given already. */
function take(
  shape: ArgumentShape,
  shapes: readonly ArgumentShape[],
  words: readonly string[],
  found: Arguments,
): number {
  const typed = words[0] ?? "";
  const word = typed.toLowerCase();
  if (shape === "params") return takeParam(typed, found);
  if (found[shape] !== undefined || isSecondSubject(shape, shapes, found)) return 0;
  const [value, used] = valueOf(shape, word, words);
  if (value === undefined) return 0;
  found[shape] = value;
  return used;
}

/** A command is about one thing; only after "remediate inc-14" the word in a target's place is the runbook. */
function isSecondSubject(shape: ArgumentShape, shapes: readonly ArgumentShape[], found: Arguments): boolean {
  const subjects: readonly ArgumentShape[] = ["target", "incident", "plan"];
  if (!subjects.includes(shape) || shapes.includes("runbook")) return false;
  return [found.target, found.incident, found.plan].some((subject) => subject !== undefined);
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
      return durationFrom(word, next);
    case "metric": {
      const two = metricNamed(`${word} ${next}`);
      if (two !== undefined) return [two, 2];
      return [metricNamed(word) ?? (/^[a-z]\w*_\w+$/u.test(word) ? word : undefined), 1];
    }
    case "service":
      return [isKnownService(word) ? word : undefined, 1];
    case "runbook":
    case "rule":
      return [runbookShape.test(word) && mayBeName(word) ? word : undefined, 1];
    case "version":
      if (word === "previous") return [word, 1];
      return word === "version" && versionShape.test(next) ? [next, 2] : [undefined, 0];
    case "opinion":
      return [opinions.get(word), 1];
    case "digest":
      return [digestShape.test(word) ? word : undefined, 1];
    case "reason":
      return [undefined, 0];
  }
}

function durationFrom(word: string, next: string): [string | undefined, number] {
  const written = writeDurations(word);
  if (isDuration(written) && isDuration(next) && isDuration(written + next)) return [written + next, 2];
  if (isDuration(written)) return [written, 1];
  return [resemblesDuration(word) || /^[-+]?\d+$/u.test(word) ? word : undefined, 1];
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
