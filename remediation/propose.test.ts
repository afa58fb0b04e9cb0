import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runningInstance } from "../fixtures/fakes/cloud.ts";
import {
  addTarget,
  coreWorld,
  memoryAlert,
  personIn,
  teamPolicy,
  webTarget,
  type World,
} from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { isCritical } from "./blast-radius.ts";
import { execute } from "./execute.ts";
import { getIncident, raiseAlert } from "./incident.ts";
import { pause } from "./pause.ts";
import { denyAllPolicy } from "./policy.ts";
import { getPlan, listPlans } from "./plans.ts";
import { propose, proposeForIncident, type Proposal } from "./propose.ts";

const restart: Proposal = { runbook: "restart-service", target: "web-1", requester: "system" };

async function refusalOf(world: World, parts: Partial<Proposal>): Promise<string> {
  const proposed = await propose({ ...restart, ...parts }, world.ctx);
  return proposed.ok ? "proposed" : proposed.reason;
}

describe("a proposal", () => {
  it("becomes a plan that says all that will happen", async () => {
    const world = await coreWorld();
    await raiseAlert(memoryAlert(), world.ctx);
    const incident = await getIncident("inc-1", world.ctx);
    if (!incident) throw new Error("there is no inc-1");
    const proposed = await proposeForIncident(incident, world.ctx);
    expect(proposed).toMatchObject({
      ok: true,
      existing: false,
      plan: {
        id: "plan-1",
        status: "proposed",
        verdict: null,
        incident: "inc-1",
        targets: [
          { name: "web-1", instanceId: "i-web-1", region: "us-east-1", service: "app", generation: 1 },
        ],
        runbook: "restart-service",
        title: "Restart app on web-1",
        effect: "restart",
        params: { service: "app" },
        steps: [
          { n: 1, action: "restart-service", target: "web-1", params: { Service: "app" }, state: "ready" },
        ],
        risk: 2,
        approvalsNeeded: 1,
        fingerprint: { "web-1": { state: "running", type: "t3.micro", group: null, alert: "firing" } },
        cloud: "dry-run",
        requester: { id: "system" },
        rule: "memory-leak",
        expiresAt: world.now + 900_000,
        runBy: world.now + 1_200_000,
        metric: "memory_usage_percent",
        direction: "above",
        settleSeconds: 300,
      },
    });
    expect(world.cloud.accepted).toEqual([]);
    expect(await listAudit({ subject: "plan-1", limit: 5 }, world.ctx)).toMatchObject([
      { verb: "propose", actor: "system" },
    ]);
    await world.close();
  });

  it("of a rule names who pressed for it, and counts among theirs", async () => {
    const world = await coreWorld({ policy: teamPolicy("{proposals_per_10m: 1}") });
    const [olga, otto] = ["olga", "otto"].map((id) => personIn(world.ctx.policy, id));
    for (const target of ["web-1", "web-2"]) await raiseAlert(memoryAlert(target), world.ctx);
    const [first, second] = [await getIncident("inc-1", world.ctx), await getIncident("inc-2", world.ctx)];
    if (!first || !second) throw new Error("there are no incidents");
    expect(await proposeForIncident(first, world.ctx, olga)).toMatchObject({
      ok: true,
      plan: { requester: { id: "system" }, rule: "memory-leak" },
    });
    expect(await listAudit({ subject: "plan-1", limit: 5 }, world.ctx)).toMatchObject([
      { verb: "propose", actor: "system", detail: { pressed_by: { id: "olga", name: "Olga" } } },
    ]);
    expect(await proposeForIncident(second, world.ctx, olga)).toMatchObject({
      ok: false,
      reason: "too_many_proposals",
    });
    expect(await listAudit({ subject: "inc-2", limit: 1 }, world.ctx)).toMatchObject([
      { verb: "refused propose", actor: "olga" },
    ]);
    expect(await proposeForIncident(second, world.ctx, personIn(world.ctx.policy, "vic"))).toMatchObject({
      ok: false,
      reason: "not_allowed",
    });
    expect(await proposeForIncident(second, world.ctx, otto)).toMatchObject({ ok: true });
    await world.close();
  });

  it("of a rule that nobody pressed for names nobody and is no one's", async () => {
    const world = await coreWorld({ policy: teamPolicy("{proposals_per_10m: 0}") });
    await raiseAlert(memoryAlert(), world.ctx);
    const incident = await getIncident("inc-1", world.ctx);
    if (!incident) throw new Error("there is no inc-1");
    expect(await proposeForIncident(incident, world.ctx)).toMatchObject({ ok: true });
    const [entry] = await listAudit({ subject: "plan-1", limit: 5 }, world.ctx);
    expect(entry?.detail).not.toHaveProperty("pressed_by");
    await world.close();
  });

  it("that only reads needs nobody's approval", async () => {
    const world = await coreWorld();
    const proposed = await propose({ ...restart, runbook: "diagnostics" }, world.ctx);
    expect(proposed).toMatchObject({ ok: true, plan: { status: "approved", risk: 0, approvalsNeeded: 0 } });
    await world.close();
  });

  it("is refused with a reason for everything that does not fit", async () => {
    const world = await coreWorld();
    addTarget(world, webTarget("prometheus", { protectedBecause: "Prometheus runs on it" }));
    addTarget(world, webTarget("ghost", { instanceId: null }));
    addTarget(world, webTarget("bare", { tags: {} }));
    addTarget(world, webTarget("gone"));
    world.cloud.instances.delete("i-gone");
    await raiseAlert(memoryAlert("web-2"), world.ctx);
    const reasons: [Partial<Proposal>, string][] = [
      [{ runbook: "explode" }, "unknown_runbook"],
      [{ target: "web-9" }, "unknown_target"],
      [{ target: [] }, "no_target"],
      [{ target: ["web-1", "web-2"] }, "too_many_targets"],
      [{ target: "*" }, "unknown_target"],
      [{ target: "prometheus" }, "protected"],
      [{ target: "ghost" }, "protected"],
      [{ target: "gone" }, "missing"],
      [{ target: "bare" }, "params"],
      [{ params: { service: "a; b" } }, "params"],
      [{ params: { shell: "x" } }, "params"],
      [{ incident: "inc-9" }, "unknown_incident"],
      [{ incident: "inc-1" }, "other_target"],
      [{ requester: personIn(world.ctx.policy, "vic") }, "not_allowed"],
    ];
    for (const [parts, reason] of reasons)
      expect([parts, await refusalOf(world, parts)]).toEqual([parts, reason]);
    world.cloud.offline.add("i-web-1");
    expect(await refusalOf(world, {})).toBe("not_managed");
    world.cloud.offline.clear();
    world.cloud.inactive.add("SmartCloudOps-RestartService");
    expect(await refusalOf(world, {})).toBe("no_document");
    world.cloud.unreachable = true;
    expect(await refusalOf(world, {})).toBe("cloud");
    expect(await listPlans({}, world.ctx)).toEqual([]);
    // Only the person's refusal is news.
    expect(await listAudit({ limit: 1 }, world.ctx)).toMatchObject([
      { verb: "refused propose", actor: "vic", subject: "web-1", detail: { reason: "not_allowed" } },
    ]);
    await world.close();
  });

  it("is refused while automation is paused and where nobody could approve", async () => {
    const world = await coreWorld();
    await pause(personIn(world.ctx.policy, "olga"), "freeze", world.ctx);
    expect(await refusalOf(world, {})).toBe("paused");
    const nobody = { ...world.ctx, policy: denyAllPolicy("there is no policy") };
    expect(await propose(restart, nobody)).toMatchObject({ ok: false, reason: "no_approver" });
    await world.close();
  });

  it("of a reboot is refused for a member of an Auto Scaling group that cannot be seen", async () => {
    const world = await coreWorld();
    expect(await refusalOf(world, { runbook: "reboot" })).toBe("proposed");
    world.cloud.instances.set("i-web-2", runningInstance({ autoScalingGroup: "web" }));
    expect(await refusalOf(world, { runbook: "reboot", target: "web-2" })).toBe("not_in_service");
    await world.close();
  });
});

