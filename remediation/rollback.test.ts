import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runningInstance } from "../fixtures/fakes/cloud.ts";
import { coreWorld, memoryAlert, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve, deny } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { execute } from "./execute.ts";
import { getIncident, raiseAlert } from "./incident.ts";
import { inverseOf } from "./inverse.ts";
import { pause, resume } from "./pause.ts";
import type { Plan } from "./plan.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";
import { lastChange, proposeRollback, wayBackOf } from "./rollback.ts";
import { attemptsOf } from "./store/autonomy-rows.ts";
import { createTakeBack } from "./take-back-worse.ts";
import { judge } from "./verify.ts";

let world: World;
beforeEach(async () => {
  world = await coreWorld();
});
afterEach(async () => {
  await world.close();
});

const person = (id: string) => personIn(world.ctx.policy, id);

async function runPlan(id: string): Promise<void> {
  for (const who of ["mara", "jon"])
    await approve({ plan: id, person: person(who), surface: "x" }, world.ctx);
  const ran = await execute(id, world.ctx);
  if (!ran.ok) throw new Error(ran.message);
}

async function ran(
  runbook: string,
  params: Record<string, string> = {},
  incident: string | null = null,
): Promise<Plan> {
  const proposed = await propose(
    { runbook, params, target: "web-1", incident, requester: "system" },
    world.ctx,
  );
  if (!proposed.ok) throw new Error(proposed.message);
  await runPlan(proposed.plan.id);
  return planOf(proposed.plan.id);
}

async function planOf(id: string): Promise<Plan> {
  const plan = await getPlan(id, world.ctx);
  if (plan === null) throw new Error(`there is no ${id}`);
  return plan;
}

/** The metric is usual until the newest call, and far outside after it. */
async function judgedWorse(): Promise<Plan[]> {
  const done = world.now / 1_000;
  world.metric = ({ end }) => ({
    mean: end <= done ? 10 : 60,
    samples: 20,
    low: 8,
    high: 12,
    partial: false,
  });
  world.now += 600_000;
  return judge(world.ctx);
}

function inGroup(): void {
  world.cloud.instances.set("i-web-1", runningInstance({ autoScalingGroup: "web-asg" }));
  const members = ["i-web-1", "i-a", "i-b"].map(
    (id) => [id, { lifecycle: "InService", healthy: true }] as const,
  );
  const asg = { name: "web-asg", min: 1, max: 6, desired: 3, members: new Map(members), refreshes: [] };
  world.cloud.groups.set("web-asg", asg);
}

