import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConfigError } from "../../infra/errors.ts";
import { DefinitionError } from "../../remediation/yaml-file.ts";
import { explainFailure } from "./explain-failure.ts";
import { UsageError } from "./usage-error.ts";

const system = (code: string, details: Partial<NodeJS.ErrnoException & { address: string; port: number }>) =>
  Object.assign(new Error(`${code}: as the system says it`), { code, ...details });
const sqlite = (code: string, message = "as SQLite says it") =>
  Object.assign(new Error(message), { name: "SqliteError", code });

test.each<[string, unknown, 0 | 1 | 2, RegExp]>([
  ["a usage error", new UsageError("say --out"), 2, /^say --out$/],
  ["one problem", new ConfigError(["PORT is empty"]), 2, /^PORT is empty$/],
  [
    "two problems",
    new ConfigError(["PORT is empty", "HOST is empty"]),
    2,
    /2 problems:\n {2}- PORT is empty/,
  ],
  ["a bad file", new DefinitionError(["p.yaml:1:1 no"]), 2, /^p\.yaml:1:1 no$/],
  [
    "a port in use",
    system("EADDRINUSE", { syscall: "listen", address: "127.0.0.1", port: 3000 }),
    2,
    /^127\.0\.0\.1:3000 is in use .*set PORT=3001 or/,
  ],
  [
    "an address of another machine",
    system("EADDRNOTAVAIL", { syscall: "listen", address: "fd00::9", port: 3000 }),
    2,
    /^\[fd00::9\]:3000 is no address of this machine: set HOST/,
  ],
  [
    "a port of the system",
    system("EACCES", { syscall: "listen", address: "127.0.0.1", port: 80 }),
    2,
    /^127\.0\.0\.1:80 .*1024/,
  ],
  [
    "a folder of somebody else",
    system("EACCES", { syscall: "open", path: "/srv/x" }),
    2,
    /^\/srv\/x: permission is denied/,
  ],
  ["a full disk", system("ENOSPC", { syscall: "write" }), 2, /^write: the disk is full/],
  ["a file for a folder", system("ENOTDIR", { path: "/etc/passwd/x" }), 2, /^\/etc\/passwd\/x: a part/],
  ["a file in the way", system("EEXIST", { path: "/etc/passwd" }), 2, /^\/etc\/passwd: a file stands/],
  ["a store that cannot be opened", sqlite("SQLITE_CANTOPEN"), 2, /^the store cannot be opened: /],
  ["a store that is none", sqlite("SQLITE_NOTADB"), 2, /^the store is not a database: /],
  ["a damaged store", sqlite("SQLITE_CORRUPT_VTAB"), 2, /^the store is damaged: restore a backup/],
  ["a reader that went away", system("EPIPE", { syscall: "write" }), 0, /^$/],
  ["a thrown text", "no", 1, /^no$/],
])("%s is told without a stack", (_, error, exitCode, message) => {
  expect(explainFailure(error)).toEqual({
    message: expect.stringMatching(message) as string,
    exitCode,
    withStack: false,
  });
});

test.each([
  ["a mistake in the program", new TypeError("x is undefined")],
  ["a statement that is wrong", sqlite("SQLITE_CONSTRAINT")],
])("%s keeps its stack and is code 1", (_, error) => {
  expect(explainFailure(error)).toMatchObject({ exitCode: 1, withStack: true });
});

test("what the system really throws is understood", async () => {
  const folder = mkdtempSync(join(tmpdir(), "failure-"));
  writeFileSync(join(folder, "file"), "");
  const thrown = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return explainFailure(error).message;
    }
    return "nothing was thrown";
  };
  expect(thrown(() => readFileSync(join(folder, "none")))).toMatch(/none: there is no such file/);
  expect(thrown(() => readFileSync(join(folder, "file", "x")))).toMatch(/x: a part of the path is a file/);
  // Reading a folder fails without a path in Node's error.
  expect(thrown(() => readFileSync(folder))).toMatch(/it is a folder/);
  rmSync(folder, { recursive: true });

  const first = createServer();
  await new Promise<void>((resolve) => first.listen(0, "127.0.0.1", resolve));
  const address = first.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const second = createServer();
  const failure = await new Promise<unknown>((resolve) =>
    second.once("error", resolve).listen(port, "127.0.0.1"),
  );
  expect(explainFailure(failure).message).toContain(`127.0.0.1:${port} is in use`);
  await new Promise((resolve) => first.close(resolve));
});
