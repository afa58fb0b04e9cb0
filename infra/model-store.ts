import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import type { ModelRow } from "./database/models.ts";

export type ModelStore = ReturnType<typeof createModelStore>;

/**
 * Models as files under `directory`, their register in the database (`add`, `list`). A file whose SHA-256 differs
 * from the register is refused, never loaded.
 */
export function createModelStore({
  directory,
  add,
  list,
  wall,
}: {
  directory: string;
  add: (row: Omit<ModelRow, "live">) => Promise<void>;
  list: () => Promise<ModelRow[]>;
  wall: () => number;
}) {
  /** Writes the bytes first and registers them then, so that a registered model is always whole. */
  async function save(target: string, bytes: Uint8Array, meta: unknown): Promise<string> {
    const id = randomUUID();
    await mkdir(directory, { recursive: true });
    const file = path.join(directory, `${id}.model`);
    await writeFile(`${file}.part`, bytes, { mode: 0o600 });
    await rename(`${file}.part`, file);
    await add({ id, target, createdAt: wall(), path: path.basename(file), sha256: sha256(bytes), meta });
    return id;
  }

  /** The bytes of one version. Throws when the file is missing or was changed, saying what to do. */
  async function load(row: ModelRow): Promise<Uint8Array> {
    const file = path.join(directory, path.basename(row.path));
    const bytes = await readFile(file);
    if (sha256(bytes) !== row.sha256) {
      throw new Error(
        `the model ${file} is not what was stored: say "train ${row.target}" to make a new one`,
      );
    }
    return bytes;
  }

  return { save, load, list };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
