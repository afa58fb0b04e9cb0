import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, type World } from "../fixtures/fakes/core.ts";
import { listAudit } from "./audit.ts";
import { conclude } from "./conclude.ts";
import { raiseAlert } from "./incident.ts";
import type { StepState } from "./plan.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";

/** What a person's word settles of a plan of many steps, and what it leaves open. */

let world: World;
beforeEach(async () => {
  world = await coreWorld();
});
afterEach(() => world.close());

/** A change of type (stop, change, start, and two ways back) that ended so; what was called has an intent. */
async function stranded(states: StepState[], called: number[], incident?: string): Promise<void> {
  const asked = { runbook: "change-type", params: { type: "t3.small" }, target: "web-1" };
  const made = await propose(
    { ...asked, requester: "system", ...(incident === undefined ? {} : { incident }) },
    world.ctx,
  );
  if (!made.ok) throw new Error(made.message);
  const { db } = world.ctx.store;
  await db.updateTable("plans").set({ status: "needs_human" }).execute();
  for (const [index, state] of states.entries()) {
    const n = index + 1;
    const intent_at = called.includes(n) ? world.now : null;
    await db.updateTable("steps").set({ state, intent_at }).where("n", "=", n).execute();
  }
  world.changes.length = 0;
}
const settle = (outcome: "happened" | "did_not_happen", by = "mara", parts: object = {}) =>
  conclude({ plan: "plan-1", outcome, person: personIn(world.ctx.policy, by), ...parts }, world.ctx);
const now = async () => {
  const plan = await getPlan("plan-1", world.ctx);
  return {
    status: plan?.status,
    notes: plan?.notes,
    steps: plan?.steps.map(({ state, message }) => [state, message]),
  };
};
const happened = "According to Mara, it happened.";
const didNot = "According to Mara, it did not happen.";
const notWalked = "It was not walked, and nobody said that it was done by hand.";

describe("a person's word about a plan", () => {
  it("ends it well when its last step happened", async () => {
    await stranded(["done", "done", "needs_human", "ready", "ready"], [1, 2, 3]);
    expect(await settle("happened")).toMatchObject({ ok: true, plan: { status: "done", doneAt: world.now } });
    const { notes, steps } = await now();
    expect(notes).toEqual([happened]);
    expect(steps?.[2]).toEqual(["done", happened]);
    expect(steps?.slice(3)).toEqual([
      ["ready", null],
      ["ready", null],
    ]);
  });

  it("ends it badly when it did not happen", async () => {
    await stranded(["done", "done", "needs_human", "ready", "ready"], [1, 2, 3]);
    await settle("did_not_happen");
    expect(await now()).toMatchObject({ status: "failed", notes: [didNot] });
    expect((await now()).steps?.[2]).toEqual(["failed", didNot]);
  });

  it("does not make it whole while steps after it were not run", async () => {
    await stranded(["done", "needs_human", "ready", "ready", "ready"], [1, 2]);
    await settle("happened");
    expect(await now()).toMatchObject({
      status: "failed",
      notes: [`${happened} The steps after it were not run.`],
    });
  });

  it("does not make it whole when a step before it failed, or something was taken back", async () => {
    await stranded(["done", "failed", "needs_human", "ready", "ready"], [1, 2, 3]);
    await settle("happened");
    expect((await now()).status).toBe("failed");
    await world.ctx.store.db.updateTable("plans").set({ status: "needs_human" }).execute();
    const states = ["done", "done", "needs_human", "done", "ready"] as const;
    for (const [index, state] of states.entries())
      await world.ctx.store.db
        .updateTable("steps")
        .set({ state })
        .where("n", "=", index + 1)
        .execute();
    await settle("happened");
    expect((await now()).status).toBe("failed");
  });

  it("is about what was called, and not about a way back that nobody walked", async () => {
    await stranded(["done", "done", "needs_human", "ready", "needs_human"], [1, 2, 3]);
    await settle("happened");
    const { status, notes, steps } = await now();
    expect([status, notes]).toEqual([
      "failed",
      [`${happened} Look at web-1: its way back (start-instance) was not walked.`],
    ]);
    expect([steps?.[2], steps?.[4]]).toEqual([
      ["done", happened],
      ["failed", notWalked],
    ]);
  });

  it("is about the way back where nothing else is open", async () => {
    await stranded(["done", "failed", "ready", "ready", "needs_human"], [1, 2]);
    await settle("happened");
    const { status, notes, steps } = await now();
    expect(status).toBe("failed");
    expect(notes?.join()).toContain(`${happened} The steps after it were not run. Look at web-1`);
    expect(steps?.[4]).toEqual(["done", happened]);
  });
});

describe("a conclusion", () => {
  it("is written and told, with the incident", async () => {
    const raised = await raiseAlert(memoryAlert(), world.ctx);
    const incident = `inc-${raised.incident.number}`;
    await stranded(["done", "done", "needs_human", "ready", "ready"], [1, 2, 3], incident);
    await settle("happened", "mara", { reason: "I saw it" });
    expect(world.changes).toEqual([{ plan: "plan-1", incident }]);
    expect(await listAudit({ limit: 1 }, world.ctx)).toMatchObject([
      {
        actor: "mara",
        verb: "conclude",
        subject: "plan-1",
        detail: { outcome: "happened", reason: "I saw it" },
      },
    ]);
  });

  it("is told without an incident where there is none", async () => {
    await stranded(["done", "done", "needs_human", "ready", "ready"], [1, 2, 3]);
    await settle("happened");
    expect(world.changes).toEqual([{ plan: "plan-1" }]);
    expect((await listAudit({ limit: 1 }, world.ctx))[0]?.detail).toEqual({
      outcome: "happened",
      reason: null,
    });
  });

  const refused = async (reason: string, subject = "plan-1") => {
    expect(await listAudit({ limit: 1 }, world.ctx)).toMatchObject([
      { verb: "refused conclude", subject, detail: { outcome: "happened", reason } },
    ]);
    expect(world.changes).toEqual([]);
  };

  it("is refused to people without the role, whose reason is not taken for one", async () => {
    await stranded(["done", "done", "needs_human", "ready", "ready"], [1, 2, 3]);
    const answer = await settle("happened", "olga", { reason: "I saw it" });
    expect(answer).toMatchObject({ ok: false, reason: "not_allowed", plan: { status: "needs_human" } });
    await refused("not_allowed");
  });

  it("is refused of what needs none: other states, no open step, and plans that do not exist", async () => {
    await stranded(["done", "done", "needs_human", "ready", "ready"], [1, 2, 3]);
    const { db } = world.ctx.store;
    await db.updateTable("plans").set({ status: "executing" }).execute();
    expect(await settle("happened")).toMatchObject({
      reason: "executing",
      message: "plan-1 is running; there is nothing to settle.",
    });
    await db.updateTable("plans").set({ status: "needs_human" }).execute();
    await db.updateTable("steps").set({ state: "done" }).where("n", "=", 3).execute();
    expect(await settle("happened")).toMatchObject({ reason: "needs_human" });
    await refused("needs_human");
    const name = "x".repeat(60);
    expect(await settle("happened", "mara", { plan: name })).toMatchObject({
      ok: false,
      reason: "unknown_plan",
      message: `There is no ${"x".repeat(40)}.`,
      plan: null,
    });
    await refused("unknown_plan", "x".repeat(40));
  });
});
