import type { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { understand } from "../../intents/understand.ts";
import type { Understood } from "../../intents/intent.ts";

type Request = {
  /** What somebody says; undefined: one text a line from `input`. */
  text?: string;
  json: boolean;
  input: AsyncIterable<string | Buffer>;
  output: (line: string) => void;
  /** The stream behind `output`; absent: standard output. When its reader has gone, nothing more is read. */
  destination?: EventEmitter;
};

/**
 * Shows how texts are understood, without an inventory, a store or a network. A text from the command line is shown
 * for people unless `json`; each line of `input`, an empty one too, becomes one JSON line, in their order:
 * `{"text","intent","slots","confidence","source"}`. A reader who stops early, as `head` does, is no error.
 */
export async function intent(request: Request): Promise<void> {
  const { text, json, input, output, destination = process.stdout } = request;
  const source = input instanceof Readable ? input : Readable.from(input);
  let readerGone = false;
  // Kept after the end: the last lines' error may arrive later.
  destination.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    readerGone = true;
    source.destroy();
  });
  if (text !== undefined) {
    output(json ? asJson(text, understand(text)) : asText(understand(text)));
    return;
  }
  try {
    for await (const line of linesOf(source)) {
      if (readerGone) return;
      output(asJson(line, understand(line)));
    }
  } catch (error) {
    // Destroying the source ends the reading of it with an error of its own.
    if (!readerGone) throw error;
  }
}

/** Lines end with "\n" or "\r\n" and with nothing else, so that as many come out as `wc -l` counts. */
async function* linesOf(input: AsyncIterable<string | Buffer>): AsyncIterable<string> {
  const decoder = new StringDecoder("utf8");
  let begun = "";
  for await (const chunk of input) {
    const [first = "", ...lines] = (typeof chunk === "string" ? chunk : decoder.write(chunk)).split("\n");
    begun += first;
    for (const line of lines) {
      yield begun.replace(/\r$/u, "");
      begun = line;
    }
  }
  begun += decoder.end();
  if (begun !== "") yield begun.replace(/\r$/u, "");
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