describe("what makes it worse", () => {
  it("is proposed to be taken back at once, by its steps' inverses in reverse, and runs only when approved", async () => {
    await raiseAlert(memoryAlert(), world.ctx);
    await ran("change-type", { type: "t3.small" }, "inc-1");
    const judged = await judgedWorse();
    expect(judged).toMatchObject([{ id: "plan-1", verdict: "worse" }]);
    expect(await createTakeBack(world.ctx)()).toEqual(["plan-2"]);
    const back = await planOf("plan-2");
    expect(back).toMatchObject({
      status: "proposed",
      rollsBack: "plan-1",
      incident: "inc-1",
      title: "Roll back plan-1 on web-1: stop, type back to t3.micro, start",
      effect: "rollback",
      reason: "plan-1 made it worse",
      metric: "memory_usage_percent",
      approvalsNeeded: 1,
      runsAlone: null,
    });
    const forth = back.steps.filter(({ undoes }) => undoes === null);
    expect(forth.map(({ action, params }) => [action, params])).toEqual([
      ["stop-instance", { LoseInstanceStore: "no" }],
      ["modify-type", { Type: "t3.micro" }],
      ["start-instance", {}],
    ]);
    expect(world.cloud.accepted.filter((call) => call.startsWith("type"))).toHaveLength(1);
    // Within the cooldown of what it takes back: a way back is no second try.
    await runPlan("plan-2");
    expect((await planOf("plan-2")).status).toBe("done");
    expect(world.cloud.instances.get("i-web-1")).toMatchObject({ type: "t3.micro", state: "running" });
  });

  it("is proposed later, and by another process, when it could not be at once", async () => {
    await ran("change-type", { type: "t3.small" });
    await judgedWorse();
    await pause(person("olga"), null, world.ctx);
    const takeBack = createTakeBack(world.ctx);
    expect(await takeBack()).toEqual([]);
    await resume(person("ada"), null, world.ctx);
    expect(await takeBack()).toEqual([]);
    world.now += 60_000;
    expect(await takeBack()).toEqual(["plan-2"]);
    expect(await createTakeBack(world.ctx)()).toEqual([]);
    expect(world.events.filter(({ event }) => event === "no rollback")).toHaveLength(1);
  });

  it("is tried by a bot that starts after the verdict, and not any more after six hours", async () => {
    await ran("change-type", { type: "t3.small" });
    await judgedWorse();
    const { doneAt } = await planOf("plan-1");
    world.now = (doneAt ?? 0) + 6 * 3_600_000 + 1;
    expect(await createTakeBack(world.ctx)()).toEqual([]);
    world.now -= 1;
    expect(await createTakeBack(world.ctx)()).toEqual(["plan-2"]);
  });

  it("is not proposed by itself again when a person denied it", async () => {
    await ran("change-type", { type: "t3.small" });
    await judgedWorse();
    expect(await createTakeBack(world.ctx)()).toEqual(["plan-2"]);
    await deny({ plan: "plan-2", person: person("mara"), surface: "x", reason: null }, world.ctx);
    expect(await createTakeBack(world.ctx)()).toEqual([]);
  });

  it("is proposed once however often it is asked for, and not again once it was taken back", async () => {
    await ran("change-type", { type: "t3.small" });
    expect(await proposeRollback("plan-1", person("olga"), world.ctx)).toMatchObject({
      ok: true,
      existing: false,
    });
    expect(await proposeRollback("plan-1", person("otto"), world.ctx)).toMatchObject({
      ok: true,
      existing: true,
      plan: { id: "plan-2" },
    });
    await runPlan("plan-2");
    expect(await proposeRollback("plan-1", person("olga"), world.ctx)).toMatchObject({
      ok: false,
      reason: "rolled_back",
      plan: "plan-2",
    });
    expect(await proposeRollback("plan-2", person("olga"), world.ctx)).toMatchObject({
      ok: false,
      reason: "is_rollback",
    });
    expect(await lastChange(null, world.ctx)).toBeNull();
  });

  it("can be asked for again after somebody denied it", async () => {
    await ran("change-type", { type: "t3.small" });
    await proposeRollback("plan-1", person("olga"), world.ctx);
    await deny({ plan: "plan-2", person: person("mara"), surface: "x", reason: null }, world.ctx);
    expect(await proposeRollback("plan-1", person("olga"), world.ctx)).toMatchObject({
      ok: true,
      existing: false,
      plan: { id: "plan-3" },
    });
  });

  it("leaves the incident open when the way back helped: the trouble from before is still there", async () => {
    await raiseAlert(memoryAlert(), world.ctx);
    await ran("change-type", { type: "t3.small" }, "inc-1");
    await judgedWorse();
    await createTakeBack(world.ctx)();
    await runPlan("plan-2");
    const done = world.now / 1_000;
    world.metric = ({ end }) => ({
      mean: end <= done ? 60 : 10,
      samples: 20,
      low: 8,
      high: 12,
      partial: false,
    });
    world.now += 600_000;
    expect(await judge(world.ctx)).toMatchObject([{ id: "plan-2", verdict: "improved" }]);
    expect(await getIncident("inc-1", world.ctx)).toMatchObject({ status: "open" });
  });

  it("was taken back when the metric is as before, though that was trouble too", async () => {
    const level = (before: number, after: number) => {
      const done = world.now / 1_000;
      world.metric = ({ end }) => ({
        mean: end <= done ? before : after,
        samples: 20,
        low: 8,
        high: 12,
        partial: false,
      });
      world.now += 600_000;
    };
    await raiseAlert(memoryAlert(), world.ctx);
    await ran("change-type", { type: "t3.small" }, "inc-1");
    level(41, 70);
    await judge(world.ctx);
    await createTakeBack(world.ctx)();
    await runPlan("plan-2");
    level(70, 41);
    expect(await judge(world.ctx)).toMatchObject([{ id: "plan-2", verdict: "improved" }]);
    await judge(world.ctx);
    expect(await createTakeBack(world.ctx)()).toEqual([]);
  });

  it("is not proposed where nothing takes it back, and the card can say so", async () => {
    await raiseAlert(memoryAlert(), world.ctx);
    const plan = await ran("restart-service", {}, "inc-1");
    await judgedWorse();
    expect(await createTakeBack(world.ctx)()).toEqual([]);
    expect(wayBackOf(plan, world.ctx)).toEqual({
      possible: false,
      because:
        "There is nothing in it that could be taken back. Way back: none needed, the service starts with the same configuration.",
    });
  });
});

