import { createHash, randomUUID } from "node:crypto";
import type { ModelNote, ModelRegister, ModelRow } from "./database/models.ts";
import type { ModelFiles } from "./model-files.ts";

export type ModelStore = ReturnType<typeof createModelStore>;

export type ModelToSave = {
  target: string;
  bytes: Uint8Array;
  meta: unknown;
  status: "live" | "refused";
  synthetic: boolean;
};

/** The store did not do as asked; the message says what to do. What was live stays live. */
export class ModelStoreError extends Error {
  override readonly name = "ModelStoreError";
}

/** So many of a target's newest versions keep their file; the live one and the one before it always do. */
export const KEPT_FILES = 10;

/**
 * Models as files, their register in the database. Bytes whose SHA-256 differs from the register are refused, never
 * loaded, and a model that learned synthetic data is never live.
 */
export function createModelStore({
  files,
  register,
  wall,
  complain,
}: {
  files: ModelFiles;
  register: ModelRegister;
  wall: () => number;
  /** Told what went wrong where nobody has to wait for it. */
  complain: (message: string) => void;
}) {
  /**
   * Writes the bytes first and registers them then, so that a registered model is always whole; the live one changes
   * in the register's transaction. Throws a ModelStoreError, with nothing registered, when the bytes cannot be kept.
   */
  async function save(model: ModelToSave, note: ModelNote): Promise<ModelRow> {
    if (model.synthetic && model.status === "live")
      throw new ModelStoreError(
        `a model of ${model.target} that learned synthetic data cannot go live: train it from measured rows`,
      );
    const path = `${randomUUID()}.model`;
    const hash = sha256(model.bytes);
    await files.write(path, model.bytes, hash);
    const { target, meta, status, synthetic } = model;
    const row = await register.add(
      { target, meta, status, synthetic, createdAt: wall(), path, sha256: hash },
      note,
    );
    await tidy(target);
    return row;
  }

  /** The bytes of one version. Throws a ModelStoreError when they are missing or were changed, saying what to do. */
  async function load(row: ModelRow): Promise<Uint8Array> {
    const remedy = `say "train ${row.target}" to make a new one`;
    if (row.path === null)
      throw new ModelStoreError(`the file of ${row.id} was deleted as too old: ${remedy}`);
    const bytes = await files.read(row.path, row.sha256).catch((error: unknown) => {
      if (error instanceof ModelStoreError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ModelStoreError(`the file of ${row.id} cannot be read (${reason}): ${remedy}`, {
        cause: error,
      });
    });
    if (sha256(bytes) !== row.sha256)
      throw new ModelStoreError(`the file ${row.path} of ${row.id} is not what was stored: ${remedy}`);
    return bytes;
  }

  /** Deletes the files of versions beyond the newest ten. The register forgets them first: a crash leaves an orphan. */
  async function tidy(target: string): Promise<void> {
    const versions = (await register.list(target)).filter(({ path }) => path !== null);
    const old = versions.slice(KEPT_FILES).filter(({ status }) => status !== "live" && status !== "previous");
    await register.forgetFiles(old.map(({ id }) => id));
    for (const { path } of old) {
      if (path === null) continue;
      await files.remove(path).catch((error: unknown) => {
        // The new version is live already; a file too many harms nobody.
        complain(error instanceof Error ? error.message : String(error));
      });
    }
  }

  return {
    save,
    load,
    promote: register.promote,
    list: register.list,
    find: register.find,
    live: register.live,
  };
}

/** The SHA-256 of a file, in hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
