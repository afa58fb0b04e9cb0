import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { coreWorld, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { verifyAudit } from "./audit.ts";
import { execute } from "./execute.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";
import { resumeStranded } from "./recover.ts";

async function approved(world: World): Promise<void> {
  await propose({ runbook: "restart-service", target: "web-1", requester: "system" }, world.ctx);
  const decided = await approve(
    { plan: "plan-1", person: personIn(world.ctx.policy, "mara"), surface: "x" },
    world.ctx,
  );
  if (!decided.ok) throw new Error(decided.message);
}

/** SQLite itself refuses to grow beyond so many pages, with the same error as on a full disk. */
const limit = (world: World, pages: number) =>
  sql.raw(`pragma max_page_count = ${pages}`).execute(world.ctx.store.db);

/** Every audit entry is made to need pages of its own, so that each commit of a run may be the one that fails. */
async function fattenAudit(world: World): Promise<void> {
  await sql`create trigger fat after insert on audit begin
    insert into inbox (key, body, received_at) values (hex(randomblob(16)), hex(zeroblob(2500)), 0); end`.execute(
    world.ctx.store.db,
  );
}

it("acts on nothing that the disk has no room to note, and goes on when there is room again", async () => {
  const directory = mkdtempSync(join(tmpdir(), "full-"));
  const seen = { refused: 0, noted: 0 };
  for (let room = 0; room < 16; room += 1) {
    const world = await coreWorld({ file: join(directory, `${room}.db`) });
    await approved(world);
    await fattenAudit(world);
    const { rows } = await sql<{
      pages: number;
    }>`select page_count as pages from pragma_page_count()`.execute(world.ctx.store.db);
    await limit(world, (rows[0]?.pages ?? 0) + room);
    const failed = await execute("plan-1", world.ctx).then(
      () => null,
      (error: Error) => error.message,
    );
    if (failed !== null) expect(failed).toMatch(/database or disk is full/);
    const [step] = (await getPlan("plan-1", world.ctx))?.steps ?? [];
    // No call without an intent that is on the disk.
    if (world.cloud.accepted.length > 0) expect([room, step?.state]).not.toEqual([room, "ready"]);
    else seen.refused += 1;
    if (failed !== null && world.cloud.accepted.length > 0) seen.noted += 1;

    await limit(world, 1_073_741_823);
    world.now += 61_000;
    await (
      await resumeStranded(world.ctx)
    ).ended;
    expect([room, (await getPlan("plan-1", world.ctx))?.status]).toEqual([room, "done"]);
    expect(world.cloud.accepted).toHaveLength(1);
    expect(await verifyAudit(world.ctx.store)).toMatchObject({ ok: true });
    await world.close();
  }
  // The disk was full before the call and after it.
  expect(seen.refused).toBeGreaterThan(0);
  expect(seen.noted).toBeGreaterThan(0);
  rmSync(directory, { recursive: true, force: true });
});
