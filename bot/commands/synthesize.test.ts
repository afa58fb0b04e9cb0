import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listSubjects, readCauses, readFrame, readLabels } from "../../infra/dataset.ts";
import { evaluate } from "./evaluate.ts";
import { synthesizeCommand, type SynthesizeArguments } from "./synthesize.ts";

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "synthesize-"));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

async function made(options: Partial<SynthesizeArguments> = {}): Promise<string[]> {
  const printed: string[] = [];
  await synthesizeCommand({ days: 7, seed: 1, out, print: (line) => printed.push(line), ...options });
  return printed;
}

const file = (name: string) => readFileSync(join(out, "synthetic-1", name));

test("a dataset is written that says everywhere that it is synthetic", async () => {
  const printed = await made({ targets: 2 });
  expect(readdirSync(out).sort()).toEqual(["README.txt", "synthetic-1", "synthetic-2"]);
  expect(readFileSync(join(out, "README.txt"), "utf8")).toContain("for tests, teaching and what-if only");
  expect(printed.at(-1)).toContain("SYNTHETIC");
  const lines = gunzipSync(file("test.csv.gz")).toString().trim().split("\n");
  expect(lines[0]).toMatch(/^time,synthetic,service_up,cpu_usage_percent,/);
  expect(lines).toHaveLength(7 * 1440 + 1);
  expect(lines.slice(1).every((line) => line.split(",")[1] === "1")).toBe(true);
  for (const subject of await listSubjects(out))
    for (const part of [subject.train, subject.test]) expect((await readFrame(part)).synthetic).toBe(true);
});

test("labels lie over test on its grid, name their fault, and have causes among the metrics", async () => {
  await made();
  const test = await readFrame(join(out, "synthetic-1", "test.csv.gz"));
  const labels = await readLabels(join(out, "synthetic-1", "labels.csv"));
  const causes = await readCauses(join(out, "synthetic-1", "causes.csv"));
  expect(new Set(labels.map(({ fault }) => fault))).toEqual(
    new Set(["cpu_spike", "memory_leak", "error_storm"]),
  );
  expect(causes.map(({ start, end }) => [start, end])).toEqual(labels.map(({ start, end }) => [start, end]));
  const times = new Set(test.time);
  for (const { start, end } of labels) expect([times.has(start), times.has(end)]).toEqual([true, true]);
  for (const { metrics } of causes) for (const metric of metrics) expect(test.metrics).toContain(metric);
});

test("the same seed gives the same bytes, another one others", async () => {
  await made({ days: 2 });
  const first = [file("train.csv.gz"), file("test.csv.gz"), file("labels.csv")];
  await made({ days: 2 });
  expect([file("train.csv.gz"), file("test.csv.gz"), file("labels.csv")]).toEqual(first);
  await made({ days: 2, seed: 2 });
  expect(file("train.csv.gz")).not.toEqual(first[0]);
});

test("how many rows a second is told, and the shares of what they are", async () => {
  let at = 0;
  const printed = await made({ now: () => (at += 1000) });
  expect(printed[0]).toContain("20160 rows in 1.0 s, 20160 a second");
  expect(printed[1]).toMatch(
    /8\d\.\d % normal, 7\.\d % cpu_spike \(7\), 4\.\d % memory_leak \(1\), 3\.\d % error_storm/,
  );
});

test("it is not measured unless somebody says that synthetic data is meant", async () => {
  await made({ days: 2 });
  await expect(evaluate({ dir: out })).rejects.toThrow("--synthetic");
});

test.each<[Partial<SynthesizeArguments>, RegExp]>([
  [{ days: 5000 }, /--days/],
  [{ step: 900 }, /--step must be a whole number of seconds from 1 to 300/],
  [{ step: 0 }, /--step/],
  [{ targets: 0 }, /--targets/],
])("%j is refused with what would do", async (options, words) => {
  await expect(made(options)).rejects.toThrow(words);
});
