import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addTarget, coreWorld, personIn, webTarget, type World } from "../fixtures/fakes/core.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";
import { reachOf } from "./reach.ts";
import { approve } from "./approve.ts";
import { afterStep } from "./expected-state.ts";
import type { Plan, Step } from "./plan.ts";
import type { TargetState } from "./actions/target-state.ts";

let world: World;
beforeEach(async () => {
  world = await coreWorld();
  addTarget(world, webTarget("web-2"));
});
afterEach(() => world.close());

async function made(): Promise<Plan> {
  await propose({ runbook: "restart-service", target: "web-1", requester: "system" }, world.ctx);
  await approve({ plan: "plan-1", person: personIn(world.ctx.policy, "mara"), surface: "x" }, world.ctx);
  const plan = await getPlan("plan-1", world.ctx);
  if (!plan) throw new Error("no plan");
  return plan;
}

describe("the rights of a plan's calls", () => {
  it("reach its targets and what its steps name, each once, in the name of those who approved", async () => {
    const plan = await made();
    const [step] = plan.steps;
    const [decision] = plan.decisions;
    if (!step || !decision) throw new Error("nothing to test with");
    expect(reachOf(plan)).toEqual({
      plan: "plan-1",
      approver: "mara",
      instanceIds: ["i-web-1"],
      groups: [],
      targetGroups: [],
    });
    const steps: Step[] = [
      { ...step, params: { Group: "web-asg" } },
      { ...step, params: { Group: "web-asg", TargetGroup: "web" } },
    ];
    const decisions = [
      { ...decision, person: "vic", decision: "deny" as const },
      decision,
      { ...decision, person: "jon" },
    ];
    expect(reachOf({ ...plan, steps, decisions })).toMatchObject({
      approver: "mara, jon",
      groups: ["web-asg"],
      targetGroups: ["web"],
    });
    expect(reachOf({ ...plan, decisions: [] }).approver).toBe("nobody, risk 0");
  });
});

describe("after a step", () => {
  const stands = (group: string | null, desired = 3): TargetState => ({
    state: "running",
    type: "t3.micro",
    group: group === null ? null : { name: group, min: 1, max: 9, desired, lifecycle: "InService" },
    alert: "none",
  });

  it("the group's other members stand with its new capacity, and nobody else does", async () => {
    const [one] = (await made()).steps;
    if (!one) throw new Error("no step");
    const step = { ...one, action: "set-desired", params: { Group: "web-asg", Desired: "5" } };
    const before = {
      "web-1": stands("web-asg"),
      "web-2": stands("web-asg"),
      "db-1": stands("db-asg"),
      "old-1": stands(null),
    };
    expect(afterStep(before, step)).toEqual({
      ...before,
      "web-1": stands("web-asg", 5),
      "web-2": stands("web-asg", 5),
    });
    const alone = { "web-1": stands(null), "db-1": stands("db-asg"), "old-1": stands(null) };
    expect(afterStep(alone, { ...one, action: "stop-instance", params: {} })).toEqual({
      ...alone,
      "web-1": { ...stands(null), state: "stopped" },
    });
  });

  it("of an unknown target or an unknown action all stand as before", async () => {
    const [step] = (await made()).steps;
    if (!step) throw new Error("no step");
    const before = { "web-1": stands(null) };
    expect(afterStep(before, { ...step, action: "dance" })).toBe(before);
    expect(afterStep(before, { ...step, target: "web-9" })).toBe(before);
  });
});
