import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runningInstance } from "../fixtures/fakes/cloud.ts";
import { coreWorld, personIn, type World } from "../fixtures/fakes/core.ts";
import { targetState } from "./actions/live-state.ts";
import { approve } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { execute } from "./execute.ts";
import { endLease, lease, LeaseLost, readStep, writeCalled, type Lease } from "./journal.ts";
import type { Plan } from "./plan.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";
import { recover } from "./recover.ts";
import { runStep, settleStep } from "./run-step.ts";

/** What the journal writes and who may write it, and how a step is carried on whose process died. */

const minute = 60_000;
let world: World;
beforeEach(async () => {
  world = await coreWorld();
});
afterEach(() => world.close());

async function approved(runbook = "restart-service", params: Record<string, string> = {}): Promise<Plan> {
  const asked = { runbook, params, target: "web-1", requester: "system" as const };
  const answer = await propose(asked, world.ctx);
  if (!answer.ok) throw new Error(answer.message);
  for (const id of ["mara", "jon"]) {
    const person = personIn(world.ctx.policy, id);
    const decided = await approve({ plan: answer.plan.id, person, surface: "slack" }, world.ctx);
    if (decided.ok && decided.plan.status === "approved") break;
  }
  return (await getPlan(answer.plan.id, world.ctx)) ?? answer.plan;
}
const fresh = async (plan: Plan) => (await getPlan(plan.id, world.ctx)) ?? plan;
const told = async (plan: Plan) =>
  (await listAudit({ subject: plan.id, limit: 50 }, world.ctx))
    .toReversed()
    .map(({ verb, detail }) => [verb, detail] as const);
const detailOf = async (plan: Plan, verb: string) => (await told(plan)).find(([each]) => each === verb)?.[1];
const stranger = () => ({ ...world.ctx, holder: "another process" });
const taking = (plan: Plan) =>
  world.ctx.store.transaction((trx) => lease(trx, plan.number, false, stranger()));

/** The process dies while it waits for the end of its first call. Answers the next process. */
async function dieWaiting(plan: Plan): Promise<World["ctx"]> {
  const next = { ...world.ctx, holder: "the next process" };
  world.cloud.outcome = { status: "InProgress", responseCode: null, output: "" };
  world.ctx.wait = () => Promise.reject(new Error("dead"));
  await expect(execute(plan.id, world.ctx)).rejects.toThrow("dead");
  return next;
}
const carriedOn = async (ctx: World["ctx"]) => (await recover(ctx)).ended;

describe("the journal of a step", () => {
  it("says in the audit which step, what was called on what, and what was seen", async () => {
    const plan = await approved();
    await execute(plan.id, world.ctx);
    expect((await told(plan)).slice(3)).toEqual([
      ["step intent", { step: 1, action: "restart-service", target: "web-1" }],
      ["step called", { step: 1 }],
      [
        "step done",
        {
          step: 1,
          message: "The document ran to its end.",
          status: "Success",
          response_code: "0",
          output: "result: done",
        },
      ],
      ["done", {}],
    ]);
  });

  it("says that nobody knows whether a call was made, before it is looked for", async () => {
    const plan = await approved();
    world.cloud.mishaps.push("timeout after accept");
    await execute(plan.id, world.ctx);
    expect(await detailOf(plan, "step unknown")).toEqual({
      step: 1,
      message: "No answer to the call: Timeout.",
    });
    expect((await fresh(plan)).steps[0]).toMatchObject({ state: "done", reference: "command-1" });
  });

  it("says that there was nothing to do, and nothing is called", async () => {
    const plan = await approved("change-type", { type: "t3.small" });
    const held = await heldLease(plan);
    const [first] = plan.steps;
    if (!first) throw new Error("no step");
    const state = { state: "stopped", type: "t3.micro", group: null, alert: "none" as const };
    expect(await runStep(held, { plan, step: first, state }, world.ctx)).toEqual({
      state: "done",
      message: "web-1 is stopped already.",
    });
    expect(await detailOf(plan, "step done")).toEqual({
      step: 1,
      message: "web-1 is stopped already.",
      called: "no",
    });
    expect((await fresh(plan)).steps[0]).toMatchObject({
      state: "done",
      intentAt: null,
      finishedAt: world.now,
      message: "web-1 is stopped already.",
    });
    expect(world.cloud.accepted).toEqual([]);
  });

  it("is written by its holder and in its order alone", async () => {
    const plan = await approved();
    const held = await heldLease(plan);
    const [step] = plan.steps;
    if (!step) throw new Error("no step");
    await expect(writeCalled(held, step, null, world.ctx)).rejects.toThrow(
      "step 1 of plan-1 is not intent any more",
    );
    await expect(writeCalled({ ...held, fence: held.fence + 1 }, step, null, world.ctx)).rejects.toThrow(
      LeaseLost,
    );
    expect(await told(plan)).toHaveLength(2);
  });

  it("cannot be read where there is none", async () => {
    const held = await heldLease(await approved());
    await expect(readStep(held, 9, world.ctx)).rejects.toThrow("step 9 of plan-1 cannot be read");
    await expect(readStep({ ...held, plan: 7 }, 1, world.ctx)).rejects.toThrow("of plan-7 cannot be read");
  });
});

