import path from "node:path";
import { Kysely } from "kysely";
import { makeDataFolder } from "./data-folder.ts";
import type { Database } from "./database.ts";
import { ImmediateSqliteDialect } from "./immediate-sqlite.ts";
import { type KeptSqlite, openKeptSqlite } from "./kept-sqlite.ts";
import { migrate, requireSchema } from "./migrate.ts";
import { asStoreProblem } from "./store-problem.ts";
import { takeWriterLock } from "./writer-lock.ts";

export type OpenDatabase = { db: Kysely<Database>; close(): Promise<void> };

/**
 * Opens the embedded store, alone: a second writer is refused with the first one's process id. WAL, every commit
 * synced to the disk, foreign keys on, transactions begin IMMEDIATE; creates or migrates the schema. `:memory:` is a
 * store for tests. Throws a ConfigError for a foreign, newer or damaged database, and for a folder that is none.
 */
export async function openDatabase(file: string, { wall }: { wall(): number }): Promise<OpenDatabase> {
  const inMemory = file === ":memory:";
  if (!inMemory) makeDataFolder(path.dirname(file));
  const lock = inMemory ? null : takeWriterLock(file, { wall, pid: process.pid });
  try {
    const opened = connect(file, { readOnly: false });
    await usable(opened, () => migrate(opened.db, file, "sqlite"));
    const close = async () => {
      await opened.close();
      lock?.release();
    };
    return { db: opened.db, close };
  } catch (error) {
    lock?.release();
    throw asStoreProblem(error, file);
  }
}

/** Opens the store for looking only, beside a running bot: no lock, no migration, no writes. */
export async function openDatabaseReadOnly(file: string): Promise<OpenDatabase> {
  try {
    const opened = connect(file, { readOnly: true });
    await usable(opened, () => requireSchema(opened.db, file, "sqlite"));
    return opened;
  } catch (error) {
    throw asStoreProblem(error, file);
  }
}

const busyTimeoutMs = 5_000;
/** https://sqlite.org/pragma.html#pragma_synchronous */
const fullSync = 2;

function connect(file: string, { readOnly }: { readOnly: boolean }): OpenDatabase {
  const sqlite = openKeptSqlite(file, {
    readonly: readOnly,
    fileMustExist: readOnly,
    timeout: busyTimeoutMs,
  });
  try {
    if (!readOnly) prepareForWriting(sqlite, file);
    sqlite.exec("pragma foreign_keys = ON");
  } catch (error) {
    sqlite.close();
    throw error;
  }
  const db = new Kysely<Database>({ dialect: new ImmediateSqliteDialect(sqlite) });
  const close = async () => {
    await db.destroy();
    if (sqlite.isOpen()) sqlite.close();
  };
  return { db, close };
}

function prepareForWriting(sqlite: KeptSqlite, file: string): void {
  sqlite.exec("pragma journal_mode = WAL");
  // better-sqlite3 is built with NORMAL, with which a committed intent may vanish when the power fails.
  sqlite.exec("pragma synchronous = FULL");
  const { synchronous } = sqlite.prepare("pragma synchronous").get() as { synchronous: number };
  if (synchronous !== fullSync)
    throw new Error(`${file}: SQLite does not sync every commit, so nothing may be written there`);
}

async function usable(opened: OpenDatabase, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    await opened.close();
    throw error;
  }
}
