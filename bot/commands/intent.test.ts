import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { intent } from "./intent.ts";

async function run(request: {
  text?: string;
  json: boolean;
  input?: string[] | Readable;
}): Promise<string[]> {
  const lines: string[] = [];
  const input = request.input instanceof Readable ? request.input : chunks(request.input ?? []);
  const destination = new EventEmitter();
  await intent({ ...request, input, destination, output: (line) => void lines.push(line) });
  return lines;
}

async function* chunks(parts: readonly string[]): AsyncIterable<string> {
  for (const part of parts) yield await Promise.resolve(part);
}

async function* manyLines(): AsyncIterable<string> {
  for (let line = 0; line < 1_000; line += 1) yield await Promise.resolve("status web-1\n");
}

function kindOf(line: string): string {
  return (JSON.parse(line) as { intent: string }).intent;
}

test("one text becomes one JSON of five members", async () => {
  const [line] = await run({ text: "graph cpu of web-1 over 3h", json: true });
  expect(JSON.parse(line ?? "")).toEqual({
    text: "graph cpu of web-1 over 3h",
    intent: "chart",
    slots: { target: "web-1", metric: "cpu_usage_percent", window: "3h" },
    confidence: 0.9,
    source: "classifier",
  });
});

test("each line of the input becomes one JSON, in order, an empty one too", async () => {
  const lines = await run({ json: true, input: Readable.from(["status web-1\r\n\nreb", "oot web-1\n  \n"]) });
  expect(lines.map(kindOf)).toEqual(["status", "unknown", "remediate", "unknown"]);
});

test("only a line feed ends a line, and a character may be cut between two pieces", async () => {
  const bytes = Buffer.from("status web-1\u2028x\rstatus é\nhelp");
  const cut = bytes.indexOf("é") + 1;
  const lines = await run({
    json: true,
    input: Readable.from([bytes.subarray(0, cut), bytes.subarray(cut)]),
  });
  expect(lines.map((line) => (JSON.parse(line) as { text: string }).text)).toEqual([
    "status web-1\u2028x\rstatus é",
    "help",
  ]);
});

test("when the reader of the answers has gone it ends quietly and reads no more", async () => {
  const destination = new EventEmitter();
  const source = Readable.from(manyLines());
  let written = 0;
  await intent({
    json: true,
    input: source,
    destination,
    output: () => {
      written += 1;
      if (written === 2) destination.emit("error", Object.assign(new Error("broken"), { code: "EPIPE" }));
    },
  });
  expect(written).toBe(2);
  expect(source.destroyed).toBe(true);
});

test("a destination that fails otherwise is an error", async () => {
  const destination = new EventEmitter();
  const full = Object.assign(new Error("no space left"), { code: "ENOSPC" });
  const output = () => void destination.emit("error", full);
  await expect(intent({ json: true, input: Readable.from(["help\n"]), destination, output })).rejects.toBe(
    full,
  );
});

test("any source of strings may be the input", async () => {
  const lines = await run({ json: false, input: ["status\nhelp\n"] });
  expect(lines).toHaveLength(2);
});

test("for people it is words, with what else might have been meant", async () => {
  const [shown] = await run({ text: "restart nginx on web-1 and reboot web-2", json: false });
  expect(shown).toContain("unknown");
  expect(shown).toContain("did you mean: remediate, remediate");
});

test("a text that means nothing has no slots of its own text", async () => {
  const [line] = await run({ text: "asdf qwer", json: true });
  expect(JSON.parse(line ?? "")).toMatchObject({ intent: "unknown", slots: {}, confidence: 0 });
});
