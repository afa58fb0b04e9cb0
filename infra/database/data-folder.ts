import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigError } from "../errors.ts";

const reasons: Record<string, string> = {
  EEXIST: "it is a file",
  ENOTDIR: "a part of its path is a file",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EROFS: "its file system is read only",
  ENOENT: "nothing can be made there",
  ENOSPC: "the disk is full",
};

/** Makes the data folder, for its owner only. Throws a ConfigError that names the variable. */
export function makeDataFolder(directory: string): void {
  try {
    makeFolder(resolve(directory));
  } catch (error) {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    throw new ConfigError([
      `${directory} cannot be the data folder (${reasons[code] ?? code}): set SMARTCLOUDOPS_DATA_DIR to a folder that this user may write`,
    ]);
  }
}

/** Not with mkdir's `recursive`: where nothing can be made (/proc/x) Node's tries for ever. */
function makeFolder(folder: string): void {
  const isThere = existsSync(folder);
  if (isThere && statSync(folder).isDirectory()) return;
  if (!isThere && !existsSync(dirname(folder))) makeFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}