describe("a plan that only reads", () => {
  it("neither withdraws nor delays a remedy on its target, nor waits for one", async () => {
    const world = await coreWorld();
    const olga = personIn(world.ctx.policy, "olga");
    await propose({ runbook: "restart-service", target: "web-1", requester: "system" }, world.ctx);
    const logs = { runbook: "tail-logs", target: "web-1", requester: olga };
    expect(await propose(logs, world.ctx)).toMatchObject({
      ok: true,
      plan: { id: "plan-2", status: "approved" },
    });
    expect((await getPlan("plan-1", world.ctx))?.status).toBe("proposed");
    const mara = personIn(world.ctx.policy, "mara");
    expect(await approve({ plan: "plan-1", person: mara, surface: "slack" }, world.ctx)).toMatchObject({
      ok: true,
    });
    expect((await execute("plan-2", world.ctx)).plan?.status).toBe("done");
    expect((await execute("plan-1", world.ctx)).plan?.status).toBe("done");
    await world.close();
  });
});

describe("one undecided or running plan per target", () => {
  it("is kept whoever asks at once", async () => {
    const world = await coreWorld();
    const asked = await Promise.all(Array.from({ length: 32 }, () => propose(restart, world.ctx)));
    expect(asked.filter((one) => one.ok && !one.existing)).toHaveLength(1);
    expect(asked.filter((one) => one.ok && one.existing)).toHaveLength(31);
    expect(await listPlans({}, world.ctx)).toHaveLength(1);
    await world.close();
  });

  it("is replaced by a person's other choice, never by a rule's", async () => {
    const world = await coreWorld();
    await propose(restart, world.ctx);
    expect(await propose({ ...restart, runbook: "clean-disk" }, world.ctx)).toMatchObject({
      ok: false,
      reason: "plan_waiting",
      plan: "plan-1",
    });
    const olga = personIn(world.ctx.policy, "olga");
    expect(await propose({ ...restart, requester: olga }, world.ctx)).toMatchObject({
      ok: true,
      existing: true,
      plan: { requester: { id: "system" } },
    });
    expect(await propose({ ...restart, runbook: "clean-disk", requester: olga }, world.ctx)).toMatchObject({
      ok: true,
      plan: { id: "plan-2", requester: { id: "olga" }, targets: [{ generation: 2 }] },
    });
    expect(await getPlan("plan-1", world.ctx)).toMatchObject({
      status: "cancelled",
      notes: ["Olga chose another remedy, plan-2"],
    });
    await world.close();
  });

  it("ends with the plan's expiry", async () => {
    const world = await coreWorld();
    await propose(restart, world.ctx);
    world.now += 900_001;
    expect(await propose({ ...restart, runbook: "clean-disk" }, world.ctx)).toMatchObject({
      ok: true,
      plan: { id: "plan-2" },
    });
    expect((await getPlan("plan-1", world.ctx))?.status).toBe("expired");
    await world.close();
  });
});

