import { expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, teamPolicy, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { execute } from "./execute.ts";
import { raiseAlert } from "./incident.ts";
import { getPlan } from "./plans.ts";
import { parsePolicy } from "./policy.ts";
import { propose } from "./propose.ts";
import { recover } from "./recover.ts";
import { resolve } from "./triage.ts";

/** A plan that was approved and claimed by a process that died before its first call. */
async function claimed(): Promise<World> {
  const world = await coreWorld();
  await raiseAlert(memoryAlert(), world.ctx);
  const proposal = { runbook: "restart-service", target: "web-1", requester: "system" as const };
  const proposed = await propose({ ...proposal, incident: "inc-1" }, world.ctx);
  if (!proposed.ok) throw new Error(proposed.message);
  await approve({ plan: "plan-1", person: personIn(world.ctx.policy, "mara"), surface: "slack" }, world.ctx);
  const dead = new Error("dead");
  const describe = () => Promise.reject(dead);
  let transactions = 0;
  const { store } = world.ctx;
  const dying = {
    ...world.ctx,
    cloud: { ...world.cloud, describe },
    store: {
      ...store,
      transaction: (work: Parameters<typeof store.transaction>[0]) => {
        transactions += 1;
        return transactions > 1 ? Promise.reject(dead) : store.transaction(work);
      },
    } as typeof store,
  };
  await expect(execute("plan-1", dying)).rejects.toThrow("dead");
  expect((await getPlan("plan-1", world.ctx))?.status).toBe("executing");
  world.now += 61_000;
  return world;
}

async function goesOn(world: World): Promise<{ status?: string; note?: string; calls: number }> {
  await (
    await recover(world.ctx)
  ).ended;
  const plan = await getPlan("plan-1", world.ctx);
  return { status: plan?.status, note: plan?.notes.at(-1), calls: world.cloud.accepted.length };
}

it("a plan that was claimed and not called runs after a restart when nothing changed", async () => {
  const world = await claimed();
  expect(await goesOn(world)).toMatchObject({ status: "done", calls: 1 });
  await world.close();
});

it.each<[string, string, (world: World) => Promise<void>]>([
  [
    "the cloud is another one",
    "other cloud",
    async (world) => {
      world.ctx.dryRun = false;
    },
  ],
  [
    "its approver may not approve any more",
    "approvals do not count",
    async (world) => {
      world.ctx.policy = parsePolicy(
        'people: {jon: {role: approver, identities: ["discord:G1/U4"]}}',
        "other.yaml",
      );
    },
  ],
  [
    "its incident was resolved",
    "its alert is over",
    async (world) => {
      await resolve("inc-1", personIn(teamPolicy(), "mara"), "gone", world.ctx);
    },
  ],
])("a plan that was claimed and not called is cancelled after a restart when %s", async (_, why, change) => {
  const world = await claimed();
  await change(world);
  const ended = await goesOn(world);
  expect(ended).toMatchObject({ status: "cancelled", calls: 0 });
  expect(ended.note).toContain(why);
  await world.close();
});
