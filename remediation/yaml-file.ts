import { LineCounter, isMap, isNode, isScalar, parseDocument, visit, type Document } from "yaml";
import type { z } from "zod";
import { parseDuration } from "./duration.ts";
import { problemText } from "./yaml-problem.ts";

/** A policy, rule or runbook file that cannot be used; each problem is "file:line:column path: what is wrong". */
export class DefinitionError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "DefinitionError";
    this.problems = problems;
  }
}

const largestFile = 1_000_000;

/** Reads YAML text and checks it against a schema; throws a DefinitionError that names file, line and column. */
export function parseYamlFile<T>(text: string, file: string, schema: z.ZodType<T>): T {
  if (text.length > largestFile)
    throw new DefinitionError([`${file}: larger than ${largestFile} characters`]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, version: "1.2" });
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) {
    throw new DefinitionError(broken.map((error) => `${at(file, lines, error.pos[0])} ${firstLine(error)}`));
  }
  const result = schema.safeParse(toPlain(document, file, lines));
  if (result.success) return result.data;
  throw new DefinitionError(
    result.error.issues.map((issue) => {
      const path = issue.path.map(String);
      const stranger = issue.code === "unrecognized_keys" ? (issue.keys[0] ?? null) : null;
      const offset = keyOffset(document, path, stranger) ?? offsetOf(document, path);
      return `${at(file, lines, offset)} ${path.join(".") || "(file)"}: ${problemText(issue, schema)}`;
    }),
  );
}

const mostAliases = 20;

/** The document as plain values; aliases that unfold into very much, or into themselves, are refused. */
function toPlain(document: Document, file: string, lines: LineCounter): unknown {
  try {
    return document.toJS({ maxAliasCount: mostAliases }) as unknown;
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    let first: number | null = null;
    visit(document, {
      Alias: (_, node) => {
        first = node.range?.[0] ?? 0;
        return visit.BREAK;
      },
    });
    throw new DefinitionError([
      `${at(file, lines, first ?? 0)} aliases repeat more than ${mostAliases} parts; write the parts out instead`,
    ]);
  }
}

/** For schemas: a duration in Prometheus syntax, as text, that is read to milliseconds. */
export function durationOf(schema: z.ZodString): z.ZodType<number, string> {
  return schema.transform((text, check) => {
    const ms = parseDuration(text);
    if (ms !== null) return ms;
    check.addIssue({
      code: "custom",
      message: `"${text.slice(0, 40)}" is no duration; write it like 90s, 5m or 1h30m`,
    });
    return 0;
  });
}

function at(file: string, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}`;
}

/** The deepest node on the path that exists: a missing key is reported where it should have stood. */
function offsetOf(document: Document, path: string[]): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const steps = path.slice(0, depth).map(stepOf);
    const node = document.getIn(steps, true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return isNode(document.contents) && document.contents.range ? document.contents.range[0] : 0;
}

/** Where a key stands that the schema does not know. */
function keyOffset(document: Document, path: string[], key: string | null): number | null {
  if (key === null) return null;
  const parent = path.length === 0 ? document.contents : document.getIn(path.map(stepOf), true);
  if (!isMap(parent)) return null;
  const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  return pair && isNode(pair.key) && pair.key.range ? pair.key.range[0] : null;
}

function stepOf(step: string): string | number {
  return /^\d+$/.test(step) ? Number(step) : step;
}

function firstLine(error: Error): string {
  return (error.message.split("\n")[0] ?? error.message).replace(/ at line \d+, column \d+:?$/, "");
}
