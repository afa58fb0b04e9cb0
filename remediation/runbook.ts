import { createHash } from "node:crypto";
import { z } from "zod";
import { findAction } from "./actions/actions.ts";
import type { Risk } from "./policy.ts";
import { DefinitionError, durationOf, parseYamlFile } from "./yaml-file.ts";

const word = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, "lower case letters, digits and dashes");

const action = word.refine(
  (name) => findAction(name) !== null,
  "there is no such action; CONTRIBUTING says how to add one",
);

const paramSchema = z.strictObject({
  pattern: z
    .string()
    .min(2)
    .max(200)
    .regex(/^\^.*\$$/, "a pattern must begin with ^ and end with $, so that it describes the whole value")
    .refine(isPattern, "this is no regular expression"),
  description: z.string().max(200).default(""),
  from_tag: z
    .string()
    .max(128)
    .optional()
    .describe("taken from this tag of the target where nobody names it"),
  default: z.string().max(200).optional(),
});

const recipeSchema = z.strictObject({
  action,
  params: z.record(z.string(), z.string()).default({}),
  only: z.literal("members").optional().describe("members: only for members of an Auto Scaling group"),
  undo: z
    .boolean()
    .default(false)
    .describe("true: taken back when the plan stops after it, where the action has a way back"),
});

const runbookSchema = z.strictObject({
  name: word,
  title: z.string().min(1).max(120).describe("what a card says; {target} and {param} are filled in"),
  effect: z
    .string()
    .regex(/^[a-z][a-z ]{0,30}$/)
    .describe("one word for the button: Approve restart"),
  aliases: z.array(z.string().min(1).max(60)).default([]),
  risk: z.literal([0, 1, 2, 3]).default(0).describe("at least this risk; the actions may ask for more"),
  cures: z.string().max(400).default("").describe("for people: what it helps against"),
  stops: z.string().max(200).default("").describe("for the card: what stops and for how long"),
  way_back: z.string().max(200).default("none needed"),
  settle: durationOf(z.string()).optional().describe("time before the verdict, in metric time"),
  verify: z.array(z.string()).default([]).describe("metrics of the verdict where no incident names one"),
  params: z.record(word, paramSchema).default({}),
  offered: z
    .boolean()
    .default(true)
    .describe("false: proposed only when somebody asks for it by name or a rule does"),
  after: z
    .array(word)
    .default([])
    .describe("runbooks that this one is the next thing to try after, when they did not help"),
  steps: z.array(recipeSchema).min(1).max(20),
});

/** One step of a recipe; {group} in a parameter is the target's Auto Scaling group. */
export type Recipe = z.output<typeof recipeSchema>;

type RunbookFile = z.output<typeof runbookSchema>;

/** A recipe. `version` is a hash of all it says; `settleSeconds` null means the program's default. */
export type Runbook = Omit<RunbookFile, "settle" | "way_back" | "risk"> & {
  risk: Risk;
  wayBack: string;
  settleSeconds: number | null;
  version: string;
};

/** Reads one runbook file; throws a DefinitionError naming file, line and column of everything that is wrong. */
export function parseRunbook(text: string, file: string): Runbook {
  const { settle, way_back, ...rest } = parseYamlFile(text, file, runbookSchema);
  const settleSeconds = settle === undefined ? null : settle / 1000;
  const runbook = { ...rest, wayBack: way_back, settleSeconds };
  const version = createHash("sha256").update(JSON.stringify(runbook)).digest("hex").slice(0, 16);
  return { ...runbook, version };
}

/** Reads runbook files; two of one name, or an alias that means two, throw. */
export function parseRunbooks(files: readonly { file: string; text: string }[]): Runbook[] {
  const owners = new Map<string, string>();
  return files.map(({ file, text }) => {
    const runbook = parseRunbook(text, file);
    for (const name of new Set([runbook.name, ...runbook.aliases].map((called) => called.toLowerCase()))) {
      const owner = owners.get(name);
      if (owner !== undefined)
        throw new DefinitionError([`${file}: "${name}" is what ${owner} is called already`]);
      owners.set(name, file);
    }
    return runbook;
  });
}

/** The runbook of that name or alias, in any case. */
export function findRunbook(runbooks: readonly Runbook[], called: string): Runbook | null {
  const wanted = called.trim().toLowerCase();
  const named = (runbook: Runbook) =>
    [runbook.name, ...runbook.aliases].some((name) => name.toLowerCase() === wanted);
  return runbooks.find(named) ?? null;
}

/**
 * The parameters of one plan: what was asked, else the target's tag, else the default. Every value must match its
 * pattern whole; an unknown or missing parameter is a refusal that says what would do.
 */
export function fillParams(
  runbook: Runbook,
  asked: Record<string, string>,
  tags: Record<string, string>,
): { ok: true; params: Record<string, string> } | { ok: false; message: string } {
  for (const name of Object.keys(asked)) {
    if (!Object.hasOwn(runbook.params, name)) {
      const known = Object.keys(runbook.params).join(", ") || "none";
      return { ok: false, message: `${runbook.name} has no parameter "${name}"; it takes: ${known}.` };
    }
  }
  const params: Record<string, string> = {};
  for (const [name, rule] of Object.entries(runbook.params)) {
    const value =
      own(asked, name) ??
      (rule.from_tag === undefined ? undefined : own(tags, rule.from_tag)) ??
      rule.default;
    if (value === undefined) {
      const tag = rule.from_tag === undefined ? "" : `, or give the target the tag "${rule.from_tag}"`;
      return {
        ok: false,
        message: `${runbook.name} needs ${name} (${rule.description || rule.pattern})${tag}.`,
      };
    }
    if (value.length > 200 || !new RegExp(rule.pattern, "u").test(value)) {
      return {
        ok: false,
        message: `"${value.slice(0, 60)}" is not allowed for ${name}: it must match ${rule.pattern}.`,
      };
    }
    params[name] = value;
  }
  return { ok: true, params };
}

/** Fills {name} in a text of the runbook; a name that is not given stays as it stands. */
export function fillText(text: string, values: Record<string, string>): string {
  return text.replace(/\{([a-z][a-z0-9-]{0,63})\}/g, (whole, name: string) => own(values, name) ?? whole);
}

/** The published JSON Schema (draft 2020-12) of runbook files. */
export function runbookJsonSchema(): object {
  return z.toJSONSchema(runbookSchema, { io: "input" });
}

function own(table: Record<string, string>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, "u").test("") || true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
