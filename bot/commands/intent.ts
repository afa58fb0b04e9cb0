import { createInterface } from "node:readline";
import { understand } from "../../intents/understand.ts";
import type { Understood } from "../../intents/intent.ts";

type Request = {
  /** What somebody says; undefined: one text a line from `input`. */
  text?: string;
  json: boolean;
  input: NodeJS.ReadableStream | AsyncIterable<string>;
  output: (line: string) => void;
};

/**
 * Shows how texts are understood, without an inventory, a store or a network. A text from the command line is shown
 * for people unless `json`; texts from `input` always become one JSON a line, in their order, empty lines left out:
 * `{"text","intent","slots","confidence","source"}`.
 */
export async function intent({ text, json, input, output }: Request): Promise<void> {
  if (text !== undefined) {
    output(json ? asJson(text, understand(text)) : asText(understand(text)));
    return;
  }
  for await (const line of linesOf(input)) {
    if (line.trim() !== "") output(asJson(line, understand(line)));
  }
}

async function* linesOf(input: Request["input"]): AsyncIterable<string> {
  if ("read" in input) {
    yield* createInterface({ input, crlfDelay: Infinity });
    return;
  }
  for await (const chunk of input) yield* String(chunk).replace(/\n$/u, "").split("\n");
}

function asJson(text: string, understood: Understood): string {
  const { confidence, source } = understood;
  return JSON.stringify({
    text,
    intent: understood.intent.kind,
    slots: slotsOf(understood),
    confidence,
    source,
  });
}

function asText(understood: Understood): string {
  const slots = Object.entries(slotsOf(understood)).map(([name, value]) => `  ${name}: ${written(value)}`);
  const others = understood.alternatives.map((intent) => intent.kind);
  return [
    `${understood.intent.kind} (${understood.source}, confidence ${understood.confidence})`,
    ...slots,
    ...(others.length === 0 ? [] : [`  did you mean: ${others.join(", ")}`]),
  ].join("\n");
}

function slotsOf({ intent }: Understood): Record<string, unknown> {
  const slots = Object.entries(intent).filter(
    ([name]) => name !== "kind" && !(intent.kind === "unknown" && name === "text"),
  );
  return Object.fromEntries(slots);
}

function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
