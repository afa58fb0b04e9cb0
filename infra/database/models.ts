import type { Kysely, Transaction } from "kysely";
import type { AuditNote } from "../../remediation/audit.ts";

/**
 * One version of a target's model. Its bytes lie in the file `path` (null once that was deleted), `sha256` proves that
 * they are whole. At most one version of a target is live, and none that learned synthetic data.
 */
export type ModelVersionsTable = {
  id: string;
  target: string;
  number: number;
  status: ModelStatus;
  synthetic: number;
  created_at: number;
  path: string | null;
  sha256: string;
  meta: string;
};

/** `previous` was live before the live one; `refused` did not pass its gates and never was live. */
export type ModelStatus = "live" | "previous" | "refused" | "retired";

export type ModelRow = {
  /** `web-1 v7` */
  id: string;
  target: string;
  number: number;
  status: ModelStatus;
  live: boolean;
  synthetic: boolean;
  createdAt: number;
  path: string | null;
  sha256: string;
  meta: unknown;
};

/** Who did it and what else belongs into the record. */
export type ModelNote = { actor: string; detail: Record<string, unknown> };

type NewModel = Pick<ModelRow, "target" | "synthetic" | "createdAt" | "sha256" | "meta"> & {
  path: string;
  status: "live" | "refused";
};

type Tables = { model_versions: ModelVersionsTable };
type Trx = Transaction<Tables>;

export type ModelRegister = ReturnType<typeof createModelRegister>;

/**
 * The register of models. `audit` writes into the transaction of the change it tells of, so that no model goes live or
 * is refused without an entry.
 */
export function createModelRegister<All extends Tables>({
  db: whole,
  audit,
}: {
  db: Kysely<All>;
  audit: (trx: Transaction<All>, note: AuditNote) => Promise<void>;
}) {
  // Kysely's type parameter is invariant; the tables of this file are a part of all there are.
  const db = whole as unknown as Kysely<Tables>;
  const write = (trx: Trx, verb: string, { id }: { id: string }, note: ModelNote) =>
    audit(trx as unknown as Transaction<All>, {
      actor: note.actor,
      verb,
      subject: targetOf(id),
      detail: { model: id, ...note.detail },
    });

  /** Registers a version under the target's next number; a live one takes the place of the one before. */
  async function add(model: NewModel, note: ModelNote): Promise<ModelRow> {
    return db.transaction().execute(async (trx) => {
      const number = (await highestNumber(trx, model.target)) + 1;
      const id = `${model.target} v${number}`;
      if (model.status === "live") await stepBack(trx, model.target);
      const row: ModelVersionsTable = {
        id,
        target: model.target,
        number,
        status: model.status,
        synthetic: model.synthetic ? 1 : 0,
        created_at: model.createdAt,
        path: model.path,
        sha256: model.sha256,
        meta: JSON.stringify(model.meta),
      };
      await trx.insertInto("model_versions").values(row).execute();
      await write(trx, model.status === "live" ? "promote model" : "refuse model", { id }, note);
      return toRow(row);
    });
  }

  /** Makes an earlier version live again. False: it is live already, was refused, is synthetic, or has no file any more. */
  async function promote(id: string, note: ModelNote): Promise<boolean> {
    return db.transaction().execute(async (trx) => {
      const row = await trx
        .selectFrom("model_versions")
        .selectAll()
        .where("id", "=", id)
        .where("status", "in", ["previous", "retired"])
        .where("synthetic", "=", 0)
        .where("path", "is not", null)
        .executeTakeFirst();
      if (row === undefined) return false;
      await stepBack(trx, row.target);
      await trx.updateTable("model_versions").set({ status: "live" }).where("id", "=", id).execute();
      await write(trx, "roll back model", { id }, note);
      return true;
    });
  }

  /** All versions, or those of one target, newest first. */
  async function list(target?: string): Promise<ModelRow[]> {
    const all = db.selectFrom("model_versions").selectAll().orderBy("target").orderBy("number", "desc");
    const rows = await (target === undefined ? all : all.where("target", "=", target)).execute();
    return rows.map(toRow);
  }

  async function find(id: string): Promise<ModelRow | null> {
    const row = await db.selectFrom("model_versions").selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? null : toRow(row);
  }

  /** The live versions of all targets. */
  async function live(): Promise<ModelRow[]> {
    const rows = await db
      .selectFrom("model_versions")
      .selectAll()
      .where("status", "=", "live")
      .orderBy("target")
      .execute();
    return rows.map(toRow);
  }

  /** These versions' files are about to be deleted: they cannot go live again. A live one is never forgotten. */
  async function forgetFiles(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await db
      .updateTable("model_versions")
      .set({ path: null })
      .where("id", "in", ids)
      .where("status", "!=", "live")
      .execute();
  }

  return { add, promote, list, find, live, forgetFiles };
}

/** `web-1` of `web-1 v7`. */
function targetOf(id: string): string {
  return id.slice(0, id.lastIndexOf(" v"));
}

async function highestNumber(trx: Trx, target: string): Promise<number> {
  const { highest } = await trx
    .selectFrom("model_versions")
    .select((expression) => expression.fn.max("number").as("highest"))
    .where("target", "=", target)
    .executeTakeFirstOrThrow();
  // The largest of no rows is null.
  return Number((highest as number | null) ?? 0);
}

/** The live version becomes the previous one, the previous one is retired. */
async function stepBack(trx: Trx, target: string): Promise<void> {
  const set = (to: ModelStatus, from: ModelStatus) =>
    trx
      .updateTable("model_versions")
      .set({ status: to })
      .where("target", "=", target)
      .where("status", "=", from)
      .execute();
  await set("retired", "previous");
  await set("previous", "live");
}

function toRow(row: ModelVersionsTable): ModelRow {
  return {
    id: row.id,
    target: row.target,
    number: Number(row.number),
    status: row.status,
    live: row.status === "live",
    synthetic: Number(row.synthetic) === 1,
    createdAt: Number(row.created_at),
    path: row.path,
    sha256: row.sha256,
    meta: JSON.parse(row.meta) as unknown,
  };
}
