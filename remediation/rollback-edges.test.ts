import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { execute } from "./execute.ts";
import { raiseAlert } from "./incident.ts";
import { inverseOf } from "./inverse.ts";
import type { Plan, PlanStatus, Verdict } from "./plan.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";
import { lastChange, proposeRollback, wayBackOf } from "./rollback.ts";
import { createTakeBack } from "./take-back-worse.ts";

/** What cannot be taken back, and what is said then. */

let world: World;
beforeEach(async () => {
  world = await coreWorld();
});
afterEach(() => world.close());

const olga = () => personIn(world.ctx.policy, "olga");
const back = (id = "plan-1") => proposeRollback(id, olga(), world.ctx);
async function ran(runbook: string, params: Record<string, string> = {}, incident?: string): Promise<Plan> {
  const asked = { runbook, params, target: "web-1", ...(incident === undefined ? {} : { incident }) };
  const made = await propose({ ...asked, requester: "system" }, world.ctx);
  if (!made.ok) throw new Error(made.message);
  const { id } = made.plan;
  await approve({ plan: id, person: personIn(world.ctx.policy, "mara"), surface: "x" }, world.ctx);
  await execute(id, world.ctx);
  const plan = await getPlan(id, world.ctx);
  if (plan?.status !== "done") throw new Error(`${id} is ${plan?.status}`);
  return plan;
}
const set = (number: number, status: PlanStatus) =>
  world.ctx.store.db.updateTable("plans").set({ status }).where("number", "=", number).execute();

describe("taking back is refused", () => {
  it("for what only looked, and the last change is none of it", async () => {
    await ran("diagnostics");
    expect(await back()).toMatchObject({
      reason: "no_way_back",
      message: expect.stringContaining("only looked"),
    });
    expect(await lastChange(null, world.ctx)).toBeNull();
  });

  it.each<[PlanStatus, string]>([
    ["failed", "plan-1 failed, and what it could it took back then"],
    ["needs_human", "plan-1 needs a person; it can be taken back when it is done."],
    ["denied", "plan-1 is denied: it never ran"],
  ])("for what is %s", async (status, words) => {
    await ran("stop");
    await set(1, status);
    expect(await back()).toMatchObject({ reason: "not_done", message: expect.stringContaining(words) });
  });

  it("for what is being taken back or was, and says how that stands", async () => {
    await ran("stop");
    const made = await back();
    expect(made).toMatchObject({ ok: true, plan: { id: "plan-2", rollsBack: "plan-1" } });
    for (const [status, words] of [
      ["approved", "is approved"],
      ["needs_human", "needs a person"],
      ["done", "is done"],
    ] as const) {
      await set(2, status);
      expect(await back()).toMatchObject({
        reason: "rolled_back",
        plan: "plan-2",
        message: `plan-2 takes plan-1 back and ${words}.`,
      });
    }
    expect(await lastChange(null, world.ctx)).toBeNull();
    await set(2, "approved");
    expect((await lastChange(null, world.ctx))?.id).toBe("plan-1");
  });

  it("for what does not exist, in a short sentence", async () => {
    const name = "x".repeat(90);
    const message = `There is no ${"x".repeat(60)}.`;
    expect(await back(name)).toMatchObject({ reason: "unknown_plan", message });
    expect(await listAudit({ limit: 1 }, world.ctx)).toMatchObject([{ subject: "x".repeat(60) }]);
  });

  it("for a target that left the inventory", async () => {
    await ran("stop");
    world.targets.delete("web-1");
    expect(await back()).toMatchObject({ ok: false });
  });
});

describe("what is judged", () => {
  const judged = (row: { verdict: Verdict; rolls_back?: number | null }) =>
    world.ctx.store.db.updateTable("plans").set(row).where("number", "=", 1).execute();

  it("is taken back only when it made things worse and took nothing back itself", async () => {
    await ran("stop");
    const takeBack = createTakeBack(world.ctx);
    await judged({ verdict: "improved" });
    expect(await takeBack()).toEqual([]);
    await judged({ verdict: "worse", rolls_back: 7 });
    expect(await takeBack()).toEqual([]);
    await judged({ verdict: "worse", rolls_back: null });
    expect(await takeBack()).toEqual(["plan-2"]);
  });

  it("and cannot be taken back is logged", async () => {
    await ran("restart-service");
    await judged({ verdict: "worse" });
    expect(await createTakeBack(world.ctx)()).toEqual([]);
    expect(world.events.at(-1)).toMatchObject({ level: "info", event: "no rollback", plan: "plan-1" });
  });
});

it("a way back is told with what it does, and of an unknown runbook only that there is none", async () => {
  const stopped = await ran("stop");
  const inverse = inverseOf(stopped);
  expect(wayBackOf(stopped, world.ctx)).toEqual({
    possible: true,
    words: "words" in inverse ? inverse.words : "none",
  });
  await world.close();
  world = await coreWorld();
  const restarted = await ran("restart-service");
  expect(wayBackOf(restarted, { runbooks: [] })).toEqual({
    possible: false,
    because: "There is nothing in it that could be taken back.",
  });
});

it("a way back does not belong to an incident that was resolved", async () => {
  const raised = await raiseAlert(memoryAlert(), world.ctx);
  const incident = `inc-${raised.incident.number}`;
  await ran("stop", {}, incident);
  await world.ctx.store.db.updateTable("incidents").set({ status: "resolved" }).execute();
  expect(await back()).toMatchObject({ ok: true, plan: { id: "plan-2", incident: null } });
});
