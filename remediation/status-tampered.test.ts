import { sql } from "kysely";
import { expect, it } from "vitest";
import { coreWorld, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve, cancel, deny } from "./approve.ts";
import { execute } from "./execute.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";
import { recover } from "./recover.ts";

/** Whoever can write the database, but has not its key, may write any status: it must let nothing run. */

const mara = (world: World) => ({
  plan: "plan-1",
  person: personIn(world.ctx.policy, "mara"),
  surface: "slack",
});

async function proposed(runbook = "change-type"): Promise<World> {
  const world = await coreWorld();
  const params: Record<string, string> = runbook === "change-type" ? { type: "t3.small" } : {};
  const made = await propose({ runbook, params, target: "web-1", requester: "system" }, world.ctx);
  if (!made.ok) throw new Error(made.message);
  return world;
}

const write = (world: World, statement: string) => sql.raw(statement).execute(world.ctx.store.db);

async function comesTo(world: World, calls: number): Promise<void> {
  world.now += 61_000;
  await (
    await recover(world.ctx)
  ).ended;
  await execute("plan-1", world.ctx);
  expect(world.cloud.accepted).toHaveLength(calls);
  expect((await getPlan("plan-1", world.ctx))?.status).not.toBe("done");
  await world.close();
}

it("runs nothing that nobody approved", async () => {
  const world = await proposed();
  await write(world, "update plans set status = 'executing'");
  await comesTo(world, 0);
});

it("runs nothing that was denied", async () => {
  const world = await proposed();
  await deny(mara(world), world.ctx);
  await write(world, "update plans set status = 'executing'");
  await comesTo(world, 0);
});

it("runs nothing that was approved and then cancelled", async () => {
  const world = await proposed();
  await approve(mara(world), world.ctx);
  await cancel(mara(world), world.ctx);
  await write(world, "update plans set status = 'approved'");
  await comesTo(world, 0);
});

it("runs nothing whose time is over because a step looks begun", async () => {
  const world = await proposed();
  world.now += 86_400_000;
  await write(world, "update plans set status = 'executing'");
  await write(world, "update steps set intent_at = 1 where n = 5");
  await comesTo(world, 0);
});

it("runs nothing twice", async () => {
  const world = await proposed("reboot");
  await approve(mara(world), world.ctx);
  await execute("plan-1", world.ctx);
  expect(world.cloud.accepted).toHaveLength(1);
  await write(world, "update plans set status = 'approved', done_at = null");
  await write(world, "update steps set state = 'ready', intent_at = null, called_at = null, fence = 0");
  await comesTo(world, 1);
});

it("is not done because its steps say so", async () => {
  const world = await proposed("restart-service");
  await approve(mara(world), world.ctx);
  await write(world, "update steps set state = 'done', finished_at = 1");
  await execute("plan-1", world.ctx);
  expect((await getPlan("plan-1", world.ctx))?.notes.join()).toContain("its sealed journal does not");
  await comesTo(world, 0);
});

it("is not done because a call that was never made looks made, and the world looks as if it had been", async () => {
  const world = await proposed("reboot");
  await approve(mara(world), world.ctx);
  await write(world, "update steps set state = 'called', intent_at = 1, called_at = 1");
  await comesTo(world, 0);
});

it("calls what was approved, though its row was another while it was read", async () => {
  const world = await proposed("restart-service");
  await approve(mara(world), world.ctx);
  const { managed } = world.cloud;
  const params = JSON.stringify({ Service: "app" });
  let reads = 0;
  world.ctx.store = {
    ...world.ctx.store,
    transaction: async (work) => {
      const result = await world.ctx.store.db.transaction().execute(work);
      reads += 1;
      // After the claim, before the steps are read.
      if (reads === 1) await write(world, `update steps set params = '{"Service":"sshd"}'`);
      return result;
    },
  };
  world.ctx.cloud = {
    ...world.cloud,
    managed: async (instanceId) => {
      await write(world, `update steps set params = '${params}'`);
      return managed(instanceId);
    },
  };
  await execute("plan-1", world.ctx);
  expect(world.cloud.accepted).toEqual([]);
  expect((await getPlan("plan-1", world.ctx))?.notes.join()).toContain("not what was approved");
  await world.close();
});