async function heldLease(plan: Plan): Promise<Lease> {
  const held = await world.ctx.store.transaction((trx) => lease(trx, plan.number, false, world.ctx));
  if (!held) throw new Error("the lease is another's");
  return held;
}

describe("the lease of a plan", () => {
  it("is kept as long as the bot looks, and free as soon as the plan ended", async () => {
    const plan = await approved();
    const tries: unknown[] = [];
    world.cloud.outcome = { status: "InProgress", responseCode: null, output: "" };
    const { wait } = world.ctx;
    world.ctx.wait = async (ms) => {
      await wait(ms);
      tries.push(await taking(plan));
      if (tries.length === 50) world.cloud.outcome = { status: "Success", responseCode: 0, output: "" };
    };
    expect((await execute(plan.id, world.ctx)).plan?.status).toBe("done");
    expect(new Set(tries)).toEqual(new Set([null]));
    expect(await taking(plan)).toMatchObject({ holder: "another process" });
  });

  it("is given back by its holder alone", async () => {
    const plan = await approved();
    const held = await heldLease(plan);
    await endLease({ ...held, holder: "another process" }, world.ctx);
    expect(await taking(plan)).toBeNull();
    await endLease(held, world.ctx);
    expect(await taking(plan)).not.toBeNull();
  });
});

describe("a step", () => {
  it("whose action this version does not know, or whose parameters it does not take, is refused", async () => {
    const plan = await approved();
    const held = await heldLease(plan);
    const [step] = plan.steps;
    const state = await targetState({ name: "web-1", instanceId: "i-web-1" }, null, world.ctx);
    if (!step || !state) throw new Error("no step");
    const run = (parts: object) => runStep(held, { plan, step: { ...step, ...parts }, state }, world.ctx);
    expect(await run({ action: "explode" })).toEqual({
      state: "refused",
      reason: "unknown_action",
      message: 'there is no action "explode" in this version',
    });
    expect(await run({ params: { Service: "app; reboot" } })).toMatchObject({
      state: "refused",
      reason: "params",
    });
    expect(await run({ params: { Service: "sshd" } })).toMatchObject({ state: "refused" });
    expect(world.cloud.accepted).toEqual([]);
  });

  it("that cannot be looked at for a while is looked at again", async () => {
    const plan = await approved();
    let looks = 0;
    world.ctx.cloud = {
      ...world.cloud,
      command: async (id, instanceId) => {
        looks += 1;
        if (looks < 5) throw new Error("SSM is down");
        return world.cloud.command(id, instanceId);
      },
    };
    expect((await execute(plan.id, world.ctx)).plan).toMatchObject({ status: "done" });
    expect(looks).toBe(5);
  });

  it("that can never be looked at goes to a person, with the reason", async () => {
    const plan = await approved();
    world.ctx.cloud = { ...world.cloud, command: () => Promise.reject(new Error("SSM is down")) };
    const ended = await execute(plan.id, world.ctx);
    expect(ended.plan).toMatchObject({
      status: "needs_human",
      steps: [{ state: "needs_human", message: "It cannot be looked at: SSM is down.", evidence: {} }],
    });
    expect(world.cloud.accepted).toHaveLength(1);
  });

  it("whose action is gone when it is looked at goes to a person", async () => {
    const plan = await approved();
    const next = await dieWaiting(plan);
    await next.store.db.updateTable("steps").set({ action: "explode" }).execute();
    const held = await next.store.transaction((trx) => lease(trx, plan.number, true, next));
    if (!held) throw new Error("the lease is another's");
    expect(await settleStep(held, 1, true, next)).toEqual({
      state: "needs_human",
      message: 'There is no action "explode" any more.',
    });
    expect(world.cloud.accepted).toHaveLength(1);
  });
});