describe("the way back", () => {
  it("of a capacity is the one before, of a target taken out is putting it back", async () => {
    inGroup();
    world.cloud.balancers.set(
      "web",
      new Map([
        ["i-web-1:80", "healthy"],
        ["i-b:80", "healthy"],
      ]),
    );
    const scaled = await ran("scale", { to: "4" });
    expect(inverseOf(scaled)).toMatchObject({ words: "desired back to 3" });
    const out = await ran("take-out", { "target-group": "web", port: "80" });
    expect(inverseOf(out)).toMatchObject({ words: "back into web" });
  });

  it("of a reboot round standby, and of moving to new hardware, is none: they leave their target as it was", async () => {
    inGroup();
    expect(inverseOf(await ran("reboot"))).toEqual({ because: "It left web-1 as it was." });
    await world.close();
    world = await coreWorld();
    expect(inverseOf(await ran("new-hardware"))).toEqual({ because: "It left web-1 as it was." });
  });

  it("is refused where something changed since", async () => {
    await ran("change-type", { type: "t3.small" });
    world.cloud.instances.set("i-web-1", runningInstance({ type: "m5d.large" }));
    const refused = await proposeRollback("plan-1", person("olga"), world.ctx);
    expect(refused).toMatchObject({ ok: false, reason: "changed_since" });
    expect(!refused.ok && refused.message).toContain("its type was t3.small and is m5d.large");
    expect(await listAudit({ subject: "plan-1", limit: 1 }, world.ctx)).toMatchObject([
      { actor: "olga", verb: "refused roll back", detail: { reason: "changed_since" } },
    ]);
  });

  it("is refused for what never ran, only looked, is another instance now, or belongs to another cloud", async () => {
    await propose({ runbook: "stop", target: "web-1", requester: "system" }, world.ctx);
    expect(await proposeRollback("plan-1", person("olga"), world.ctx)).toMatchObject({ reason: "not_done" });
    expect(await proposeRollback("plan-9", person("olga"), world.ctx)).toMatchObject({
      reason: "unknown_plan",
    });
    expect(await proposeRollback("plan-1", person("vic"), world.ctx)).toMatchObject({
      reason: "not_allowed",
    });
    await runPlan("plan-1");
    world.ctx.dryRun = false;
    expect(await proposeRollback("plan-1", person("olga"), world.ctx)).toMatchObject({
      reason: "other_cloud",
    });
    world.ctx.dryRun = true;
    const target = world.targets.get("web-1");
    if (target) world.targets.set("web-1", { ...target, instanceId: "i-web-2" });
    expect(await proposeRollback("plan-1", person("olga"), world.ctx)).toMatchObject({
      reason: "other_instance",
    });
  });

  it("of the last change is found without its number, on one target or all", async () => {
    expect(await lastChange(null, world.ctx)).toBeNull();
    await ran("stop");
    expect((await lastChange(null, world.ctx))?.id).toBe("plan-1");
    expect((await lastChange("web-1", world.ctx))?.id).toBe("plan-1");
    expect(await lastChange("web-2", world.ctx)).toBeNull();
  });
});

it("counts against the trust of the rule that proposed what was taken back", async () => {
  const { incident } = await raiseAlert(memoryAlert(), world.ctx);
  const params = { type: "t3.small" };
  const proposal = {
    runbook: "change-type",
    params,
    target: "web-1",
    incident: incident.id,
    rule: "memory-leak",
  };
  await propose({ ...proposal, requester: "system" }, world.ctx);
  await runPlan("plan-1");
  const key = { rule: "memory-leak", runbook: "change-type", service: "app" };
  expect(await attemptsOf(world.ctx.store.db, key, 0)).toMatchObject([
    { verdict: null, open: true, rolledBack: false },
  ]);
  await proposeRollback("plan-1", person("olga"), world.ctx);
  await runPlan("plan-2");
  expect(await attemptsOf(world.ctx.store.db, key, 0)).toMatchObject([
    { number: 1, verdict: "worse", rolledBack: true },
  ]);
});
