import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { decodeModel } from "../../ml/model-codec.ts";
import { runCommandLine } from "./program.ts";

let folder: string;
let printed: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "teaching-"));
  printed = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A dataset of two metrics, marked as made up or not. */
function dataset(synthetic: boolean): string {
  const rows = Array.from({ length: 300 }, (_, row) => {
    const value = 20 + Math.sin(row / 9) + ((row * 7919) % 13) / 10;
    return [1_790_000_100 + row * 300, ...(synthetic ? [1] : []), value, 60 - value].join(",");
  });
  const text = [`time,${synthetic ? "synthetic," : ""}cpu_usage_percent,memory_usage_percent`, ...rows].join(
    "\n",
  );
  const subject = join(folder, "web-1");
  mkdirSync(subject);
  for (const part of ["train", "test"]) writeFileSync(join(subject, `${part}.csv`), `${text}\n`);
  return folder;
}

const run = (...argv: string[]) => {
  const say = (line: string) => void printed.push(line);
  return runCommandLine(["train", ...argv], {
    print: say,
    tell: say,
    progress: () => undefined,
    input: process.stdin,
  });
};

test("made-up data gives a model that is marked, and says so", async () => {
  const out = join(folder, "lesson.model");
  expect(await run("--synthetic", dataset(true), "--out", out)).toBe(0);
  expect(printed[0]).toMatch(/^SYNTHETIC: .*lesson\.model learned from 25 h of generated data \(2 metrics\)/);
  expect(decodeModel(readFileSync(out))).toMatchObject({
    synthetic: true,
    metrics: ["cpu_usage_percent", "memory_usage_percent"],
  });
});

test("measured data is refused: the word is not for it", async () => {
  expect(await run("--synthetic", dataset(false), "--out", join(folder, "x.model"))).toBe(2);
  expect(printed[0]).toMatch(/holds measured data: --synthetic is for what synthesize wrote/);
});

test.each([
  [["--synthetic", "x"]],
  [["--out", "x"]],
  [["--synthetic", "x", "--out", "y", "--target", "web-1"]],
])("%s is wrong usage", async (argv) => {
  expect(await run(...argv)).toBe(2);
  expect(printed[0]).toMatch(/belong together/);
});
