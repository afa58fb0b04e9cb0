import { describe, expect, it } from "vitest";
import { addTarget, coreWorld, personIn, teamPolicy, webTarget, type World } from "../fixtures/fakes/core.ts";
import { countedStore } from "../fixtures/fakes/counted-store.ts";
import { worldsStandOnPostgres } from "../fixtures/fakes/core-on-postgres.ts";
import { hasPostgres } from "../fixtures/fakes/postgres-server.ts";
import { approve } from "./approve.ts";
import { verifyAudit } from "./audit.ts";
import { execute } from "./execute.ts";
import { listPlans } from "./plans.ts";
import { propose } from "./propose.ts";
import { recover } from "./recover.ts";

const many = 200;

/** Executes a plan on each of many targets until its call was made, and then the process is gone. */
async function stranded(): Promise<World> {
  const limits =
    "{disruptions_per_service: 1000, disruptions_per_10m: 10000, disruptions_per_hour: 10000, proposals_per_10m: 10000}";
  const world = await coreWorld({ policy: teamPolicy(limits) });
  const person = personIn(world.ctx.policy, "mara");
  const { transaction } = world.ctx.store;
  for (let n = 1; n <= many; n += 1) {
    addTarget(world, webTarget(`many-${n}`, { tags: { service: `app-${n}` } }));
    const proposed = await propose(
      { runbook: "restart-service", target: `many-${n}`, requester: "system" },
      world.ctx,
    );
    if (!proposed.ok) throw new Error(proposed.message);
    const decided = await approve({ plan: proposed.plan.id, person, surface: "x" }, world.ctx);
    if (!decided.ok) throw new Error(decided.message);
    let left = 3;
    const mortal = {
      ...world.ctx.store,
      transaction: (async (work) => {
        left -= 1;
        if (left === 0) throw new Error("gone");
        return transaction(work);
      }) as typeof transaction,
    };
    await expect(execute(proposed.plan.id, { ...world.ctx, store: mortal })).rejects.toThrow("gone");
  }
  return world;
}

function finds(): void {
  it("finds out what became of many open steps by a few statements each", async () => {
    const world = await stranded();
    expect(world.cloud.accepted).toHaveLength(many);
    world.now += 5_000;
    const { store, count } = countedStore(world.ctx.store);
    const { ended } = await recover({ ...world.ctx, store, holder: "the next" });
    expect(await ended).toHaveLength(many);
    // Twenty each; one that looked at all the others again would need hundreds.
    expect(count() / many).toBeLessThan(25);
    const plans = await listPlans({ limit: many }, world.ctx);
    expect(new Set(plans.map(({ status }) => status))).toEqual(new Set(["done"]));
    expect(world.cloud.accepted).toHaveLength(many);
    expect(await verifyAudit(world.ctx.store)).toMatchObject({ ok: true });
    await world.close();
  }, 120_000);
}

describe("a start on SQLite", finds);
describe.runIf(hasPostgres())("a start on PostgreSQL", () => {
  worldsStandOnPostgres();
  finds();
});
