import type { Kysely, Transaction } from "kysely";
import type { RemediationTables } from "./tables.ts";

/** A handle for reading; inside a transaction only its own handle may be used (SQLite has one connection). */
export type Db = Kysely<RemediationTables>;
export type Trx = Transaction<RemediationTables>;

/**
 * The safety core's truth. `key` (32 bytes or more) seals audit entries, digests and decisions, so that rows written
 * past the program are noticed. Transactions begin IMMEDIATE on SQLite: one writer at a time, no check-then-act.
 */
export type Store = {
  db: Db;
  key: Buffer;
  /** Takes secrets out of what will be sealed for ever. */
  redact: Redact;
  transaction<Result>(work: (trx: Trx) => Promise<Result>): Promise<Result>;
};

/** The same data without the secrets in its texts. */
export type Redact = <Data>(data: Data) => Data;

/** The store on an opened and migrated database; throws when the key is too short to seal anything. */
export function createStore(db: Db, key: Buffer, redact: Redact = (data) => data): Store {
  if (key.length < 32) throw new Error(`the store's key has ${key.length} bytes; it needs at least 32`);
  return { db, key, redact, transaction: (work) => db.transaction().execute(work) };
}
