import { describe, expect, it } from "vitest";
import { runningInstance } from "../fixtures/fakes/cloud.ts";
import { coreWorld, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { verifyAudit } from "./audit.ts";
import { conclude } from "./conclude.ts";
import { execute } from "./execute.ts";
import { pause } from "./pause.ts";
import type { Plan } from "./plan.ts";
import { propose } from "./propose.ts";

/** web-1 and web-2 serve in a group of three; web-2 and the third stay. */
function inGroup(world: World, limits: { min: number; max: number } = { min: 1, max: 4 }): void {
  const members = ["i-web-1", "i-web-2", "i-web-3"];
  world.cloud.groups.set("web", {
    name: "web",
    ...limits,
    desired: 3,
    members: new Map(members.map((id) => [id, { lifecycle: "InService", healthy: true }])),
    refreshes: [],
  });
  for (const id of ["i-web-1", "i-web-2"])
    world.cloud.instances.set(id, runningInstance({ autoScalingGroup: "web" }));
}

async function approved(world: World, runbook: string, params: Record<string, string> = {}): Promise<Plan> {
  const answer = await propose({ runbook, params, target: "web-1", requester: "system" }, world.ctx);
  if (!answer.ok) throw new Error(answer.message);
  for (const id of ["mara", "jon"]) {
    const asked = { plan: answer.plan.id, person: personIn(world.ctx.policy, id), surface: "slack" };
    const decided = await approve(asked, world.ctx);
    if (!decided.ok) throw new Error(decided.message);
    if (decided.plan.status === "approved") break;
  }
  return answer.plan;
}

async function run(world: World, plan: Plan): Promise<Plan> {
  const executed = await execute(plan.id, world.ctx);
  if (!executed.plan) throw new Error("the plan is gone");
  expect(await verifyAudit(world.ctx.store)).toMatchObject({ ok: true });
  return executed.plan;
}

const acted = (world: World) => world.cloud.accepted;
const states = (plan: Plan) => plan.steps.map(({ action, state }) => `${action} ${state}`);

describe("a change of type", () => {
  it("stops, changes and starts, and leaves its ways back unwalked", async () => {
    const world = await coreWorld();
    const plan = await run(world, await approved(world, "change-type", { type: "t3.small" }));
    expect(plan.status).toBe("done");
    expect(acted(world)).toEqual(["stop i-web-1", "type i-web-1 t3.small", "start i-web-1"]);
    expect(states(plan).slice(3)).toEqual(["modify-type ready", "start-instance ready"]);
    expect(plan.steps.map(({ undoes }) => undoes)).toEqual([null, null, null, 2, 1]);
    await world.close();
  });

  it("goes back to the old type and starts when EC2 has no room for the new one", async () => {
    const world = await coreWorld();
    const plan = await approved(world, "change-type", { type: "t3.small" });
    const { start } = world.cloud;
    let refused = false;
    world.ctx.cloud = {
      ...world.cloud,
      start: async (instanceId) => {
        if (refused) return start(instanceId);
        refused = true;
        throw Object.assign(new Error("no room"), { code: "InsufficientInstanceCapacity", accepted: "no" });
      },
    };
    const ended = await run(world, plan);
    expect(ended.status).toBe("failed");
    expect(acted(world)).toEqual([
      "stop i-web-1",
      "type i-web-1 t3.small",
      "type i-web-1 t3.micro",
      "start i-web-1",
    ]);
    expect(world.cloud.instances.get("i-web-1")).toMatchObject({ state: "running", type: "t3.micro" });
    expect(ended.notes.join()).toContain("Way back, modify-type: EC2 says web-1 is a t3.micro.");
    await world.close();
  });

  it("starts the instance again when the new type is refused", async () => {
    const world = await coreWorld();
    const plan = await approved(world, "change-type", { type: "t3.small" });
    world.cloud.refuses.set("type", "InvalidInstanceAttributeValue");
    const ended = await run(world, plan);
    expect(ended.status).toBe("failed");
    expect(acted(world)).toEqual(["stop i-web-1", "start i-web-1"]);
    await world.close();
  });

  it("stops where it is not as its steps left it, walks back, and is never cancelled", async () => {
    const world = await coreWorld();
    const plan = await approved(world, "change-type", { type: "t3.small" });
    const { stop } = world.cloud;
    world.ctx.cloud = {
      ...world.cloud,
      // Somebody else gives it a third type while it is stopped.
      stop: async (instanceId) => {
        await stop(instanceId);
        world.cloud.instances.set(instanceId, runningInstance({ state: "stopped", type: "m5d.large" }));
      },
    };
    const ended = await run(world, plan);
    expect(ended.status).toBe("failed");
    expect(ended.notes.join()).toContain("its type was t3.micro and is m5d.large");
    expect(acted(world)).toEqual(["stop i-web-1", "start i-web-1"]);
    await world.close();
  });

  it("is walked back by nobody while automation is paused: a person has to", async () => {
    const world = await coreWorld();
    const plan = await approved(world, "change-type", { type: "t3.small" });
    const { stop } = world.cloud;
    world.ctx.cloud = {
      ...world.cloud,
      stop: async (instanceId) => {
        await stop(instanceId);
        await pause(personIn(world.ctx.policy, "mara"), "enough", world.ctx);
      },
    };
    const ended = await run(world, plan);
    expect(ended.status).toBe("needs_human");
    expect(acted(world)).toEqual(["stop i-web-1"]);
    expect(states(ended)).toContain("start-instance needs_human");
    const settled = await conclude(
      { plan: plan.id, outcome: "happened", person: personIn(world.ctx.policy, "mara") },
      world.ctx,
    );
    expect(settled).toMatchObject({ ok: true, plan: { status: "failed" } });
    await world.close();
  });

  it("refuses another processor, an unknown type, an instance store and stop protection", async () => {
    const world = await coreWorld();
    const reasonOf = async (params: Record<string, string>, target = "web-1") => {
      const answer = await propose(
        { runbook: "change-type", params, target, requester: "system" },
        world.ctx,
      );
      return answer.ok ? "proposed" : answer.reason;
    };
    expect(await reasonOf({ type: "t4g.small" })).toBe("architecture");
    expect(await reasonOf({ type: "t9.huge" })).toBe("unknown_type");
    // Of a stopped one nothing is lost, but nobody knows which processor it would boot on.
    world.cloud.instances.set("i-web-2", runningInstance({ type: "x1.unheard", state: "stopped" }));
    expect(await reasonOf({ type: "t3.small" }, "web-2")).toBe("unknown_type");
    expect(await reasonOf({ type: "t3.micro; reboot" })).toBe("params");
    world.cloud.instances.set("i-web-2", runningInstance({ type: "m5d.large" }));
    expect(await reasonOf({ type: "t3.small" }, "web-2")).toBe("instance_store");
    world.cloud.protected.stop.add("i-web-1");
    expect(await reasonOf({ type: "t3.small" })).toBe("stop_protection");
    await world.close();
  });
});

describe("a reboot of a member of an Auto Scaling group", () => {
  it("takes it out of service first and puts it back", async () => {
    const world = await coreWorld();
    inGroup(world);
    const plan = await run(world, await approved(world, "reboot"));
    expect(plan.status).toBe("done");
    expect(acted(world)).toEqual(["standby i-web-1", "reboot i-web-1", "service i-web-1"]);
    expect(world.cloud.groups.get("web")).toMatchObject({ desired: 3 });
    expect(world.cloud.reaches[0]).toMatchObject({ instanceIds: ["i-web-1"], groups: ["web"] });
    await world.close();
  });

  it("puts it back also when the reboot does not happen", async () => {
    const world = await coreWorld();
    inGroup(world);
    world.cloud.ignores.add("reboot");
    const plan = await run(world, await approved(world, "reboot"));
    expect(plan.status).toBe("failed");
    expect(acted(world)).toEqual(["standby i-web-1", "reboot i-web-1", "service i-web-1"]);
    await world.close();
  });

  it("is refused where the group has no member to spare", async () => {
    const world = await coreWorld();
    inGroup(world, { min: 3, max: 3 });
    const answer = await propose({ runbook: "reboot", target: "web-1", requester: "system" }, world.ctx);
    expect(answer).toMatchObject({ ok: false, reason: "group_minimum" });
    await world.close();
  });

  it("is cancelled when the group's capacity changed since it was proposed", async () => {
    const world = await coreWorld();
    inGroup(world);
    const plan = await approved(world, "reboot");
    const group = world.cloud.groups.get("web");
    if (group) group.desired = 2;
    const ended = await run(world, plan);
    expect(ended.status).toBe("cancelled");
    expect(ended.notes.join()).toContain("the desired capacity of web was 3 and is 2");
    expect(acted(world)).toEqual([]);
    await world.close();
  });

  it("stops, puts it back and fails when the group changes between its steps", async () => {
    const world = await coreWorld();
    inGroup(world);
    const plan = await approved(world, "reboot");
    const { enterStandby } = world.cloud;
    world.ctx.cloud = {
      ...world.cloud,
      enterStandby: async (name, instanceId) => {
        await enterStandby(name, instanceId);
        const group = world.cloud.groups.get("web");
        if (group) group.max = 9;
      },
    };
    const ended = await run(world, plan);
    expect(ended.status).toBe("failed");
    expect(acted(world)).toEqual(["standby i-web-1", "service i-web-1"]);
    await world.close();
  });
});

describe("a way back that fails too", () => {
  it("goes to a person, who is told where to look", async () => {
    const world = await coreWorld();
    const plan = await approved(world, "new-hardware");
    world.cloud.refuses.set("start", "InsufficientInstanceCapacity");
    const ended = await run(world, plan);
    expect(ended.status).toBe("needs_human");
    expect(acted(world)).toEqual(["stop i-web-1"]);
    expect(ended.notes.join()).toContain("Way back, start-instance");
    await world.close();
  });

  it("is not settled by an answer about another step", async () => {
    const world = await coreWorld();
    inGroup(world);
    const plan = await approved(world, "reboot");
    const { reboot } = world.cloud;
    world.ctx.cloud = {
      ...world.cloud,
      reboot: async (instanceId) => {
        await reboot(instanceId);
        world.cloud.boots.delete(instanceId);
        await pause(personIn(world.ctx.policy, "mara"), "enough", world.ctx);
      },
    };
    const ended = await run(world, plan);
    expect(states(ended)).toEqual([
      "enter-standby done",
      "reboot-instance needs_human",
      "exit-standby ready",
      "exit-standby needs_human",
    ]);
    const settled = await conclude(
      { plan: plan.id, outcome: "happened", person: personIn(world.ctx.policy, "mara") },
      world.ctx,
    );
    if (!settled.ok) throw new Error(settled.message);
    expect(settled.plan.status).toBe("failed");
    expect(states(settled.plan)).toContain("exit-standby failed");
    expect(settled.plan.notes.at(-1)).toContain("Look at web-1: its way back (exit-standby) was not walked.");
    await world.close();
  });
});

describe("a step that has nothing to do", () => {
  it("is no plan at all where every step is one", async () => {
    const world = await coreWorld();
    const answer = await propose({ runbook: "start", target: "web-1", requester: "system" }, world.ctx);
    expect(answer).toMatchObject({ ok: false, reason: "nothing_to_do", message: "web-1 runs already." });
    await world.close();
  });
});

describe("the document that a step runs", () => {
  it("must be the one that was there when the plan was made", async () => {
    const world = await coreWorld();
    const plan = await approved(world, "restart-service");
    world.cloud.documentVersion = "2";
    const ended = await run(world, plan);
    expect(ended.status).toBe("cancelled");
    expect(ended.notes.join()).toContain("changed since the plan was made (1 hash-1, now 2 hash-2)");
    expect(acted(world)).toEqual([]);
    await world.close();
  });

  it("is not run where the cloud gives no rights for it", async () => {
    const world = await coreWorld();
    const plan = await approved(world, "restart-service");
    world.cloud.noRights = true;
    const ended = await run(world, plan);
    expect(ended).toMatchObject({ status: "cancelled" });
    expect(acted(world)).toEqual([]);
    await world.close();
  });
});

describe("a load balancer", () => {
  it("loses a target and gets it back, but never its last healthy one", async () => {
    const world = await coreWorld();
    world.cloud.balancers.set(
      "app",
      new Map([
        ["i-web-1:80", "healthy"],
        ["i-web-2:80", "healthy"],
      ]),
    );
    const params = { "target-group": "app", port: "80" };
    expect(await run(world, await approved(world, "take-out", params))).toMatchObject({ status: "done" });
    world.now += 3_600_000;
    const last = { runbook: "take-out", params, target: "web-2", requester: "system" as const };
    expect(await propose(last, world.ctx)).toMatchObject({ ok: false, reason: "last_healthy" });
    expect(await run(world, await approved(world, "put-back", params))).toMatchObject({ status: "done" });
    expect(acted(world)).toEqual(["deregister app i-web-1", "register app i-web-1"]);
    await world.close();
  });
});

describe("a group", () => {
  it("grows with one approval and shrinks with two, within its own limits", async () => {
    const world = await coreWorld();
    inGroup(world);
    const ask = (to: string) =>
      propose({ runbook: "scale", params: { to }, target: "web-1", requester: "system" }, world.ctx);
    expect(await ask("9")).toMatchObject({ ok: false, reason: "group_limits" });
    const grown = await run(world, await approved(world, "scale", { to: "4" }));
    expect(grown).toMatchObject({ status: "done", risk: 1, approvalsNeeded: 1 });
    expect(acted(world)).toEqual(["desired web 4"]);
    world.now += 3_600_000;
    expect(await ask("2")).toMatchObject({ ok: true, plan: { risk: 3, approvalsNeeded: 2 } });
    await world.close();
  });

  it("whose capacity is as wanted after a call without an answer is for a person to look at", async () => {
    const world = await coreWorld();
    inGroup(world);
    const group = world.cloud.groups.get("web");
    if (!group) throw new Error("there is no group");
    world.cloud.setDesired = async (_name, desired) => {
      group.desired = desired;
      throw Object.assign(new Error("no answer"), { code: "Timeout", accepted: "unknown" });
    };
    const plan = await run(world, await approved(world, "scale", { to: "4" }));
    expect(plan.status).toBe("needs_human");
    expect(plan.steps).toMatchObject([
      { state: "needs_human", message: "web has 3 in service of 4 desired." },
      { undoes: 1, state: "done" },
    ]);
    await world.close();
  });

  it("that does not grow says why, as Auto Scaling's own activities do", async () => {
    const world = await coreWorld();
    inGroup(world);
    const group = world.cloud.groups.get("web");
    if (!group) throw new Error("there is no group");
    const parts = { status: "Failed", description: "Launching a new EC2 instance" };
    group.activities = [
      { ...parts, startedAt: world.now + 60_000, message: "no capacity in eu-central-1a" },
      { ...parts, startedAt: world.now - 60_000, message: "of another time" },
    ];
    world.cloud.ignores.add("desired");
    const plan = await run(world, await approved(world, "scale", { to: "4" }));
    expect(plan.status).toBe("failed");
    expect(plan.steps[0]?.message).toBe(
      "web has 3 in service of 3 desired. Its newest activity: Failed: Launching a new EC2 instance: no capacity in eu-central-1a.",
    );
    world.cloud.activities = () => Promise.reject(new Error("AccessDenied"));
    world.now += 3_600_000;
    const again = await run(world, await approved(world, "scale", { to: "4" }));
    expect(again).toMatchObject({ status: "failed" });
    expect(again.steps[0]?.evidence["activity"]).toMatch(/^not readable: /);
    await world.close();
  });

  it("is refreshed once, and not while a refresh is under way", async () => {
    const world = await coreWorld();
    inGroup(world);
    const plan = await run(world, await approved(world, "instance-refresh"));
    expect(plan).toMatchObject({ status: "done", risk: 3, steps: [{ reference: "refresh-1" }] });
    world.now += 3_600_000;
    const group = world.cloud.groups.get("web");
    group?.refreshes.push({ id: "refresh-2", status: "InProgress", startedAt: world.now, detail: "" });
    const again = { runbook: "instance-refresh", target: "web-1", requester: "system" as const };
    expect(await propose(again, world.ctx)).toMatchObject({ ok: false, reason: "refresh_running" });
    await world.close();
  });
});
