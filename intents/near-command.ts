import { isStrayArgument } from "./command-arguments.ts";
import type { Arguments } from "./command-arguments.ts";
import { acts } from "./commands.ts";
import type { Intent, WhyUnknown } from "./intent.ts";
import { kindOfCommand, readCommand } from "./parse-command.ts";
import type { CommandReading } from "./parse-command.ts";
import { joinsTargets, mayNameTarget, surelyNamesTarget } from "./target-words.ts";

/** Why a text is nearly a command, with the commands that could have been meant. */
export type NearCommand = {
  because: Extract<WhyUnknown, "several_targets" | "surplus_words">;
  alternatives: Intent[];
};

/**
 * What a text that is no exact command, but looks like one, fails on: several targets, or a word that fits nothing
 * ("status web-1 banana"). Null for a sentence, for a command that fits, and for one that acts: orders are read word
 * by word anyway.
 */
export function nearCommand(cleaned: string): NearCommand | null {
  const typed = cleaned.split(/[\s,]+/u).filter((word) => word !== "");
  // "why is it slow" is a question, however few words it has.
  if (cleaned.endsWith("?") || typed[0]?.toLowerCase() === "why") return null;
  const words = typed.filter((word, index) => index === 0 || !joinsTargets(word.toLowerCase()));
  const read = readCommand(words);
  if (read === null || !read.left.every(isStrayArgument)) return null;
  const intent = read.means(read.given);
  const kind = kindOfCommand(read.word);
  if (intent === null || kind === undefined || acts(kind)) return null;
  const several = targetsOf(read, words.length < typed.length);
  if (several.length > 1) return { because: "several_targets", alternatives: each(read, several) };
  if (read.left.length === 0 || words.length < typed.length) return null;
  return { because: "surplus_words", alternatives: [intent, { kind: "help", topic: kind }] };
}

/** The targets of a list: sure ones, or any names with an "and" between them. */
function targetsOf({ given, left }: CommandReading, joined: boolean): string[] {
  const others = left.filter(joined ? mayNameTarget : surelyNamesTarget);
  const { target } = given;
  if (target === undefined || others.length < left.length) return [];
  return [...new Set([target, ...others])];
}

function each({ given, means }: CommandReading, targets: readonly string[]): Intent[] {
  return targets.flatMap((target) => means({ ...given, target } satisfies Arguments) ?? []);
}
