import { createHmac, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import type { Kysely } from "kysely";
import { ConfigError } from "../errors.ts";
import { readSetting, type SettingsTable, writeSetting } from "./settings.ts";

const keyBytes = 32;

/**
 * The key that seals audit entries, plans and decisions, from its file; made once, readable by the owner only. It must
 * be kept with the store: without it the audit cannot be verified. `create` false: a missing file is an error.
 */
export function loadAuditKey(file: string, { create }: { create: boolean }): Buffer {
  const found = read(file);
  if (found === null && !create) {
    throw new ConfigError([`${file} is missing: without the store's key its audit cannot be verified`]);
  }
  const text = found ?? make(file);
  if (!/^[0-9a-f]{64}\s*$/.test(text)) {
    throw new ConfigError([
      `${file} holds no key of ${keyBytes} bytes in hexadecimal digits; put back the original file`,
    ]);
  }
  return Buffer.from(text.trim(), "hex");
}

/**
 * Refuses a key that is not the one with which this database was first opened: entries sealed with another could never
 * be verified again, and every plan would look tampered with. The database keeps only a keyed hash of a fixed text.
 */
export async function requireKeyOf(
  db: Kysely<{ settings: SettingsTable }>,
  key: Buffer,
  { file, wall }: { file: string; wall(): number },
): Promise<void> {
  const mark = createHmac("sha256", key).update("the key of this store").digest("hex");
  const known = await readSetting(db, "store-key");
  if (known === null) return writeSetting(db, "store-key", mark, wall());
  if (known !== mark) {
    throw new ConfigError([
      `${file} is not the key with which this database was sealed: put back the original file (it stands in the data folder of the bot that made the database)`,
    ]);
  }
}

function make(file: string): string {
  const text = `${randomBytes(keyBytes).toString("hex")}\n`;
  const handle = openSync(file, "wx", 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return text;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
