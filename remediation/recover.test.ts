import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FakeCloud } from "../fixtures/fakes/cloud.ts";
import { coreWorld, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { verifyAudit } from "./audit.ts";
import { execute } from "./execute.ts";
import { LeaseLost, lease, writeCalled, writeIntent } from "./journal.ts";
import { getPlan } from "./plans.ts";
import type { PlanStatus } from "./plan.ts";
import { propose } from "./propose.ts";
import { moveStep } from "./store/steps.ts";
import { movePlan } from "./store/plans.ts";
import { recover } from "./recover.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "crash-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

class Killed extends Error {}

/**
 * Lets a run live for so many moments (before and after every commit and every mutation of the cloud) and then be dead:
 * everything it tries afterwards throws. Answers how many moments it lived.
 */
function mortal(world: World, moments: number): { lived: () => number } {
  let lived = 0;
  const moment = () => {
    if (lived >= moments) throw new Killed();
    lived += 1;
  };
  const { transaction } = world.ctx.store;
  world.ctx.store = {
    ...world.ctx.store,
    transaction: async (work) => {
      moment();
      const result = await transaction(work);
      moment();
      return result;
    },
  };
  const { reboot, sendCommand } = world.cloud;
  world.ctx.cloud = {
    ...world.cloud,
    reboot: async (instanceId) => {
      moment();
      await reboot(instanceId);
      moment();
    },
    sendCommand: async (command) => {
      moment();
      const answer = await sendCommand(command);
      moment();
      return answer;
    },
  };
  return { lived: () => lived };
}

/** The bot of the next start: the same file and the same cloud, another process. */
async function restarted(dead: World, file: string): Promise<World> {
  await dead.close();
  const world = await coreWorld({ file, now: dead.now + 5_000 });
  const { cloud } = dead;
  world.cloud = cloud;
  world.ctx.cloud = cloud;
  world.ctx.measureBootTime = async (name) =>
    cloud.boots.get(world.targets.get(name)?.instanceId ?? "") ?? null;
  return world;
}

async function approvedIn(world: World, runbook: string): Promise<void> {
  await propose({ runbook, target: "web-1", requester: "system" }, world.ctx);
  const decided = await approve(
    { plan: "plan-1", person: personIn(world.ctx.policy, "mara"), surface: "x" },
    world.ctx,
  );
  if (!decided.ok) throw new Error(decided.message);
}

async function crashAfter(
  moments: number,
  runbook: string,
): Promise<{ finished: boolean; status: string; cloud: FakeCloud }> {
  const file = path.join(directory, `${runbook}-${moments}.db`);
  const world = await coreWorld({ file });
  await approvedIn(world, runbook);
  mortal(world, moments);
  const finished = await execute("plan-1", world.ctx).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Killed) return false;
      throw error;
    },
  );
  const next = await restarted(world, file);
  await (
    await recover(next.ctx)
  ).ended;
  const plan = await getPlan("plan-1", next.ctx);
  expect(await verifyAudit(next.ctx.store)).toMatchObject({ ok: true });
  await next.close();
  return { finished, status: plan?.status ?? "lost", cloud: world.cloud };
}

