import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigError } from "../errors.ts";
import { openKeptSqlite } from "./kept-sqlite.ts";
import { loadAuditKey } from "./audit-key.ts";
import { openDatabase, openDatabaseReadOnly } from "./open.ts";
import { readSetting, writeSetting } from "./settings.ts";

const wall = () => 1_700_000_000_000;
let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "store-"));
  file = path.join(directory, "store.db");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("opening the store", () => {
  it("creates every table and opens the same data again", async () => {
    const first = await openDatabase(file, { wall });
    await writeSetting(first.db, "replay", { position: 7 }, 1);
    await writeSetting(first.db, "replay", { position: 8 }, 2);
    await first.close();
    const second = await openDatabase(file, { wall });
    const tables = (await second.db.introspection.getTables()).map((table) => table.name).sort();
    expect(tables).toEqual(
      [
        "alert_deliveries alert_endings alerts audit broken_glass buttons cards changes charts counters decisions feedback fleet_changes fleet_members holds inbox",
        "incidents leases messages metric_beats metric_rows metric_sets metric_targets model_versions notices outside_silences",
        "plan_targets plans rule_autonomy settings steps switches target_generations threshold_proposals",
      ].flatMap((names) => names.split(" ")),
    );
    expect(await readSetting(second.db, "replay")).toEqual({ position: 8 });
    expect(await readSetting(second.db, "nothing")).toBeNull();
    await second.close();
  });

  it("numbers messages by itself and keeps pictures as bytes", async () => {
    const { db, close } = await openDatabase(":memory:", { wall });
    const message = {
      surface: "console",
      channel: "c",
      thread: null,
      person: "p",
      text: "hi",
      intent: "help",
      card_id: null,
      at: 1,
    };
    await db.insertInto("messages").values([message, message]).execute();
    expect(await db.selectFrom("messages").select("id").orderBy("id").execute()).toEqual([
      { id: 1 },
      { id: 2 },
    ]);
    await db
      .insertInto("charts")
      .values({ id: "a", png: Buffer.from([1, 2, 255]), created_at: 1 })
      .execute();
    const { png } = await db.selectFrom("charts").select("png").executeTakeFirstOrThrow();
    expect([...png]).toEqual([1, 2, 255]);
    await close();
  });

  it("syncs every commit, keeps a write-ahead log and begins transactions with the write lock", async () => {
    const { db, close } = await openDatabase(file, { wall });
    expect((await sql<{ synchronous: number }>`pragma synchronous`.execute(db)).rows).toEqual([
      { synchronous: 2 },
    ]);
    expect((await sql<{ journal_mode: string }>`pragma journal_mode`.execute(db)).rows).toEqual([
      { journal_mode: "wal" },
    ]);
    expect((await sql<{ foreign_keys: number }>`pragma foreign_keys`.execute(db)).rows).toEqual([
      { foreign_keys: 1 },
    ]);
    const rival = openKeptSqlite(file, { timeout: 0 });
    await db.transaction().execute(async () => {
      expect(() => rival.exec("begin immediate")).toThrow(/locked/);
    });
    rival.exec("begin immediate; rollback");
    rival.close();
    await close();
  });

  it("refuses a second writer, naming the first one's process, and lets it in when the first is gone", async () => {
    const first = await openDatabase(file, { wall });
    await expect(openDatabase(file, { wall })).rejects.toThrow(
      new RegExp(`in use by process ${process.pid} since 2023-11-14 22:13:20 UTC`),
    );
    await first.close();
    const second = await openDatabase(file, { wall });
    await second.close();
  });

  it("lets somebody look beside the writer, but not write", async () => {
    const writer = await openDatabase(file, { wall });
    await writeSetting(writer.db, "a", 1, 1);
    const reader = await openDatabaseReadOnly(file);
    expect(await readSetting(reader.db, "a")).toBe(1);
    await expect(writeSetting(reader.db, "a", 2, 2)).rejects.toThrow(/readonly/);
    await reader.close();
    await writer.close();
  });

  it("refuses a database with somebody else's tables", async () => {
    const foreign = openKeptSqlite(file, {});
    foreign.exec("create table customers (id integer)");
    foreign.close();
    await expect(openDatabase(file, { wall })).rejects.toThrow(/tables that are not ours \(customers\)/);
    // The refusal lets go of the lock.
    await expect(openDatabase(file, { wall })).rejects.toThrow(/not ours/);
  });

  it("refuses a schema of a newer version", async () => {
    const now = await openDatabase(file, { wall });
    await sql`insert into kysely_migration (name, timestamp) values ('0999-future', '2030')`.execute(now.db);
    await now.close();
    await expect(openDatabase(file, { wall })).rejects.toThrow(/newer version \(schema 0999-future\)/);
  });
});