describe("a plan whose process died", () => {
  it("between its steps is carried on although its target is not as it was proposed", async () => {
    const plan = await approved("change-type", { type: "t3.small" });
    const { store } = world.ctx;
    const { stop } = world.cloud;
    world.ctx.cloud = {
      ...world.cloud,
      stop: async (id) => {
        await stop(id);
        world.ctx.store = { ...store, transaction: () => Promise.reject(new Error("dead")) };
      },
    };
    await expect(execute(plan.id, world.ctx)).rejects.toThrow("dead");
    const next = { ...world.ctx, store, cloud: world.cloud, holder: "the next process" };
    const [ended] = await carriedOn(next);
    expect(ended?.status).toBe("done");
    expect(world.cloud.accepted).toEqual(["stop i-web-1", "type i-web-1 t3.small", "start i-web-1"]);
  });

  it("on its way back goes no step forth any more", async () => {
    const plan = await approved("change-type", { type: "t3.small" });
    // EC2 refuses the new type, and the process dies while the instance is started again.
    world.cloud.refuses.set("type", "InvalidInstanceAttributeValue");
    const { start } = world.cloud;
    const { store } = world.ctx;
    world.ctx.cloud = {
      ...world.cloud,
      start: async (id) => {
        await start(id);
        world.ctx.store = { ...store, transaction: () => Promise.reject(new Error("dead")) };
      },
    };
    await expect(execute(plan.id, world.ctx)).rejects.toThrow("dead");
    world.cloud.refuses.clear();
    world.cloud.instances.set("i-web-1", runningInstance({ state: "running" }));
    const next = { ...world.ctx, store, cloud: world.cloud, holder: "the next process" };
    const [ended] = await carriedOn(next);
    expect(ended?.status).toBe("failed");
    expect(world.cloud.accepted).toEqual(["stop i-web-1", "start i-web-1"]);
  });

  it("after a step failed tells why, as the step does", async () => {
    const plan = await approved("change-type", { type: "t3.small" });
    world.cloud.refuses.set("type", "InvalidInstanceAttributeValue");
    const { store } = world.ctx;
    let ends = 0;
    // It dies as soon as the failure is written.
    world.ctx.store = {
      ...store,
      transaction: async (work) => {
        const result = await store.transaction(work);
        const [, second] = (await fresh(plan)).steps;
        if (second?.state === "failed") ends += 1;
        if (ends > 0) throw new Error("dead");
        return result;
      },
    };
    await expect(execute(plan.id, world.ctx)).rejects.toThrow("dead");
    world.cloud.refuses.clear();
    const [ended] = await carriedOn({ ...world.ctx, store, holder: "the next process" });
    expect(ended?.notes.join()).toMatch(/^step 2: InvalidInstanceAttributeValue\. Way back/);
    expect(world.cloud.accepted).toEqual(["stop i-web-1", "start i-web-1"]);
  });

  it("has the patience that was left since the call, not a new one", async () => {
    const plan = await approved();
    const called = world.now;
    const next = await dieWaiting(plan);
    world.now = called + 14 * minute;
    const [ended] = await carriedOn(next);
    expect(ended?.status).toBe("needs_human");
    expect(world.now - called).toBe(15 * minute);
  });
});
