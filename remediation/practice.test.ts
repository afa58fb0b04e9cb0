import { expect, it } from "vitest";
import { coreWorld, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve, deny } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { execute } from "./execute.ts";
import { getPlan } from "./plans.ts";
import { proposePractice } from "./practice.ts";
import { propose } from "./propose.ts";
import { disruptionsSince } from "./store/steps.ts";
import { judge } from "./verify.ts";

const as = (world: World, id: string, plan = "plan-1") => ({
  plan,
  person: personIn(world.ctx.policy, id),
  surface: "slack",
});
const practise = (world: World, id: string) =>
  proposePractice({ requester: personIn(world.ctx.policy, id) }, world.ctx);

it("goes the whole way with the rights of risk 2, calls nothing and gets no verdict", async () => {
  const world = await coreWorld();
  const never = () => Promise.reject(new Error("a practice must not reach the cloud"));
  world.ctx.cloud = { ...world.cloud, describe: never, limitedTo: never, sendCommand: never, reboot: never };
  expect(await practise(world, "mara")).toMatchObject({
    ok: true,
    plan: { risk: 2, status: "proposed", targets: [], approvalsNeeded: 1, incident: null },
  });
  expect(await approve(as(world, "olga"), world.ctx)).toMatchObject({ ok: false, reason: "not_allowed" });
  expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({ ok: false, reason: "own_plan" });
  expect(await approve(as(world, "jon"), world.ctx)).toMatchObject({ ok: true });
  expect(await execute("plan-1", world.ctx)).toMatchObject({
    ok: true,
    plan: {
      status: "done",
      steps: [{ state: "done", message: expect.stringContaining("nothing was touched") }],
    },
  });
  world.now += 3_600_000;
  await judge(world.ctx);
  expect((await getPlan("plan-1", world.ctx))?.verdict).toBeNull();
  const verbs = (await listAudit({ subject: "plan-1", limit: 20 }, world.ctx))
    .map(({ verb }) => verb)
    .reverse();
  expect(verbs.slice(0, 5)).toEqual(["propose", "refused approve", "refused approve", "approve", "execute"]);
  expect(verbs.at(-1)).toBe("done");
  await world.close();
});

it("takes nobody's slot, knows no cooldown, and can be denied", async () => {
  const world = await coreWorld();
  for (const plan of ["plan-1", "plan-2"]) {
    await practise(world, "olga");
    await approve(as(world, "mara", plan), world.ctx);
    expect(await execute(plan, world.ctx)).toMatchObject({ ok: true });
  }
  expect(await disruptionsSince(world.ctx.store.db, 0, 0)).toBe(0);
  await practise(world, "olga");
  expect(await deny(as(world, "jon", "plan-3"), world.ctx)).toMatchObject({
    ok: true,
    plan: { status: "denied" },
  });
  const real = await propose({ runbook: "restart-service", target: "web-1", requester: "system" }, world.ctx);
  if (!real.ok) throw new Error(real.message);
  expect(await approve(as(world, "mara", real.plan.id), world.ctx)).toMatchObject({ ok: true });
  await world.close();
});

it("is refused to viewers, counts among a person's proposals, and no other action runs without a target", async () => {
  const world = await coreWorld();
  expect(await practise(world, "vic")).toMatchObject({ ok: false, reason: "not_allowed" });
  for (let n = 0; n < 3; n += 1) await practise(world, "olga");
  expect(await practise(world, "olga")).toMatchObject({ ok: false, reason: "too_many_proposals" });
  await approve(as(world, "mara"), world.ctx);
  await world.ctx.store.db.updateTable("steps").set({ action: "reboot-instance" }).execute();
  expect(await execute("plan-1", world.ctx)).toMatchObject({ ok: false, reason: "tampered" });
  await world.close();
});
