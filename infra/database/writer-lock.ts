import { readFileSync, writeFileSync } from "node:fs";
import { ConfigError } from "../errors.ts";
import { isBusy, type KeptSqlite, openKeptSqlite } from "./kept-sqlite.ts";
import { asStoreProblem } from "./store-problem.ts";
import { writtenTime } from "./written-time.ts";

type WriterLock = { release(): void };

/**
 * Makes this process the only writer of a database file. The lock is the operating system's, on a small SQLite file
 * beside it, so that it ends with the process however that ends: no lock is ever stale. The text file beside it only
 * says who holds it. Throws a ConfigError naming the other process, or the lock file that cannot be used.
 */
export function takeWriterLock(path: string, now: { wall(): number; pid: number }): WriterLock {
  const file = openLock(`${path}.lock`);
  const owner = `${path}.lock.pid`;
  try {
    file.exec("pragma journal_mode = DELETE; begin exclusive");
  } catch (error) {
    file.close();
    if (!isBusy(error)) throw asStoreProblem(error, `${path}.lock`);
    const who = readOwner(owner);
    throw new ConfigError([
      `${path} is in use by ${who}: one process writes it at a time. Stop that one, or set SMARTCLOUDOPS_DATA_DIR to another directory`,
    ]);
  }
  try {
    writeFileSync(owner, `process ${now.pid} since ${writtenTime(now.wall())}\n`, { mode: 0o600 });
  } catch (error) {
    file.close();
    throw error;
  }
  return { release: () => file.close() };
}

function openLock(file: string): KeptSqlite {
  try {
    return openKeptSqlite(file, { timeout: 0 });
  } catch (error) {
    throw asStoreProblem(error, file);
  }
}

function readOwner(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "another process";
    throw error;
  }
}