describe("a store that cannot be used", () => {
  /** What a person reads, in one line; a stranger's error is shown by its name. */
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => "nothing was wrong",
      (error: unknown) =>
        error instanceof ConfigError ? error.problems.join(" | ") : `not a ConfigError: ${String(error)}`,
    );
  const both = async (name: string) => [
    await refusal(openDatabase(name, { wall })),
    await refusal(openDatabaseReadOnly(name)),
  ];

  it("is told apart: garbage, cut off, a folder", async () => {
    writeFileSync(file, "this is no database, whatever its name says".repeat(200));
    for (const words of await both(file)) expect(words).toMatch(/store\.db is not a database: move it away/);
    rmSync(file);
    await (await openDatabase(file, { wall })).close();
    truncateSync(file, 5000);
    for (const words of await both(file)) expect(words).toMatch(/store\.db is (damaged|not a database): /);
    for (const name of ["store.db-wal", "store.db-shm"]) rmSync(path.join(directory, name), { force: true });
    rmSync(file);
    mkdirSync(file);
    for (const words of await both(file))
      expect(words).toMatch(/store\.db cannot be (opened|read or written): it must be a file/);
  });

  it("lies where no folder can be, which names the variable", async () => {
    writeFileSync(file, "");
    for (const folder of [file, path.join(file, "deeper")])
      expect(await refusal(openDatabase(path.join(folder, "store.db"), { wall }))).toMatch(
        /cannot be the data folder \((it|a part of its path) is a file\): set SMARTCLOUDOPS_DATA_DIR/,
      );
  });

  it("is made with all the folders above it, for its owner only", async () => {
    const folder = path.join(directory, "a", "b");
    await (await openDatabase(path.join(folder, "store.db"), { wall })).close();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it.runIf(process.platform === "linux")(
    "lies where nothing can be made, which is found out at once",
    async () => {
      expect(await refusal(openDatabase("/proc/nothing/store.db", { wall }))).toMatch(
        /^\/proc\/nothing cannot be the data folder \(.+\): set SMARTCLOUDOPS_DATA_DIR/,
      );
    },
  );

  it("has a lock file that is none", async () => {
    writeFileSync(`${file}.lock`, "not ours".repeat(1000));
    expect(await refusal(openDatabase(file, { wall }))).toMatch(/store\.db\.lock is not a database/);
  });
});

describe("the store's key", () => {
  it("is made once, for the owner only, and read again", () => {
    const keyFile = path.join(directory, "audit.key");
    const key = loadAuditKey(keyFile, { create: true });
    expect(key).toHaveLength(32);
    expect(loadAuditKey(keyFile, { create: false })).toEqual(key);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  });

  it("is never replaced: a missing or damaged one is an error", () => {
    expect(() => loadAuditKey(path.join(directory, "none"), { create: false })).toThrow(/missing/);
    expect(() => loadAuditKey(file, { create: false })).toThrow(/missing/);
    const other = openKeptSqlite(file, {});
    other.exec("create table t (a)");
    other.close();
    expect(() => loadAuditKey(file, { create: true })).toThrow(/holds no key/);
  });
});
