import type { OpenDatabase } from "../../infra/database/open.ts";
import { explainStoreError, openStoreReadOnly, storeKey } from "../../infra/database/open-store.ts";
import { isMissingTable } from "../../infra/database/store-problem.ts";
import { listAudit, verifyAudit } from "../../remediation/audit.ts";
import { createStore, type Store } from "../../remediation/store.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { UsageError } from "./usage-error.ts";

/** `audit verify`: true when every entry is as it was written. Looks beside a running bot, takes no lock. */
export function auditVerify(print: (line: string) => void): Promise<boolean> {
  return withStore(async (store) => {
    const check = await verifyAudit(store).catch((error: unknown) => {
      if (isMissingTable(error)) return null;
      throw error;
    });
    if (check === null) {
      print("the whole record is gone: the store has no audit table any more; restore a backup");
      return false;
    }
    print(
      check.ok
        ? `ok: ${check.entries} entries, none changed, none missing`
        : `entry ${check.seq} is broken: ${check.problem}`,
    );
    return check.ok;
  });
}

/** `audit export`: one JSON a line, oldest first. */
export function auditExport(print: (line: string) => void): Promise<void> {
  return withStore(async (store) => {
    const entries = await listAudit({ limit: Number.MAX_SAFE_INTEGER }, { store });
    for (const entry of entries.toReversed()) print(JSON.stringify(entry));
  });
}

/** Looks at the configured store, beside a running bot. */
export async function withStore<Result>(
  look: (store: Store, db: OpenDatabase["db"]) => Promise<Result>,
): Promise<Result> {
  const config = loadConfiguration();
  const opened = await openStoreReadOnly(config);
  if (opened === null) {
    throw new UsageError(
      config.databaseUrl === null
        ? `there is no store in ${config.dataDirectory}: start the bot once, or set SMARTCLOUDOPS_DATA_DIR`
        : "the database is empty: start the bot once, or set DATABASE_URL to the one it writes",
    );
  }
  try {
    return await look(createStore(opened.db, storeKey(config)), opened.db);
  } catch (error) {
    throw isMissingTable(error)
      ? new UsageError(`${opened.name} lacks a table that it was made with: restore a backup`, {
          cause: error,
        })
      : await explainStoreError(error, config);
  } finally {
    await opened.close();
  }
}
