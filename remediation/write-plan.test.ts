import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, teamPolicy, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { raiseAlert } from "./incident.ts";
import type { Plan } from "./plan.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";

/** What a new plan means for the one that holds its target already, and until when it may be decided. */

const minute = 60_000;
const hour = 60 * minute;
let world: World;
beforeEach(async () => {
  world = await coreWorld({
    policy: teamPolicy(
      "{cooldown: 0s, proposals_per_10m: 1000, targets_per_plan: 2, expiry: 15m, run_grace: 5m}",
    ),
  });
});
afterEach(() => world.close());

type Asked = Partial<Parameters<typeof propose>[0]>;
const olga = () => personIn(world.ctx.policy, "olga");
const ask = (parts: Asked = {}) =>
  propose({ runbook: "restart-service", target: "web-1", requester: olga(), ...parts }, world.ctx);
async function planned(parts: Asked = {}): Promise<Plan> {
  const answer = await ask(parts);
  if (!answer.ok) throw new Error(answer.message);
  world.changes.length = 0;
  return answer.plan;
}
const approved = (plan: Plan) =>
  approve({ plan: plan.id, person: personIn(world.ctx.policy, "mara"), surface: "slack" }, world.ctx);
const newest = async () => (await listAudit({ limit: 1 }, world.ctx))[0];

describe("the same remedy for the same target", () => {
  it("is answered with the plan there is, and nothing is written or told", async () => {
    const first = await planned();
    const before = await newest();
    expect(await ask({ requester: "system" })).toMatchObject({
      ok: true,
      existing: true,
      plan: { id: "plan-1" },
    });
    expect([await newest(), world.changes]).toEqual([before, []]);
    expect((await getPlan(first.id, world.ctx))?.status).toBe("proposed");
  });

  it.each<[string, Asked]>([
    ["another runbook", { runbook: "clean-disk" }],
    ["other parameters", { params: { service: "nginx" } }],
    ["another time", { window: { from: 0, to: 2 * hour } }],
  ])("is not the same with %s: a person's choice takes its place, and says so", async (_what, parts) => {
    const first = await planned();
    const window = parts.window ? { from: world.now + hour, to: world.now + 2 * hour } : null;
    const answer = await ask({ ...parts, window });
    expect(answer).toMatchObject({ ok: true, existing: false, plan: { id: "plan-2" } });
    expect(await getPlan(first.id, world.ctx)).toMatchObject({
      status: "cancelled",
      notes: ["Olga chose another remedy, plan-2"],
    });
    expect(world.changes).toEqual([{ plan: "plan-1" }, { plan: "plan-2" }]);
    const told = await listAudit({ subject: "plan-1", limit: 1 }, world.ctx);
    expect(told).toMatchObject([
      { actor: "olga", verb: "cancel", detail: { because: "Olga chose another remedy, plan-2" } },
    ]);
  });

  it("is not the same for one target more", async () => {
    for (const name of ["a-1", "a-2"]) {
      const target = world.targets.get("db-1");
      if (!target) throw new Error("no db-1");
      world.targets.set(name, { ...target, name, instanceId: `i-${name}`, tags: { service: name } });
      const state = world.cloud.instances.get("i-db-1");
      if (state) world.cloud.instances.set(`i-${name}`, state);
    }
    const restart = { params: { service: "app" } };
    await planned({ ...restart, target: ["a-2", "a-1"] });
    expect(await ask({ ...restart, target: ["a-1", "a-2"] })).toMatchObject({ existing: true });
    expect(await ask({ ...restart, target: ["a-1"] })).toMatchObject({ existing: false });
  });

  it("keeps its end while its window moves with the hour", async () => {
    const to = world.now + 2 * hour;
    await planned({ window: { from: world.now + minute, to } });
    world.now += 2 * minute;
    expect(await ask({ window: { from: world.now, to } })).toMatchObject({ existing: true });
  });
});

describe("a target that is held", () => {
  it("by an approved plan waits for its end; by one for later says how to make room", async () => {
    await approved(await planned());
    expect(await ask()).toMatchObject({
      reason: "target_busy",
      plan: "plan-1",
      message: expect.stringMatching(/ is approved on this target; wait for its end\.$/),
    });
    const window = { from: world.now + hour, to: world.now + 2 * hour };
    await approved(await planned({ target: "db-1", window }));
    expect(await ask({ target: "db-1" })).toMatchObject({
      message: expect.stringContaining('waits for its time; "cancel plan-2" makes room'),
    });
    await world.ctx.store.db.updateTable("plans").set({ status: "executing" }).execute();
    expect(await ask({ target: "db-1" })).toMatchObject({
      message: expect.stringContaining("is running on this target"),
    });
  });

  it("by an undecided plan is left to people by rules", async () => {
    await planned();
    expect(await ask({ runbook: "clean-disk", requester: "system" })).toMatchObject({
      reason: "plan_waiting",
      plan: "plan-1",
    });
  });

  it("is free one millisecond after an undecided plan ran out, which then is expired", async () => {
    const first = await planned();
    world.now = first.expiresAt;
    expect(await ask({ requester: "system" })).toMatchObject({ existing: true });
    world.now += 1;
    expect(await ask({ requester: "system" })).toMatchObject({ existing: false, plan: { id: "plan-2" } });
    expect(world.changes[0]).toEqual({ plan: "plan-1" });
    expect((await getPlan(first.id, world.ctx))?.status).toBe("expired");
  });
});

describe("a new plan", () => {
  it("is told to its own card and to its incident's, and its audit entry names its targets", async () => {
    const raised = await raiseAlert(memoryAlert(), world.ctx);
    const incident = `inc-${raised.incident.number}`;
    world.changes.length = 0;
    await ask({ incident });
    expect(world.changes).toEqual([{ plan: "plan-1", incident }]);
    expect(await newest()).toMatchObject({ verb: "propose", detail: { targets: ["web-1"] } });
    world.changes.length = 0;
    await ask({ target: "db-1" });
    expect(world.changes).toEqual([{ plan: "plan-2" }]);
  });

  it("may be decided for as long as the policy says, for later not beyond its window, and begins in its grace", async () => {
    const now = world.now;
    expect(await planned()).toMatchObject({ expiresAt: now + 15 * minute, runBy: now + 20 * minute });
    const short = { from: now + minute, to: now + 10 * minute };
    expect(await planned({ target: "db-1", window: short })).toMatchObject({
      expiresAt: now + 10 * minute,
      runBy: now + 10 * minute,
    });
    const long = { from: now + hour, to: now + 2 * hour };
    expect(await planned({ target: "web-2", window: long })).toMatchObject({
      expiresAt: now + 15 * minute,
      runBy: now + 2 * hour,
    });
  });
});
