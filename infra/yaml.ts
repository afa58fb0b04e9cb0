import { LineCounter, type Node, isCollection, isMap, isNode, isScalar, parseDocument } from "yaml";
import type { z } from "zod";
import { problemText } from "../remediation/yaml-problem.ts";
import { ConfigError } from "./errors.ts";

/**
 * Parses YAML and checks it against a schema. Throws a ConfigError with every complaint as `file:line:column path:
 * message`; text that is not YAML, duplicate keys and aliases that blow up are complaints too.
 */
export function parseYaml<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  file: string,
): z.output<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0)
    throw new ConfigError(document.errors.map((error) => `${place(error.pos[0])} ${error.message}`));
  const parsed = schema.safeParse(toPlain(document, file));
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.flatMap((issue) => {
      const at = place(valueOffset(document.contents, issue.path));
      if (issue.code !== "unrecognized_keys")
        return `${at} ${issue.path.join(".") || "the file"}: ${problemText(issue, schema)}`;
      return issue.keys.map((key) => {
        const where = place(keyOffset(document.contents, [...issue.path, key]));
        return `${where} ${issue.path.join(".") || "the file"}: ${problemText({ ...issue, keys: [key] }, schema)}`;
      });
    }),
  );
}

function toPlain(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    throw new ConfigError([`${file}: ${(error as Error).message}. Write the aliased parts out`]);
  }
}

/** Where the value at a path begins; for a missing one, the innermost thing around it. */
function valueOffset(root: Node | null, path: readonly PropertyKey[]): number {
  let node: Node | null = root;
  let offset = root?.range?.[0] ?? 0;
  for (const key of path) {
    const child: unknown = isCollection(node) ? node.get(key, true) : null;
    if (!isNode(child)) break;
    node = child;
    offset = child.range?.[0] ?? offset;
  }
  return offset;
}

function keyOffset(root: Node | null, path: readonly PropertyKey[]): number {
  const parents = path.slice(0, -1);
  let node: unknown = root;
  for (const key of parents) node = isCollection(node) ? node.get(key, true) : null;
  const pair = isMap(node)
    ? node.items.find((item) => isScalar(item.key) && item.key.value === path.at(-1))
    : null;
  const key = pair?.key;
  return (isNode(key) ? key.range?.[0] : undefined) ?? valueOffset(root, parents);
}
