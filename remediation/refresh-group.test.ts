import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runningInstance } from "../fixtures/fakes/cloud.ts";
import { coreWorld, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { execute } from "./execute.ts";
import type { Plan } from "./plan.ts";
import { propose } from "./propose.ts";

let world: World;
beforeEach(async () => {
  world = await coreWorld();
  world.cloud.instances.set("i-web-1", runningInstance({ autoScalingGroup: "web" }));
  const members = new Map([["i-web-1", { lifecycle: "InService", healthy: true }]]);
  world.cloud.groups.set("web", { name: "web", min: 1, max: 4, desired: 1, members, refreshes: [] });
});
afterEach(async () => {
  await world.close();
});

const started = (id: string, startedAt: number) =>
  world.cloud.groups.get("web")?.refreshes.push({ id, status: "Successful", startedAt, detail: "" });

async function run(): Promise<Plan | null> {
  const asked = { runbook: "instance-refresh", target: "web-1", requester: "system" as const };
  const proposed = await propose(asked, world.ctx);
  if (!proposed.ok) throw new Error(proposed.message);
  for (const who of ["mara", "jon"])
    await approve(
      { plan: proposed.plan.id, person: personIn(world.ctx.policy, who), surface: "x" },
      world.ctx,
    );
  return (await execute(proposed.plan.id, world.ctx)).plan;
}

describe("a refresh whose answer was lost", () => {
  it("is never taken for ours, though one began at that moment", async () => {
    world.cloud.mishaps.push("timeout after accept");
    const plan = await run();
    expect(plan?.status).toBe("needs_human");
    expect(plan?.steps[0]).toMatchObject({ reference: null, evidence: { seen: "refresh-1 (Successful)" } });
    expect(plan?.steps[0]?.message).toContain("may be this plan's or somebody else's");
    expect(world.cloud.accepted).toEqual(["refresh web"]);
  });

  it("is not somebody else's that began while ours did not", async () => {
    world.cloud.mishaps.push("timeout before accept");
    const { startRefresh } = world.cloud;
    world.cloud.startRefresh = (name) => {
      started("by-hand", world.now);
      return startRefresh(name);
    };
    expect(await run()).toMatchObject({ status: "needs_human", steps: [{ reference: null }] });
    expect(world.cloud.accepted).toEqual([]);
  });

  it("is not one from before, however close to the call", async () => {
    started("earlier", world.now);
    world.cloud.mishaps.push("timeout before accept");
    const plan = await run();
    expect(plan?.status).toBe("needs_human");
    expect(plan?.steps[0]?.message).toBe("Auto Scaling shows no refresh of web from then.");
  });
});
