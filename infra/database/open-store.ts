import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Kysely } from "kysely";
import type { Config } from "../config.ts";
import { ConfigError } from "../errors.ts";
import { loadAuditKey, requireKeyOf } from "./audit-key.ts";
import type { Database } from "./database.ts";
import { type OpenDatabase, openDatabase, openDatabaseReadOnly } from "./open.ts";
import { asStoreProblem } from "./store-problem.ts";

export type OpenStore = OpenDatabase & {
  /** Seals what is written; see `audit-key.ts`. */
  key: Buffer;
  /** How the store is called in messages; never with a password. */
  name: string;
};

type Where = Pick<Config, "databaseUrl" | "dataDirectory">;

/** The file of the embedded store in a data folder. */
function storeFile(dataDirectory: string): string {
  return join(dataDirectory, "smartcloudops.db");
}

/**
 * Opens the configured store as its only writer, with its key: PostgreSQL where a URL is given, else SQLite in the data
 * folder. The key stands in the data folder in either case, so that a copy of the database alone cannot forge an entry;
 * a database that was sealed with another key is refused. `onLost`: another process has taken a PostgreSQL over.
 */
export async function openStore(
  { databaseUrl, dataDirectory }: Where,
  options: { wall(): number; onError: (error: Error) => void; onLost: () => void },
): Promise<OpenStore> {
  const opened = await openWriter({ databaseUrl, dataDirectory }, options);
  try {
    const key = loadAuditKey(keyFile(dataDirectory), { create: true });
    await requireKeyOf(opened.db, key, { file: keyFile(dataDirectory), wall: options.wall });
    return { ...opened, key };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Opens the configured store for looking only, beside a running bot; null when there is nothing in it yet. */
export async function openStoreReadOnly(where: Where): Promise<(OpenDatabase & { name: string }) | null> {
  if (where.databaseUrl === null) {
    const file = storeFile(where.dataDirectory);
    return existsSync(file) ? { ...(await openDatabaseReadOnly(file)), name: file } : null;
  }
  const { openPostgresReadOnly, postgresName } = await postgres();
  const opened = await openPostgresReadOnly(where.databaseUrl);
  return opened === null ? null : { ...opened, name: postgresName(where.databaseUrl) };
}

/** The key of a store that is there. Throws a ConfigError when its file is missing. */
export function storeKey({ dataDirectory }: Where): Buffer {
  return loadAuditKey(keyFile(dataDirectory), { create: false });
}

/** An error of either database as one that says what to do; others as they are. */
export async function explainStoreError(
  error: unknown,
  { databaseUrl, dataDirectory }: Where,
): Promise<unknown> {
  if (databaseUrl === null) return asStoreProblem(error, storeFile(dataDirectory));
  const { asPostgresProblem, postgresName } = await postgres();
  return asPostgresProblem(error, postgresName(databaseUrl));
}

/** What an error of the store means for people, in one line. */
export async function storeErrorWords(error: unknown, where: Where): Promise<string> {
  const explained = await explainStoreError(error, where);
  if (explained instanceof ConfigError) return explained.problems.join("; ");
  return explained instanceof Error ? explained.message : String(explained);
}

/** What `doctor` says of the store; null: there is none yet. */
export async function describeStore(where: Where, wall: () => number): Promise<string | null> {
  const opened = await openStoreReadOnly(where);
  if (opened === null) return null;
  try {
    return where.databaseUrl === null
      ? "readable, schema current"
      : `${opened.name} answers, schema current, ${clockWords(await ahead(opened.db, wall))}`;
  } finally {
    await opened.close();
  }
}

const keyFile = (dataDirectory: string) => join(dataDirectory, "audit.key");

async function openWriter(
  { databaseUrl, dataDirectory }: Where,
  { wall, onError, onLost }: { wall(): number; onError: (error: Error) => void; onLost: () => void },
): Promise<OpenDatabase & { name: string }> {
  if (databaseUrl === null) {
    const file = storeFile(dataDirectory);
    return { ...(await openDatabase(file, { wall })), name: file };
  }
  const { openPostgres, postgresName } = await postgres();
  const holder = `process ${process.pid} on ${hostname()}`;
  const opened = await openPostgres(databaseUrl, { wall, holder, onError, onLost });
  return { ...opened, name: postgresName(databaseUrl) };
}

async function ahead(db: Kysely<Database>, wall: () => number): Promise<number> {
  return (await postgres()).clockAhead(db, wall);
}

/** Leases and expiry follow this machine's clock (one process writes), so a difference only makes logs hard to compare. */
function clockWords(milliseconds: number): string {
  const seconds = Math.round(Math.abs(milliseconds) / 1_000);
  if (seconds < 2) return "its clock agrees with this machine's";
  return `its clock is ${seconds} s ${milliseconds > 0 ? "ahead of" : "behind"} this machine's`;
}

/** Loaded where it is used: most bots keep the embedded store. */
async function postgres() {
  const [open, problem] = await Promise.all([
    import("./postgres/open-postgres.ts"),
    import("./postgres/problem.ts"),
  ]);
  return { ...open, ...problem };
}
