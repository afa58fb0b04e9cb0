import { describe, expect, it } from "vitest";
import { isPostgres, takeFenceAway } from "../fixtures/fakes/audit-fence.ts";
import { coreWorld, type World } from "../fixtures/fakes/core.ts";
import {
  allAudit,
  appendAudit,
  type AuditEntry,
  auditHead,
  listAudit,
  verifyAudit,
  verifyExport,
} from "./audit.ts";
import { createStore } from "./store.ts";

async function chain(length: number): Promise<World> {
  const world = await coreWorld();
  for (let n = 1; n <= length; n += 1) {
    const note = { actor: "mara", verb: "approve", subject: `plan-${n % 3}`, detail: { n } };
    await world.ctx.store.transaction((trx) => appendAudit(trx, note, world.ctx));
    world.now += 1000;
  }
  return world;
}

describe("the audit", () => {
  it("is found whole as long as nobody touches it, also when nothing was written", async () => {
    const world = await chain(12);
    const head = await auditHead(world.ctx.store);
    expect(head?.seq).toBe(12);
    expect(await verifyAudit(world.ctx.store)).toEqual({ ok: true, entries: 12, head });
    const empty = await coreWorld();
    expect(await verifyAudit(empty.ctx.store)).toMatchObject({ ok: true, entries: 0 });
    expect(await auditHead(empty.ctx.store)).toBeNull();
    await empty.close();
    await world.close();
  });

  const tamperings: [string, number, (world: World) => Promise<unknown>][] = [
    ...(["actor", "verb", "subject", "detail", "prev_hash", "hash"] as const).map(
      (column): [string, number, (world: World) => Promise<unknown>] => [
        `an edited ${column}`,
        5,
        ({ ctx }) =>
          ctx.store.db
            .updateTable("audit")
            .set({ [column]: '{"n":0}' })
            .where("seq", "=", 5)
            .execute(),
      ],
    ),
    [
      "a moved time",
      5,
      ({ ctx }) => ctx.store.db.updateTable("audit").set({ at: 1 }).where("seq", "=", 5).execute(),
    ],
    ["a deleted entry", 5, ({ ctx }) => ctx.store.db.deleteFrom("audit").where("seq", "=", 5).execute()],
    [
      "a deleted first entry",
      1,
      ({ ctx }) => ctx.store.db.deleteFrom("audit").where("seq", "=", 1).execute(),
    ],
    ["a cut tail", 11, ({ ctx }) => ctx.store.db.deleteFrom("audit").where("seq", ">", 10).execute()],
    [
      "two swapped entries",
      5,
      async ({ ctx }) => {
        for (const [from, to] of [
          [5, 99],
          [6, 5],
          [99, 6],
        ] as const) {
          await ctx.store.db.updateTable("audit").set({ seq: to }).where("seq", "=", from).execute();
        }
      },
    ],
    [
      "an added entry",
      13,
      ({ ctx }) =>
        ctx.store.db
          .insertInto("audit")
          .values({
            seq: 13,
            at: 1,
            metric_at: 1,
            actor: "x",
            verb: "x",
            subject: "x",
            detail: "{}",
            prev_hash: "x",
            hash: "x",
          })
          .execute(),
    ],
  ];
  for (const [name, seq, tamper] of tamperings) {
    it(`names the first broken row after ${name}`, async () => {
      const world = await chain(12);
      await takeFenceAway(world.ctx.store.db);
      await tamper(world);
      expect(await verifyAudit(world.ctx.store)).toMatchObject({ ok: false, seq });
      await world.close();
    });
  }

  it("cannot be written again without the key", async () => {
    const world = await chain(3);
    expect(await verifyAudit(createStore(world.ctx.store.db, Buffer.alloc(32, 9)))).toMatchObject({
      ok: false,
      seq: 1,
    });
    expect(() => createStore(world.ctx.store.db, Buffer.alloc(8))).toThrow(/at least 32/);
    await world.close();
  });

  it("keeps no entry of a change that was rolled back", async () => {
    const world = await chain(2);
    const failed = world.ctx.store.transaction(async (trx) => {
      await appendAudit(trx, { actor: "a", verb: "v", subject: "s" }, world.ctx);
      throw new Error("the change failed");
    });
    await expect(failed).rejects.toThrow("the change failed");
    expect(await verifyAudit(world.ctx.store)).toMatchObject({ ok: true, entries: 2 });
    await world.close();
  });

  it("is read newest first, by subject and since a time", async () => {
    const world = await chain(12);
    const of = async (wanted: Parameters<typeof listAudit>[0]) =>
      (await listAudit(wanted, world.ctx)).map((entry) => entry.seq);
    expect(await of({ subject: "plan-1", limit: 3 })).toEqual([10, 7, 4]);
    expect(await of({ since: world.now - 2000, limit: 10 })).toEqual([12, 11]);
    await world.close();
  });

  it("is fenced by the database: an entry can be added, never changed, replaced or taken out", async () => {
    const world = await chain(3);
    const { db } = world.ctx.store;
    const fence = "the audit is append-only";
    await expect(db.updateTable("audit").set({ actor: "eve" }).execute()).rejects.toThrow(fence);
    await expect(db.deleteFrom("audit").where("seq", "=", 3).execute()).rejects.toThrow(fence);
    const [row] = await db.selectFrom("audit").selectAll().where("seq", "=", 2).execute();
    const forged = { ...row!, actor: "eve" };
    const upsert = db.insertInto("audit").values(forged);
    await expect(
      upsert.onConflict((conflict) => conflict.column("seq").doUpdateSet({ actor: "eve" })).execute(),
    ).rejects.toThrow(fence);
    // "insert or replace" is SQLite's own, and deletes the old row without asking a trigger on deleting.
    if (!isPostgres(db))
      await expect(db.replaceInto("audit").values(forged).execute()).rejects.toThrow(fence);
    expect(await verifyAudit(world.ctx.store)).toMatchObject({ ok: true, entries: 3 });
    await world.close();
  });

  it("finds a tail cut off together with its counter by a head that was noted elsewhere", async () => {
    const world = await chain(12);
    const { store } = world.ctx;
    const head = (await auditHead(store))!;
    await takeFenceAway(store.db);
    await store.db.deleteFrom("audit").where("seq", ">", 10).execute();
    await store.db.updateTable("counters").set({ value: 10 }).where("name", "=", "audit").execute();
    expect(await verifyAudit(store)).toMatchObject({ ok: true, entries: 10 });
    expect(await verifyAudit(store, [head])).toMatchObject({ ok: false, seq: 11 });
    await world.close();
  });

  it("is exported so that whoever has the key can check it without the database", async () => {
    const world = await chain(4);
    const lines: string[] = [];
    for await (const entry of allAudit(world.ctx.store)) lines.push(JSON.stringify(entry));
    const check = (read: string[], key = world.ctx.store.key) =>
      verifyExport(
        (async function* () {
          for (const line of read) yield JSON.parse(line) as AuditEntry;
        })(),
        key,
      );
    expect(await check(lines)).toMatchObject({ ok: true, entries: 4 });
    expect(await check(lines.with(2, lines[2]!.replace("mara", "eve")))).toMatchObject({ ok: false, seq: 3 });
    expect(await check(lines.toSpliced(1, 1))).toMatchObject({ ok: false, seq: 2 });
    expect(await check(lines, Buffer.alloc(32, 9))).toMatchObject({ ok: false, seq: 1 });
    await world.close();
  });

  it("holds no secret that somebody typed as a reason", async () => {
    const world = await coreWorld();
    const store = createStore(
      world.ctx.store.db,
      world.ctx.store.key,
      <Data>(data: Data) =>
        JSON.parse(JSON.stringify(data).replaceAll("canary-of-the-config", "[redacted]")) as Data,
    );
    const note = {
      actor: "mara",
      verb: "deny",
      subject: "plan-1",
      detail: { reason: "it is canary-of-the-config", n: 1 },
    };
    await store.transaction((trx) => appendAudit(trx, note, { ...world.ctx, store }));
    expect(await listAudit({ limit: 1 }, { store })).toMatchObject([
      { detail: { reason: "it is [redacted]", n: 1 } },
    ]);
    expect(await verifyAudit(store)).toMatchObject({ ok: true, entries: 1 });
    await world.close();
  });

  it("still answers when somebody wrote into a detail what nobody can read", async () => {
    const world = await chain(2);
    await takeFenceAway(world.ctx.store.db);
    await world.ctx.store.db.updateTable("audit").set({ detail: "{oops" }).where("seq", "=", 2).execute();
    expect((await listAudit({ limit: 1 }, world.ctx))[0]?.detail).toEqual({ unreadable: "{oops" });
    await world.close();
  });
});