describe("the blast radius", () => {
  it("never exceeds the cap, whatever is named", async () => {
    const world = await coreWorld({ policy: teamPolicy("{targets_per_plan: 2, proposals_per_10m: 10000}") });
    const name = fc.oneof(
      fc.constantFrom("web-1", "web-2", "db-1", "*", "", "web-*", "__proto__"),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(name, { maxLength: 12 }), async (target) => {
        const proposed = await propose({ ...restart, target, runbook: "diagnostics" }, world.ctx);
        if (!proposed.ok) return;
        const names = proposed.plan.targets.map((planned) => planned.name);
        expect(names.length).toBeGreaterThan(0);
        expect(names.length).toBeLessThanOrEqual(2);
        expect(names.every((planned) => target.includes(planned))).toBe(true);
      }),
      { numRuns: 100 },
    );
    await world.close();
  });

  it("of several targets or a critical one is risk 3 and needs two people", async () => {
    const world = await coreWorld({ policy: teamPolicy("{targets_per_plan: 2}") });
    addTarget(world, webTarget("db-9", { tags: { service: "db", critical: "true" } }));
    expect(await propose({ ...restart, target: "db-9" }, world.ctx)).toMatchObject({
      ok: true,
      plan: { risk: 3, approvalsNeeded: 2 },
    });
    // A tenth of the service is the most that one plan may disturb.
    for (let n = 3; n <= 20; n += 1) addTarget(world, webTarget(`web-${n}`));
    expect(await propose({ ...restart, target: ["web-2", "web-1", "web-2"] }, world.ctx)).toMatchObject({
      ok: true,
      plan: { risk: 3, approvalsNeeded: 2, steps: [{ target: "web-2" }, { target: "web-1" }] },
    });
    const critical = [
      { critical: "yes" },
      { Tier: "Critical" },
      { critical: "false" },
      { note: "not critical" },
    ];
    expect(critical.map((tags) => isCritical({ tags: Object.fromEntries(Object.entries(tags)) }))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    await world.close();
  });
});
