import { Migrator, sql } from "kysely";
import { expect, test } from "vitest";
import { openDatabase } from "./open.ts";
import { migrations } from "./migrations/migrations.ts";

test("models of the version before get numbers by age, and the live one stays live", async () => {
  const { db, close } = await openDatabase(":memory:", { wall: () => 0 });
  try {
    await back(db);
    const old = [
      ["a", "web-1", 10, 0],
      ["b", "web-1", 20, 0],
      ["c", "web-1", 30, 1],
      ["d", "db-1", 15, 1],
    ] as const;
    for (const [id, target, at, live] of old)
      await sql`insert into models (id, target, created_at, live, path, sha256, meta)
        values (${id}, ${target}, ${at}, ${live}, ${`${id}.model`}, 'hash', '{"minutes":720}')`.execute(db);
    const migrator = new Migrator({
      db,
      provider: { getMigrations: async () => ({ "0005-model-versions": last() }) },
      migrationTableName: "just_this_one",
      migrationLockTableName: "just_this_lock",
    });
    expect((await migrator.migrateToLatest()).error).toBeUndefined();
    const rows = await db
      .selectFrom("model_versions")
      .select(["id", "status", "path", "synthetic"])
      .orderBy("id")
      .execute();
    expect(rows).toEqual([
      { id: "db-1 v1", status: "live", path: "d.model", synthetic: 0 },
      { id: "web-1 v1", status: "retired", path: "a.model", synthetic: 0 },
      { id: "web-1 v2", status: "retired", path: "b.model", synthetic: 0 },
      { id: "web-1 v3", status: "live", path: "c.model", synthetic: 0 },
    ]);
  } finally {
    await close();
  }
});

test("no target has two live versions, whoever writes", async () => {
  const { db, close } = await openDatabase(":memory:", { wall: () => 0 });
  try {
    const row = (number: number, status: "live" | "retired") => ({
      ...{ id: `web-1 v${number}`, target: "web-1", number, status },
      ...{ synthetic: 0, created_at: 1, path: "x", sha256: "x", meta: "{}" },
    });
    await db.insertInto("model_versions").values(row(1, "live")).execute();
    await expect(db.insertInto("model_versions").values(row(2, "live")).execute()).rejects.toThrow(/UNIQUE/);
    await expect(db.insertInto("model_versions").values(row(1, "retired")).execute()).rejects.toThrow(
      /UNIQUE/,
    );
  } finally {
    await close();
  }
});

type Db = Awaited<ReturnType<typeof openDatabase>>["db"];

/** The table as it was: the schema of the migration before, without its rows. */
async function back(db: Db): Promise<void> {
  await db.schema.dropTable("model_versions").execute();
  await sql`create table models (id text primary key, target text not null, created_at bigint not null,
    live integer not null, path text not null, sha256 text not null, meta text not null)`.execute(db);
}

function last() {
  const migration = migrations("sqlite")["0005-model-versions"];
  if (migration === undefined) throw new Error("the migration is gone");
  return migration;
}
