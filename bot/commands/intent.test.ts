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
  await intent({ ...request, input, output: (line) => void lines.push(line) });
  return lines;
}

async function* chunks(parts: readonly string[]): AsyncIterable<string> {
  for (const part of parts) yield await Promise.resolve(part);
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

test("each line of the input becomes one JSON, in order, without empty lines", async () => {
  const lines = await run({ json: true, input: Readable.from(["status web-1\r\n\nreb", "oot web-1"]) });
  expect(lines.map((line) => (JSON.parse(line) as { intent: string }).intent)).toEqual([
    "status",
    "remediate",
  ]);
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
