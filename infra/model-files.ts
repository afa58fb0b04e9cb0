import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

/**
 * Where the bytes of models lie, by file name. `write` returns when they are safe; `read` throws when there is no such
 * file, and its reader compares what it gets with the SHA-256; `remove` of one that is gone is no error.
 */
export type ModelFiles = {
  write(name: string, bytes: Uint8Array, sha256: string): Promise<void>;
  read(name: string, sha256: string): Promise<Uint8Array>;
  remove(name: string): Promise<void>;
};

/** What `save` names its files; nothing else in the folder is ever touched. */
const ourNames = /^[0-9a-f-]{36}\.model(\.part)?$/;

/** Models in a folder of this machine. */
export function localModelFiles(directory: string): ModelFiles & {
  /** Deletes files of ours that no version names: those of a process that died between writing and registering. */
  sweep(known: ReadonlySet<string>): Promise<string[]>;
} {
  const fileOf = (name: string) => path.join(directory, path.basename(name));
  return {
    async write(name, bytes) {
      await mkdir(directory, { recursive: true });
      const file = fileOf(name);
      await writeFile(`${file}.part`, bytes, { mode: 0o600, flush: true });
      await rename(`${file}.part`, file);
    },
    read: (name) => readFile(fileOf(name)),
    remove: (name) => rm(fileOf(name), { force: true }),
    async sweep(known) {
      await mkdir(directory, { recursive: true });
      const orphans = (await readdir(directory)).filter((name) => ourNames.test(name) && !known.has(name));
      for (const name of orphans) await rm(fileOf(name), { force: true });
      return orphans;
    },
  };
}
