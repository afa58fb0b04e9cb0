import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, personIn, type World } from "../fixtures/fakes/core.ts";
import { targetState } from "./actions/live-state.ts";
import { approve } from "./approve.ts";
import { appendAudit } from "./audit.ts";
import { execute } from "./execute.ts";
import { lease } from "./journal.ts";
import type { Plan } from "./plan.ts";
import { propose } from "./propose.ts";
import { runStep } from "./run-step.ts";
import { sameCall, sealedStory } from "./sealed-story.ts";
import { insertAuditRow, lastAuditRow } from "./store/audit-rows.ts";

let world: World;
beforeEach(async () => {
  world = await coreWorld();
});
afterEach(() => world.close());

async function approved(): Promise<Plan> {
  const asked = { runbook: "restart-service", target: "web-1", requester: "system" as const };
  const answer = await propose(asked, world.ctx);
  if (!answer.ok) throw new Error(answer.message);
  const person = personIn(world.ctx.policy, "mara");
  await approve({ plan: answer.plan.id, person, surface: "slack" }, world.ctx);
  return answer.plan;
}

describe("the sealed story of a plan", () => {
  const story = (plan: Pick<Plan, "id" | "digest">) =>
    world.ctx.store.transaction((trx) => sealedStory(trx, plan, world.ctx));
  /** As somebody would write it who has the database and not its key. */
  const forge = (plan: Plan, verb: string, detail: object) =>
    world.ctx.store.transaction(async (trx) => {
      const last = await lastAuditRow(trx);
      await insertAuditRow(trx, {
        seq: (last?.seq ?? 0) + 1,
        at: world.now,
        metric_at: 0,
        actor: "system",
        verb,
        subject: plan.id,
        detail: JSON.stringify(detail),
        prev_hash: last?.hash ?? "",
        hash: "0".repeat(64),
      });
    });

  const untold = { isClaimed: false, hasEnded: false, intents: new Set(), done: new Set() };

  it("tells what was claimed, called and ended, by whoever has the key", async () => {
    const plan = await approved();
    expect(await story(plan)).toEqual(untold);
    await execute(plan.id, world.ctx);
    const steps = new Set([1]);
    expect(await story(plan)).toEqual({ isClaimed: true, hasEnded: true, intents: steps, done: steps });
    expect(await story({ id: plan.id, digest: "another" })).toMatchObject({ isClaimed: false });
  });

  it("believes nothing that was written without the key", async () => {
    const plan = await approved();
    await forge(plan, "execute", { digest: plan.digest });
    await forge(plan, "step intent", { step: 1 });
    await forge(plan, "step done", { step: 1 });
    await forge(plan, "done", {});
    expect(await story(plan)).toEqual(untold);
  });

  it("takes no step for done that was neither about to be called nor had nothing to do", async () => {
    const plan = await approved();
    const tell = (detail: Record<string, unknown>) =>
      world.ctx.store.transaction((trx) =>
        appendAudit(trx, { actor: "system", verb: "step done", subject: plan.id, detail }, world.ctx),
      );
    await tell({ step: 1 });
    expect(await story(plan)).toEqual(untold);
    await tell({ step: 2, called: "no" });
    expect(await story(plan)).toEqual({ ...untold, done: new Set([2]) });
  });

  it("is not pushed out of sight by refusals, however many", async () => {
    const plan = await approved();
    await execute(plan.id, world.ctx);
    const before = await story(plan);
    const refusal = { actor: "vic", verb: "refused approve", subject: plan.id, detail: {} };
    await world.ctx.store.transaction(async (trx) => {
      for (let n = 0; n < 2_001; n += 1) await appendAudit(trx, refusal, world.ctx);
    });
    expect(before).toMatchObject({ isClaimed: true, hasEnded: true });
    expect(await story(plan)).toEqual(before);
  });

  it("of a plan that was claimed twice is that of none", async () => {
    const plan = await approved();
    const entry = { actor: "system", verb: "execute", subject: plan.id, detail: { digest: plan.digest } };
    const claim = () => world.ctx.store.transaction((trx) => appendAudit(trx, entry, world.ctx));
    await claim();
    expect(await story(plan)).toMatchObject({ isClaimed: true });
    await claim();
    expect(await story(plan)).toMatchObject({ isClaimed: false });
  });

  it("and two readings of a step are one call only with the same parameters, in whatever order", async () => {
    const [step] = (await approved()).steps;
    if (!step) throw new Error("no step");
    const one = { ...step, params: { a: "1", b: "2" } };
    expect(sameCall(one, { ...step, params: { b: "2", a: "1" } })).toBe(true);
    expect(sameCall(one, { ...step, params: { a: "1", b: "3" } })).toBe(false);
    expect(sameCall(one, { ...one, pinned: "another version" })).toBe(false);
    expect(sameCall(one, undefined)).toBe(false);
  });
});

it("no step is called of a plan whose claim is not in the audit, or whose end is", async () => {
  const plan = await approved();
  const held = await world.ctx.store.transaction((trx) => lease(trx, plan.number, false, world.ctx));
  const [step] = plan.steps;
  const state = await targetState({ name: "web-1", instanceId: "i-web-1" }, null, world.ctx);
  if (!held || !step || !state) throw new Error("no step");
  await world.ctx.store.db.updateTable("plans").set({ status: "executing" }).execute();
  const run = () => runStep(held, { plan, step, state }, world.ctx);
  expect(await run()).toMatchObject({ state: "refused", reason: "tampered" });
  const entry = (verb: string, detail: Record<string, unknown>) =>
    world.ctx.store.transaction((trx) =>
      appendAudit(trx, { actor: "system", verb, subject: plan.id, detail }, world.ctx),
    );
  await entry("execute", { digest: plan.digest });
  await entry("cancel", {});
  expect(await run()).toMatchObject({ state: "refused", reason: "tampered" });
  expect(world.cloud.accepted).toEqual([]);
});
