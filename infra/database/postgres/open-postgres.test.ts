import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres, testPostgres, type TestPostgres } from "../../../fixtures/fakes/postgres-server.ts";
import { ConfigError } from "../../errors.ts";
import { migrations } from "../migrations/migrations.ts";
import { readSetting, type SettingsTable, writeSetting } from "../settings.ts";
import { TakenOver } from "./dialect.ts";
import { clockAhead, openPostgres, openPostgresReadOnly } from "./open-postgres.ts";
import { createPool, mostConnections } from "./pool.ts";

const wall = () => 1_700_000_000_000;
/** Writes in a transaction what `value` makes of what stands there. */
const change = (db: Kysely<{ settings: SettingsTable }>, value: (before: unknown) => unknown) =>
  db.transaction().execute(async (trx) => writeSetting(trx, "a", value(await readSetting(trx, "a")), 1));

const options = { wall, holder: "process 17 on web-9" };

describe.runIf(hasPostgres())("a PostgreSQL database", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await testPostgres();
  });
  afterAll(() => server.stop());

  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => "nothing was wrong",
      (error: unknown) =>
        error instanceof ConfigError ? error.problems.join(" | ") : `not a ConfigError: ${String(error)}`,
    );

  it("gets the schema by the same migrations and keeps what was written", async () => {
    const url = await server.createDatabase({ empty: true });
    const first = await openPostgres(url, options);
    await writeSetting(first.db, "replay", { position: 7 }, 1);
    await writeSetting(first.db, "replay", { position: 8 }, wall());
    await first.close();
    const second = await openPostgres(url, options);
    expect(await readSetting(second.db, "replay")).toEqual({ position: 8 });
    const row = await second.db.selectFrom("settings").selectAll().executeTakeFirstOrThrow();
    expect(row.updated_at).toBe(wall());
    const applied = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(
      second.db,
    );
    expect(applied.rows.map(({ name }) => name)).toEqual(Object.keys(migrations("postgres")));
    await second.close();
  });

  it("syncs every commit, whatever the role's default is, and begins transactions with the writers' lock", async () => {
    const url = await server.createDatabase();
    await server.run(`alter database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`);
    const { db, close } = await openPostgres(url, options);
    const { rows } = await sql<{ synchronous_commit: string }>`show synchronous_commit`.execute(db);
    expect(rows).toEqual([{ synchronous_commit: "on" }]);
    const order: string[] = [];
    let release = () => undefined as void;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const first = db.transaction().execute(async () => {
      order.push("first in");
      await gate;
      order.push("first out");
    });
    await expect.poll(() => order).toEqual(["first in"]);
    const second = db.transaction().execute(async () => void order.push("second in"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    release();
    await Promise.all([first, second]);
    expect(order).toEqual(["first in", "first out", "second in"]);
    await close();
  });

  it("lets a transaction see everything that was committed while it waited for its turn", async () => {
    const { db, close } = await openPostgres(await server.createDatabase(), options);
    await writeSetting(db, "a", 0, 1);
    await Promise.all(Array.from({ length: 64 }, () => change(db, (before) => Number(before) + 1)));
    expect(await readSetting(db, "a")).toBe(64);
    await close();
  });

  it("keeps text with a NUL, which it could not hold, and bytes and bigints as they are", async () => {
    const { db, close } = await openPostgres(await server.createDatabase(), options);
    const message = {
      surface: "slack",
      channel: "c\u0000d",
      thread: null,
      person: "p",
      intent: "help",
      card_id: null,
    };
    await db
      .insertInto("messages")
      .values([{ ...message, text: "a\u0000b 'quoted'", at: 2 ** 52 }])
      .execute();
    expect(await db.selectFrom("messages").select(["id", "text", "channel", "at"]).execute()).toEqual([
      { id: 1, text: "a\uFFFDb 'quoted'", channel: "c\uFFFDd", at: 2 ** 52 },
    ]);
    await db
      .insertInto("charts")
      .values({ id: "a", png: Buffer.from([0, 2, 255]), created_at: 1 })
      .execute();
    const { png } = await db.selectFrom("charts").select("png").executeTakeFirstOrThrow();
    expect([...png]).toEqual([0, 2, 255]);
    await close();
  });

  it("refuses a second process, naming the first one, and lets it in when the first is gone", async () => {
    const url = await server.createDatabase();
    const first = await openPostgres(url, options);
    expect(await refusal(openPostgres(url, options))).toMatch(
      /^postgres:\/\/postgres@127.0.0.1:\d+\/test_\d+ is in use by process 17 on web-9 since 2023-11-14 22:13:20 UTC: one process/,
    );
    await first.close();
    const second = await openPostgres(url, options);
    await second.close();
  });

  it("lets somebody look beside the writer, but not write", async () => {
    const url = await server.createDatabase();
    const writer = await openPostgres(url, options);
    await writeSetting(writer.db, "a", 1, 1);
    const reader = await openPostgresReadOnly(url);
    if (reader === null) throw new Error("it is not empty");
    expect(await readSetting(reader.db, "a")).toBe(1);
    await expect(writeSetting(reader.db, "a", 2, 2)).rejects.toThrow(/read-only/);
    await reader.close();
    await writer.close();
  });

  it("takes no write of a process whose lock was lost to another one, and tells it", async () => {
    const url = await server.createDatabase();
    let lost = false;
    const slow = await openPostgres(url, { ...options, onLost: () => (lost = true) });
    await change(slow.db, () => "in time");
    // Somebody else became the owner while this one's connections were broken.
    await server.run("update leases set fence = fence + 1, holder = 'the next' where name = 'database'", url);
    await expect(change(slow.db, () => "late")).rejects.toThrow(TakenOver);
    expect(await readSetting(slow.db, "a")).toBe("in time");
    const name = new URL(url).pathname.slice(1);
    await server.run(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    await expect.poll(() => lost, { timeout: 5_000 }).toBe(true);
    await slow.close();
  });

  it("goes on after a crash of the server, and holds its lock again", async () => {
    const url = await server.createDatabase();
    const errors: Error[] = [];
    const { db, close } = await openPostgres(url, { ...options, onError: (error) => errors.push(error) });
    await change(db, () => 1);
    await server.crash();
    await expect(writeSetting(db, "a", 2, 2)).rejects.toThrow();
    await server.start();
    await change(db, () => 3);
    expect(await readSetting(db, "a")).toBe(3);
    await expect.poll(() => refusal(openPostgres(url, options)), { timeout: 5_000 }).toMatch(/is in use/);
    await close();
  });

  it("loses no connection of its pool to one that breaks at its beginning", async () => {
    const pool = createPool(server.url, { session: "select 1 / 0", onError: () => undefined });
    for (let n = 0; n < mostConnections + 2; n += 1)
      await expect(pool.connect()).rejects.toThrow(/division by zero/);
    expect(pool.totalCount).toBe(0);
    await pool.end();
  });

  it("is refused with tables of somebody else or of a newer version", async () => {
    const url = await server.createDatabase({ empty: true });
    await server.run(
      "create schema other; create table other.kysely_migration (name text, timestamp text); create table customers (id int)",
      url,
    );
    expect(await refusal(openPostgres(url, options))).toMatch(/holds tables that are not ours \(customers\)/);
    expect(await refusal(openPostgres(url, options))).toMatch(/not ours/);
    await server.run("drop table customers", url);
    const { close } = await openPostgres(url, options);
    await close();
    await server.run("insert into kysely_migration (name, timestamp) values ('0999-future', '2030')", url);
    expect(await refusal(openPostgres(url, options))).toMatch(/newer version \(schema 0999-future\)/);
    expect(await refusal(openPostgresReadOnly(url))).toMatch(/newer version/);
  });

  it("is nothing to look at while it is empty, and refused for reading with an older schema", async () => {
    const url = await server.createDatabase({ empty: true });
    expect(await openPostgresReadOnly(url)).toBeNull();
    const { close } = await openPostgres(url, options);
    await close();
    await server.run("delete from kysely_migration where name = '0008-autonomy'", url);
    expect(await refusal(openPostgresReadOnly(url))).toMatch(/older schema; start the bot once/);
  });

  it("that cannot be used is refused with what to do, and never with the password", async () => {
    const url = new URL(server.url);
    const changed = (change: (target: URL) => void) => {
      const target = new URL(url);
      change(target);
      return target.href;
    };
    const cases: [string, RegExp][] = [
      [changed((target) => (target.password = "hunter2")), /refuses the password: put it right/],
      [changed((target) => (target.pathname = "/nothing")), /has no such database: make it with "createdb"/],
      [changed((target) => (target.port = "1")), /does not listen: start it/],
      [changed((target) => (target.hostname = "nobody.invalid")), /host name that/],
    ];
    for (const [wrong, words] of cases) {
      for (const open of [() => openPostgres(wrong, options), () => openPostgresReadOnly(wrong)]) {
        const said = await refusal(open());
        expect(said).toMatch(words);
        expect(said).not.toMatch(/hunter2|p@ss|p%40ss/);
      }
    }
  });

  it("says how far its clock is from ours", async () => {
    const { db, close } = await openPostgres(await server.createDatabase(), options);
    expect(Math.abs(await clockAhead(db, Date.now))).toBeLessThan(1_000);
    expect(await clockAhead(db, () => Date.now() - 60_000)).toBeGreaterThan(59_000);
    await close();
  });
});