describe("a bot that is killed", () => {
  for (const runbook of ["restart-service", "reboot"]) {
    it(`at any moment of a ${runbook} calls at most once, and the plan comes to an end`, async () => {
      const ends: Record<string, number> = {};
      let moments = 0;
      for (; moments < 60; moments += 1) {
        const { finished, status, cloud } = await crashAfter(moments, runbook);
        expect([moments, cloud.accepted.length]).toEqual([moments, status === "needs_human" ? 0 : 1]);
        expect(["done", "needs_human"]).toContain(status);
        ends[status] = (ends[status] ?? 0) + 1;
        if (finished) break;
      }
      // Claim, intent, call, called, result, end, lease: two moments each. Only around the call is a person needed:
      // after the intent was committed and before the cloud heard of it.
      expect(moments).toBe(14);
      expect(ends).toEqual({ done: 13, needs_human: 2 });
    });
  }

  it("before a plan began lets it begin in time and never after its time", async () => {
    for (const [later, status, calls] of [
      [1_000, "done", 1],
      [1_300_000, "expired", 0],
    ] as const) {
      const file = path.join(directory, `${later}.db`);
      const world = await coreWorld({ file });
      await approvedIn(world, "restart-service");
      world.now += later;
      const next = await restarted(world, file);
      await (
        await recover(next.ctx)
      ).ended;
      expect((await getPlan("plan-1", next.ctx))?.status).toBe(status);
      expect(world.cloud.accepted).toHaveLength(calls);
      await next.close();
    }
  });

  it("after the claim and before the call does not make the first call after the plan's time", async () => {
    const file = path.join(directory, "late.db");
    const world = await coreWorld({ file });
    await approvedIn(world, "restart-service");
    mortal(world, 2);
    await expect(execute("plan-1", world.ctx)).rejects.toThrow(Killed);
    world.now += 1_300_000;
    const next = await restarted(world, file);
    await (
      await recover(next.ctx)
    ).ended;
    expect(await getPlan("plan-1", next.ctx)).toMatchObject({
      status: "expired",
      steps: [{ state: "ready", attempt: 0 }],
    });
    expect(world.cloud.accepted).toEqual([]);
    await next.close();
  });
});

describe("a process that was taken over", () => {
  it("cannot write or begin a call any more", async () => {
    const world = await coreWorld();
    await approvedIn(world, "restart-service");
    const { ctx } = world;
    const mine = await ctx.store.transaction((trx) => lease(trx, 1, false, ctx));
    if (!mine) throw new Error("no lease");
    const rival = { ...ctx, holder: "rival" };
    expect(await ctx.store.transaction((trx) => lease(trx, 1, false, rival))).toBeNull();
    world.now += 60_001;
    const theirs = await ctx.store.transaction((trx) => lease(trx, 1, false, rival));
    expect(theirs).toMatchObject({ holder: "rival", fence: mine.fence + 1 });
    const step = (await getPlan("plan-1", ctx))?.steps[0];
    if (!step) throw new Error("no step");
    const at = (fence: number) =>
      ctx.store.transaction((trx) => moveStep(trx, 1, 1, ["ready"], { state: "ready", fence }));
    expect([await at(2), await at(1), await at(2)]).toEqual([true, false, true]);
    await expect(writeIntent(mine, step, {}, ctx)).rejects.toThrow(LeaseLost);
    await expect(writeCalled(mine, step, null, ctx)).rejects.toThrow(LeaseLost);
    await world.close();
  });
});

describe("a plan's row", () => {
  it("moves only from the expected status, with its digest, in its time and while it is the newest", async () => {
    const world = await coreWorld();
    await approvedIn(world, "restart-service");
    const plan = await getPlan("plan-1", world.ctx);
    if (!plan) throw new Error("no plan");
    const moves = (from: PlanStatus, conditions: Parameters<typeof movePlan>[4]) =>
      world.ctx.store.transaction((trx) => movePlan(trx, 1, [from], { status: "approved" }, conditions));
    const tries: [PlanStatus, Parameters<typeof movePlan>[4], boolean][] = [
      ["proposed", {}, false],
      ["approved", {}, true],
      ["approved", { digest: plan.digest }, true],
      ["approved", { digest: "0".repeat(64) }, false],
      ["approved", { decidableAt: plan.expiresAt }, true],
      ["approved", { decidableAt: plan.expiresAt + 1 }, false],
      ["approved", { runnableAt: plan.runBy }, true],
      ["approved", { runnableAt: plan.runBy + 1 }, false],
      ["approved", { current: true }, true],
    ];
    for (const [from, conditions, moved] of tries) {
      expect([from, conditions, await moves(from, conditions)]).toEqual([from, conditions, moved]);
    }
    await world.ctx.store.db.updateTable("target_generations").set({ generation: 2 }).execute();
    expect(await moves("approved", { current: true })).toBe(false);
    await world.close();
  });
});
