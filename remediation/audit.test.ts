import { describe, expect, it } from "vitest";
import { coreWorld, type World } from "../fixtures/fakes/core.ts";
import { appendAudit, listAudit, verifyAudit } from "./audit.ts";
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
    expect(await verifyAudit(world.ctx.store)).toEqual({ ok: true, entries: 12 });
    expect(await verifyAudit((await coreWorld()).ctx.store)).toEqual({ ok: true, entries: 0 });
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
    expect(await verifyAudit(world.ctx.store)).toEqual({ ok: true, entries: 2 });
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
});
