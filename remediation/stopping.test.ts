import { expect, it } from "vitest";
import { coreWorld, packageRunbooks, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { execute } from "./execute.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";
import { recover } from "./recover.ts";
import { parseRunbooks } from "./runbook.ts";
import { Stopping } from "./stopping.ts";

const twice = `
name: twice
title: Reboot {target} twice
effect: reboot
cures: Nothing.
stops: everything
way_back: none
steps:
  - action: reboot-instance
  - action: reboot-instance
`;

async function approved(runbook: "twice" | "reboot"): Promise<World> {
  const world = await coreWorld();
  world.ctx.runbooks = [...packageRunbooks, ...parseRunbooks([{ file: "twice.yaml", text: twice }])];
  const proposed = await propose({ runbook, target: "web-1", requester: "system" }, world.ctx);
  if (!proposed.ok) throw new Error(proposed.message);
  const person = personIn(world.ctx.policy, "mara");
  const decided = await approve({ plan: "plan-1", person, surface: "x" }, world.ctx);
  if (!decided.ok) throw new Error(decided.message);
  return world;
}

const states = async (world: World) => {
  const plan = await getPlan("plan-1", world.ctx);
  return [plan?.status, ...(plan?.steps.map(({ state }) => state) ?? [])];
};

it("begins no plan during a stop, and the next start begins it", async () => {
  const world = await approved("reboot");
  world.ctx.isStopping = () => true;
  await expect(execute("plan-1", world.ctx)).rejects.toThrow(Stopping);
  expect(await states(world)).toEqual(["approved", "ready"]);
  world.ctx.isStopping = () => false;
  await (
    await recover(world.ctx)
  ).ended;
  expect(await states(world)).toEqual(["done", "done"]);
  expect(world.cloud.accepted).toHaveLength(1);
  await world.close();
});

it("writes how the step under way ended and no new intent, and the next start makes the step after it", async () => {
  const world = await approved("twice");
  let stopping = false;
  world.ctx.isStopping = () => stopping;
  const { reboot } = world.cloud;
  world.ctx.cloud = {
    ...world.cloud,
    reboot: async (instanceId) => {
      stopping = true;
      await reboot(instanceId);
    },
  };
  await expect(execute("plan-1", world.ctx)).rejects.toThrow(Stopping);
  expect(await states(world)).toEqual(["executing", "done", "ready"]);
  expect(world.cloud.accepted).toHaveLength(1);
  const intents = (await listAudit({ subject: "plan-1", limit: 50 }, world.ctx)).filter(
    ({ verb }) => verb === "step intent",
  );
  expect(intents).toHaveLength(1);
  stopping = false;
  world.ctx.cloud = { ...world.cloud, reboot };
  world.now += 60_000;
  await (
    await recover({ ...world.ctx, holder: "the next" })
  ).ended;
  expect(await states(world)).toEqual(["done", "done", "done"]);
  expect(world.cloud.accepted).toHaveLength(2);
  await world.close();
});
