import { readFileSync, writeFileSync } from "node:fs";
import SqliteFile from "better-sqlite3";
import { ConfigError } from "../errors.ts";

export type WriterLock = { release(): void };

/**
 * Makes this process the only writer of a database file. The lock is the operating system's, on a small SQLite file
 * beside it, so that it ends with the process however that ends: no lock is ever stale. The text file beside it only
 * says who holds it. Throws a ConfigError naming the other process.
 */
export function takeWriterLock(path: string, now: { wall(): number; pid: number }): WriterLock {
  const file = new SqliteFile(`${path}.lock`, { timeout: 0 });
  const owner = `${path}.lock.pid`;
  try {
    file.pragma("journal_mode = DELETE");
    file.exec("begin exclusive");
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

function isBusy(error: unknown): boolean {
  return error instanceof SqliteFile.SqliteError && error.code.startsWith("SQLITE_BUSY");
}

function readOwner(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "another process";
    throw error;
  }
}
