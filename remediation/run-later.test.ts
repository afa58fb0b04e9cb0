import { describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve, cancel } from "./approve.ts";
import { execute } from "./execute.ts";
import { expire } from "./expire.ts";
import { raiseAlert } from "./incident.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";
import { executeApproved } from "./recover.ts";
import { slotHolders, disruptionsSince } from "./store/steps.ts";
import { resolve } from "./triage.ts";

const hour = 3_600_000;

async function later(world: World, target = "web-1", parts: object = {}): Promise<string> {
  const window = { from: world.now + 2 * hour, to: world.now + 4 * hour };
  const answer = await propose(
    { runbook: "restart-service", target, requester: personIn(world.ctx.policy, "olga"), window, ...parts },
    world.ctx,
  );
  if (!answer.ok) throw new Error(answer.message);
  return answer.plan.id;
}

async function approved(world: World, plan: string) {
  return approve({ plan, person: personIn(world.ctx.policy, "mara"), surface: "slack" }, world.ctx);
}

describe("a plan for later", () => {
  it("is approved now, begins not before its window, and begins in it", async () => {
    const world = await coreWorld();
    const plan = await later(world);
    expect(await getPlan(plan, world.ctx)).toMatchObject({
      expiresAt: world.now + 900_000,
      runBy: world.now + 4 * hour,
    });
    expect(await approved(world, plan)).toMatchObject({ ok: true, plan: { status: "approved" } });
    expect(await execute(plan, world.ctx)).toMatchObject({ ok: false, reason: "not_yet" });
    world.now += 2 * hour - 1;
    await expire(world.ctx);
    expect(await executeApproved(world.ctx)).toEqual([]);
    expect((await getPlan(plan, world.ctx))?.status).toBe("approved");
    expect(world.cloud.accepted).toEqual([]);
    world.now += 1;
    expect(await executeApproved(world.ctx)).toMatchObject([{ id: plan, status: "done" }]);
    expect(world.cloud.accepted).toHaveLength(1);
    await world.close();
  });

  it("expires when its window is over, and when nobody decides", async () => {
    const world = await coreWorld();
    const plan = await later(world);
    await approved(world, plan);
    world.now += 4 * hour;
    expect(await expire(world.ctx)).toEqual([]);
    world.now += 1;
    expect(await execute(plan, world.ctx)).toMatchObject({ ok: false, reason: "expired" });
    const undecided = await later(world, "db-1");
    world.now += 900_001;
    expect(await expire(world.ctx)).toEqual([undecided]);
    expect(world.cloud.accepted).toEqual([]);
    await world.close();
  });

  it("holds neither its service's slot nor the account's before it begins", async () => {
    const world = await coreWorld();
    await approved(world, await later(world));
    expect(await slotHolders(world.ctx.store.db, "app", 0)).toEqual([]);
    expect(await disruptionsSince(world.ctx.store.db, 0, 0)).toBe(0);
    const now = await propose(
      { runbook: "restart-service", target: "web-2", requester: "system" },
      world.ctx,
    );
    if (!now.ok) throw new Error(now.message);
    expect(await approved(world, now.plan.id)).toMatchObject({ ok: true });
    expect(await execute(now.plan.id, world.ctx)).toMatchObject({ ok: true, plan: { status: "done" } });
    await world.close();
  });

  it("waits inside its window while another disrupts its service, and two never begin together", async () => {
    const world = await coreWorld();
    const [one, other] = [await later(world), await later(world, "web-2")];
    await approved(world, one);
    await approved(world, other);
    world.now += 2 * hour;
    const begun = await executeApproved(world.ctx);
    expect(begun).toHaveLength(1);
    expect(world.cloud.accepted).toHaveLength(1);
    const [first, second] = begun[0]?.id === one ? [one, other] : [other, one];
    expect(await execute(second, world.ctx)).toMatchObject({
      ok: false,
      reason: "not_yet",
      message: expect.stringContaining(`${first} disrupts app`),
    });
    await world.ctx.store.db
      .updateTable("plans")
      .set({ verdict: "improved" })
      .where("status", "=", "done")
      .execute();
    expect(await executeApproved(world.ctx)).toMatchObject([{ id: second, status: "done" }]);
    await world.close();
  });

  it("can be cancelled, and makes room only then", async () => {
    const world = await coreWorld();
    const plan = await later(world);
    await approved(world, plan);
    const other = { runbook: "reboot", target: "web-1", requester: "system" as const };
    expect(await propose(other, world.ctx)).toMatchObject({
      ok: false,
      reason: "target_busy",
      message: expect.stringContaining(`"cancel ${plan}"`),
    });
    const person = personIn(world.ctx.policy, "otto");
    expect(await cancel({ plan, person, surface: "x" }, world.ctx)).toMatchObject({ ok: true });
    expect(await propose(other, world.ctx)).toMatchObject({ ok: true });
    world.now += 3 * hour;
    expect(await executeApproved(world.ctx)).toEqual([]);
    await world.close();
  });

  it("is cancelled when its incident is resolved meanwhile, and when its target changed", async () => {
    const world = await coreWorld();
    const { incident } = await raiseAlert(memoryAlert(), world.ctx);
    const plan = await later(world, "web-1", { incident: incident.id });
    await approved(world, plan);
    await resolve(incident.id, personIn(world.ctx.policy, "ada"), null, world.ctx);
    const changed = await later(world, "db-1");
    await approved(world, changed);
    const instance = world.cloud.instances.get("i-db-1");
    if (instance) world.cloud.instances.set("i-db-1", { ...instance, type: "t3.large" });
    world.now += 2 * hour;
    await executeApproved(world.ctx);
    expect((await getPlan(plan, world.ctx))?.status).toBe("cancelled");
    expect((await getPlan(changed, world.ctx))?.status).toBe("cancelled");
    expect(world.cloud.accepted).toEqual([]);
    await world.close();
  });

  it("may be asked for while its service is disrupted now, but not for another time than the one that waits", async () => {
    const world = await coreWorld();
    const now = await propose(
      { runbook: "restart-service", target: "web-2", requester: "system" },
      world.ctx,
    );
    if (!now.ok) throw new Error(now.message);
    await approved(world, now.plan.id);
    const plan = await later(world);
    expect(await approved(world, plan)).toMatchObject({ ok: true });
    const window = { from: world.now + 5 * hour, to: world.now + 6 * hour };
    expect(
      await propose(
        {
          runbook: "restart-service",
          target: "web-1",
          requester: personIn(world.ctx.policy, "otto"),
          window,
        },
        world.ctx,
      ),
    ).toMatchObject({ ok: false, reason: "target_busy" });
    await world.close();
  });

  it("does not run when a hand moved its window in the database", async () => {
    const world = await coreWorld();
    const plan = await later(world);
    await approved(world, plan);
    await world.ctx.store.db.updateTable("plans").set({ window_from: world.now }).execute();
    expect(await execute(plan, world.ctx)).toMatchObject({ ok: false, reason: "tampered" });
    expect(world.cloud.accepted).toEqual([]);
    await world.close();
  });
});
