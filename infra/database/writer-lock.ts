import { readFileSync, writeFileSync } from "node:fs";
import { ConfigError } from "../errors.ts";
import { isBusy, openKeptSqlite } from "./kept-sqlite.ts";

export type WriterLock = { release(): void };

/**
 * Makes this process the only writer of a database file. The lock is the operating system's, on a small SQLite file
 * beside it, so that it ends with the process however that ends: no lock is ever stale. The text file beside it only
 * says who holds it. Throws a ConfigError naming the other process.
 */
export function takeWriterLock(path: string, now: { wall(): number; pid: number }): WriterLock {
  const file = openKeptSqlite(`${path}.lock`, { timeout: 0 });
  const owner = `${path}.lock.pid`;
  try {
    file.exec("pragma journal_mode = DELETE; begin exclusive");
  } catch (error) {
    file.close();
    if (!isBusy(error)) throw error;
    const who = readOwner(owner);
    throw new ConfigError([
      `${path} is in use by ${who}: one process writes it at a time. Stop that one, or set SMARTCLOUDOPS_DATA_DIR to another directory`,
    ]);
  }
  writeFileSync(owner, `process ${now.pid} since ${new Date(now.wall()).toISOString()}\n`, { mode: 0o600 });
  return { release: () => file.close() };
}

function readOwner(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "another process";
    throw error;
  }
}
