import { expect, it } from "vitest";
import { coreWorld, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { verifyAudit } from "./audit.ts";
import { execute } from "./execute.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";
import { resumeStranded } from "./recover.ts";

async function approved(runbook = "restart-service"): Promise<World> {
  const world = await coreWorld();
  await propose({ runbook, target: "web-1", requester: "system" }, world.ctx);
  const person = personIn(world.ctx.policy, "mara");
  const decided = await approve({ plan: "plan-1", person, surface: "x" }, world.ctx);
  if (!decided.ok) throw new Error(decided.message);
  return world;
}

/** The store refuses one transaction, the n-th from now. */
function failOnce(world: World, nth: number): void {
  const { transaction } = world.ctx.store;
  let left = nth;
  world.ctx.store = {
    ...world.ctx.store,
    transaction: async (work) => {
      left -= 1;
      if (left === 0) throw new Error("database is locked");
      return transaction(work);
    },
  };
}

const status = async (world: World) => (await getPlan("plan-1", world.ctx))?.status;
const beat = async (world: World) => (await resumeStranded(world.ctx)).ended;

it("begins an approved plan whose claim the store refused", async () => {
  const world = await approved();
  failOnce(world, 1);
  await expect(execute("plan-1", world.ctx)).rejects.toThrow("locked");
  expect(await status(world)).toBe("approved");
  expect(await beat(world)).toMatchObject([{ id: "plan-1", status: "done" }]);
  expect(world.cloud.accepted).toHaveLength(1);
  expect(await beat(world)).toEqual([]);
  await world.close();
});

it("finishes an executing plan once its lease has run out, and calls nothing twice", async () => {
  // Claim, intent, called, result, end: the error may hit after each of them; of the claim it leaves nothing executing.
  for (const [nth, calls, end] of [
    [2, 1, "done"],
    [3, 1, "done"],
    [4, 1, "done"],
    [5, 1, "done"],
  ] as const) {
    const world = await approved();
    failOnce(world, nth);
    await expect(execute("plan-1", world.ctx)).rejects.toThrow("locked");
    expect([nth, await status(world)]).toEqual([nth, "executing"]);
    const before = world.cloud.accepted.length;
    world.now += 59_000;
    expect(await beat(world)).toEqual([]);
    expect([nth, await status(world), world.cloud.accepted.length]).toEqual([nth, "executing", before]);
    world.now += 2_000;
    await beat(world);
    expect([nth, await status(world), world.cloud.accepted.length]).toEqual([nth, end, calls]);
    expect(await verifyAudit(world.ctx.store)).toMatchObject({ ok: true });
    await world.close();
  }
});

it("asks a person about a call that may not have been made, and never makes it again", async () => {
  const world = await approved("reboot");
  const { reboot } = world.cloud;
  // The call gets lost and the store cannot write that either: the journal ends with the intent.
  world.ctx.cloud = {
    ...world.cloud,
    reboot: async () => {
      failOnce(world, 1);
      throw new Error("no answer");
    },
  };
  await expect(execute("plan-1", world.ctx)).rejects.toThrow("locked");
  world.ctx.cloud = { ...world.cloud, reboot };
  world.now += 61_000;
  await beat(world);
  expect(await status(world)).toBe("needs_human");
  expect(world.cloud.accepted).toEqual([]);
  await world.close();
});

it("does not take over what this process executes, however long one look takes", async () => {
  const world = await approved();
  const { describe } = world.cloud;
  let [open, enter] = [(): void => undefined, (): void => undefined];
  const gate = new Promise<void>((resolve) => (open = resolve));
  const entered = new Promise<void>((resolve) => (enter = resolve));
  world.ctx.cloud = {
    ...world.cloud,
    describe: async (instanceId) => {
      enter();
      await gate;
      return describe(instanceId);
    },
  };
  const running = execute("plan-1", world.ctx);
  await entered;
  world.now += 600_000;
  expect(await beat(world)).toEqual([]);
  open();
  expect(await running).toMatchObject({ ok: true, plan: { status: "done" } });
  expect(world.cloud.accepted).toHaveLength(1);
  await world.close();
});

it("never takes over a lease that still holds, nor one of another process before it ran out", async () => {
  const world = await approved();
  failOnce(world, 2);
  await expect(execute("plan-1", world.ctx)).rejects.toThrow("locked");
  const rival = { ...world.ctx, holder: "rival" };
  expect(await (await resumeStranded(rival)).ended).toEqual([]);
  expect(await status(world)).toBe("executing");
  world.now += 61_000;
  expect(await (await resumeStranded(rival)).ended).toMatchObject([{ status: "done" }]);
  await world.close();
});

it("runs a plan once among many beats and clicks at the same time", async () => {
  const world = await approved();
  const beats = Array.from({ length: 16 }, () => beat(world));
  const clicks = Array.from({ length: 16 }, () => execute("plan-1", world.ctx));
  await Promise.all([...beats, ...clicks]);
  expect(world.cloud.accepted).toHaveLength(1);
  const stranded = await approved();
  failOnce(stranded, 2);
  await expect(execute("plan-1", stranded.ctx)).rejects.toThrow("locked");
  stranded.now += 61_000;
  await Promise.all(Array.from({ length: 16 }, () => beat(stranded)));
  expect([await status(stranded), stranded.cloud.accepted.length]).toEqual(["done", 1]);
  await world.close();
  await stranded.close();
});
