import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { makeDataFolder } from "../../infra/database/data-folder.ts";
import { takeWriterLock } from "../../infra/database/writer-lock.ts";

/** What is ours in a data folder, but for the lock, which is held meanwhile. */
const ourFiles = [
  "smartcloudops.db",
  "smartcloudops.db-wal",
  "smartcloudops.db-shm",
  "models",
  "audit.key",
  "audit-heads.jsonl",
];

/**
 * Moves the store, its key and its models into a folder beside them, `kept-TIME`, and answers that folder; null when
 * there was nothing to move. What is not ours stays. Throws a ConfigError when a running bot writes the store.
 */
export function setAside(directory: string, { wall, pid }: { wall(): number; pid: number }): string | null {
  if (!existsSync(directory)) return null;
  makeDataFolder(directory);
  const lock = takeWriterLock(join(directory, "smartcloudops.db"), { wall, pid });
  try {
    const found = ourFiles.filter((name) => existsSync(join(directory, name)));
    if (found.length === 0) return null;
    const kept = join(directory, `kept-${new Date(wall()).toISOString().replace(/[:.]/g, "-")}`);
    mkdirSync(kept, { mode: 0o700 });
    for (const name of found) renameSync(join(directory, name), join(kept, name));
    return kept;
  } finally {
    lock.release();
  }
}
