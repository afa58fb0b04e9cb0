import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { conclude } from "./conclude.ts";
import { execute } from "./execute.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";

let world: World;
beforeEach(async () => {
  world = await coreWorld();
});
afterEach(async () => {
  await world.close();
});

const mara = () => personIn(world.ctx.policy, "mara");
const decide = () => approve({ plan: "plan-1", person: mara(), surface: "slack" }, world.ctx);
const verbs = async () =>
  (await listAudit({ subject: "plan-1", limit: 20 }, world.ctx)).map(({ verb }) => verb);

async function proposed(): Promise<void> {
  const answer = await propose(
    { runbook: "restart-service", target: "web-1", requester: "system" },
    world.ctx,
  );
  if (!answer.ok) throw new Error(answer.message);
}

/** In the middle of a transaction something else becomes true: the database itself sees to it. */
const meanwhile = (when: string, then: string) =>
  sql.raw(`create trigger meanwhile after ${when} begin ${then}; end`).execute(world.ctx.store.db);
const newerGeneration = "update target_generations set generation = generation + 1";

describe("a refusal after something was written takes it back", () => {
  it("of a claim: no lease stays, and the next one begins with the first fence", async () => {
    await proposed();
    await decide();
    await sql.raw(newerGeneration).execute(world.ctx.store.db);
    expect(await execute("plan-1", world.ctx)).toMatchObject({ ok: false, reason: "stale" });
    expect(await world.ctx.store.db.selectFrom("leases").selectAll().execute()).toEqual([]);
    expect((await getPlan("plan-1", world.ctx))?.status).toBe("approved");
  });

  it("of an approval: no decision stays, and the audit has the refusal", async () => {
    await proposed();
    await meanwhile("insert on decisions", newerGeneration);
    expect(await decide()).toMatchObject({ ok: false, reason: "stale" });
    expect(await getPlan("plan-1", world.ctx)).toMatchObject({ status: "proposed", decisions: [] });
    expect(await verbs()).toEqual(["refused approve", "propose"]);
  });

  it("of a person's word: the steps still wait, and the audit has the refusal", async () => {
    await proposed();
    await decide();
    world.cloud.mishaps.push("timeout before accept");
    await execute("plan-1", world.ctx);
    expect(await getPlan("plan-1", world.ctx)).toMatchObject({ status: "needs_human" });
    await meanwhile("update on steps", "update plans set status = 'failed'");
    const told = await conclude({ plan: "plan-1", outcome: "happened", person: mara() }, world.ctx);
    expect(told).toMatchObject({ ok: false, reason: "stale" });
    const plan = await getPlan("plan-1", world.ctx);
    expect(plan).toMatchObject({ status: "needs_human", steps: [{ state: "needs_human" }] });
    expect((await verbs())[0]).toBe("refused conclude");
  });
});
