import { z } from "zod";

type JsonSchema = {
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
};
type Issue = z.core.$ZodIssue;

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list, as in [a, b]",
  object: "names with values under it",
  record: "names with values under it",
  null: "nothing",
};

/** What is wrong at one place of a file, in words of the file: no type of ours and no word of the checker. */
export function problemText(issue: Issue, schema: z.ZodType): string {
  // A schema that explains itself knows better.
  const isGeneral = issue.code === "invalid_value" || issue.code === "invalid_type";
  if (isGeneral && !issue.message.startsWith("Invalid ")) return issue.message;
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, keysAt(schema, issue.path.map(String)))).join("; ");
    case "invalid_value":
      return `write ${oneOf(issue.values.map(String))}`;
    case "invalid_type": {
      const wanted = kinds[issue.expected] ?? issue.expected;
      if (issue.path.length === 0 && issue.message.endsWith("received null")) return "the file is empty";
      if (issue.message.endsWith("received undefined")) return `it is missing; write ${wanted}`;
      return issue.message.endsWith("received null") ? `it is empty; write ${wanted}` : `write ${wanted}`;
    }
    default:
      return issue.message
        .replace(/^Invalid input: ?/, "")
        .replace(/^Too small: expected \w+ to (?:be|have) >=?\s?/, "it is too small; at least ")
        .replace(/^Too big: expected \w+ to (?:be|have) <=?\s?/, "it is too large; at most ");
  }
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  if (near !== null) return `"${key}" is not known here; did you mean ${near}?`;
  return known.length === 0
    ? `"${key}" is not known here`
    : `"${key}" is not known here; there is ${known.join(", ")}`;
}

function oneOf(values: readonly string[]): string {
  return values.length < 2
    ? (values[0] ?? "")
    : `${values.slice(0, -1).join(", ")} or ${values.at(-1) ?? ""}`;
}

/** The keys that a schema knows where a path leads; none where it cannot be told. */
function keysAt(schema: z.ZodType, path: readonly string[]): string[] {
  const whole = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  let places = [whole];
  for (const step of path) places = places.flatMap((place) => below(place, step, whole));
  return [...new Set(places.flatMap((place) => opened(place, whole)).flatMap(propertiesOf))];
}

function below(place: JsonSchema, step: string, whole: JsonSchema): JsonSchema[] {
  return opened(place, whole).flatMap(({ properties, items, additionalProperties }) => {
    const own = properties !== undefined && Object.hasOwn(properties, step) ? properties[step] : undefined;
    const other = typeof additionalProperties === "object" ? additionalProperties : undefined;
    return own ?? items ?? other ?? [];
  });
}

/** A place with its choices and references followed. */
function opened(place: JsonSchema, whole: JsonSchema): JsonSchema[] {
  const named = place.$ref?.replace("#/$defs/", "");
  const referred = named === undefined ? [] : (whole.$defs?.[named] ?? []);
  return [place, ...(place.anyOf ?? []), referred].flat();
}

/** What must stand there first: of two keys that are equally near it is the likelier one. */
function propertiesOf({ properties = {}, required = [] }: JsonSchema): string[] {
  return [...required, ...Object.keys(properties).filter((key) => !required.includes(key))];
}

/** A slip of one letter, or of two in longer words; "rol" => "role". */
function nearest(key: string, known: readonly string[]): string | null {
  const ranked = known
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .sort((one, other) => one.distance - other.distance);
  const [best] = ranked;
  return best !== undefined && best.distance <= (best.name.length > 7 ? 2 : 1) ? best.name : null;
}

function editDistance(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[other.length] ?? 0;
}
