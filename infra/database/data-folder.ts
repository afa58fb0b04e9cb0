import { mkdirSync } from "node:fs";
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
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    throw new ConfigError([
      `${directory} cannot be the data folder (${reasons[code] ?? code}): set SMARTCLOUDOPS_DATA_DIR to a folder that this user may write`,
    ]);
  }
}
