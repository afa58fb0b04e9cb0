import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

/** The compiled program of `npm run build`, as a process. */
const program = fileURLToPath(new URL("../dist/bot/cli.js", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(argv: string[], environment: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [program, ...argv], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: "0", ...environment },
  });
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    told += text;
  });
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, told }));
  return { child, ended };
}

test("a reader that goes away ends a command quietly", async () => {
  const { child, ended } = run(["intent"]);
  child.stdin.on("error", () => undefined);
  child.stdin.end("status\n".repeat(20_000));
  child.stdout.once("data", () => child.stdout.destroy());
  expect(await ended).toEqual({ code: 0, told: "" });
});

test("a start that fails ends at once with one line, whatever was open already", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  const port = String(typeof address === "object" && address !== null ? address.port : 0);
  const { ended } = run(["start"], { PORT: port });
  expect(await ended).toEqual({
    code: 2,
    told: expect.stringMatching(new RegExp(`^error: 127\\.0\\.0\\.1:${port} is in use .*\\n$`)) as string,
  });
  other.close();
});

test("a data folder that cannot be is one line", async () => {
  writeFileSync(join(folder, "file"), "");
  const { ended } = run(["start"], { SMARTCLOUDOPS_DATA_DIR: join(folder, "file") });
  expect(await ended).toEqual({
    code: 2,
    told: expect.stringMatching(/^error: .*cannot be the data folder \(it is a file\).*\n$/) as string,
  });
});
