import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadAuditKey } from "../../infra/database/audit-key.ts";
import { openDatabase } from "../../infra/database/open.ts";
import { runCommandLine } from "./program.ts";

/** What a command line prints, tells and ends with; in an environment of its own. */
async function run(...argv: string[]): Promise<{ exitCode: number; printed: string; told: string }> {
  const [printed, told]: [string[], string[]] = [[], []];
  const exitCode = await runCommandLine(argv, {
    print: (line) => printed.push(line),
    tell: (line) => told.push(line),
    progress: () => undefined,
    input: (async function* () {})(),
  });
  return { exitCode, printed: printed.join("\n"), told: told.join("\n") };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "program-"));
  vi.stubEnv("SMARTCLOUDOPS_DATA_DIR", join(folder, "data"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test.each([[["bogus"]], [["bogus", "--help"]], [["help", "bogus"]], [["bogus", "--fresh", "more"]]])(
  "%j says that there is no such command, and starts nothing",
  async (argv) => {
    expect(await run(...argv)).toEqual({
      exitCode: 2,
      printed: "",
      told: 'error: there is no command "bogus"\n(say --help for what there is)',
    });
    expect(readdirSync(folder)).toEqual([]);
  },
);

test("help and the version are results, not errors", async () => {
  expect(await run("--help")).toMatchObject({ exitCode: 0, told: "" });
  expect((await run("help", "score")).printed).toContain("--alarm-budget");
  expect((await run("--version")).printed).toMatch(/^\d+\.\d+\.\d+$/);
});

const recording = "record --prometheus http://127.0.0.1:9 --step 5 --target web-1=i-0abc --out out".split(
  " ",
);

test.each<[string, string[], RegExp]>([
  ["an unknown option", ["start", "--bogus"], /unknown option '--bogus'/],
  ["words too many", ["start", "now"], /too many arguments/],
  ["a wrong number", ["score", "--alarm-budget", "0"], /must be a number above 0/],
  [
    "a range that ends before it begins",
    [...recording, "--from", "100", "--to", "1"],
    /--to \(1\) must be after/,
  ],
  [
    "labels that are not there",
    [...recording, "--from", "1", "--to", "100", "--labels", "/nope"],
    /--labels \/nope: there is no such file/,
  ],
  ["a drill without a folder", ["drill"], /--out <dir> is missing/],
  ["a fault nobody knows", ["drill", "--out", "out", "--faults", "nosuch"], /no fault is called nosuch/],
  ["a dataset that is not there", ["evaluate", "/nope"], /\/nope cannot be listed/],
  ["a store that is not there", ["audit", "verify"], /there is no store in .*start the bot once/],
])("%s is one line that says what to do, and code 2", async (_, argv, words) => {
  const { exitCode, told } = await run(...argv);
  expect(told).toMatch(words);
  expect(told).not.toMatch(/^\s+at /m);
  expect(exitCode).toBe(2);
});

test("the doctor says that a data folder cannot be, and makes none", async () => {
  writeFileSync(join(folder, "file"), "");
  vi.stubEnv("SMARTCLOUDOPS_DATA_DIR", join(folder, "file", "data"));
  const impossible = await run("doctor");
  expect(impossible.exitCode).toBe(1);
  expect(impossible.printed).toMatch(/PROBLEM {2}data folder: .*cannot be written .*SMARTCLOUDOPS_DATA_DIR/);

  vi.stubEnv("SMARTCLOUDOPS_DATA_DIR", join(folder, "new", "data"));
  expect((await run("doctor")).printed).toMatch(/^ok {7}data folder: .*new\/data$/m);
  expect(existsSync(join(folder, "new"))).toBe(false);
  const unwritten = await run("doctor", "--report", "/nope/report.txt");
  expect(unwritten).toMatchObject({
    exitCode: 2,
    told: expect.stringMatching(/--report \/nope\/report\.txt: /),
  });
});

test("an audit that was taken away is something wrong, not a crash", async () => {
  const data = join(folder, "data");
  const file = join(data, "smartcloudops.db");
  const { db, close } = await openDatabase(file, { wall: Date.now });
  loadAuditKey(join(data, "audit.key"), { create: true });
  expect(await run("audit", "verify")).toMatchObject({ exitCode: 3, told: "" });
  await sql`drop table audit`.execute(db);
  await close();
  expect(await run("audit", "verify")).toEqual({
    exitCode: 1,
    printed: expect.stringMatching(/^the whole record is gone: .*restore a backup$/) as string,
    told: "",
  });
  expect(await run("audit", "export")).toMatchObject({
    exitCode: 2,
    told: expect.stringMatching(/lacks a table/),
  });
  rmSync(file);
  mkdirSync(file);
  expect(await run("audit", "verify")).toMatchObject({
    exitCode: 2,
    told: expect.stringMatching(/must be a file/),
  });
});

test.each([
  ["ok", 0],
  ["warning", 1],
  ["refused", 1],
])("training that ends with a card of the tone %s is code %d", async (tone, exitCode) => {
  const bot = createServer((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ text: "what the card says", card: { tone } }));
  });
  await new Promise<void>((resolve) => bot.listen(0, "127.0.0.1", resolve));
  const address = bot.address();
  vi.stubEnv("PORT", String(typeof address === "object" && address !== null ? address.port : 0));
  expect(await run("train", "--target", "web-1")).toEqual({
    exitCode,
    printed: "what the card says",
    told: "",
  });
  await new Promise((resolve) => bot.close(resolve));
});

test("training without a bot says so", async () => {
  vi.stubEnv("PORT", "9");
  expect(await run("train")).toMatchObject({ exitCode: 2, told: expect.stringMatching(/no bot answers at/) });
});
