import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coreWorld, personIn, type World } from "../fixtures/fakes/core.ts";
import { cureByRule, proposeByRule, quickPolicy, trustedWorld } from "../fixtures/fakes/trusted-world.ts";
import { approve, cancel, deny } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { endGrants, trustOf } from "./autonomy.ts";
import { decideAlone } from "./decide-alone.ts";
import { execute } from "./execute.ts";
import { suspectMonitoring } from "./mass-event.ts";
import { pause } from "./pause.ts";
import { getPlan } from "./plans.ts";
import { demote, promote, switchAutonomy } from "./promote.ts";
import { resolve, acknowledge } from "./triage.ts";

const key = { rule: "memory-leak", runbook: "restart-service", service: "app" };
const minute = 60_000;
const [ada, mara, olga] = ["ada", "mara", "olga"].map((id) => personIn(quickPolicy, id)) as [
  ReturnType<typeof personIn>,
  ReturnType<typeof personIn>,
  ReturnType<typeof personIn>,
];

const levelOf = async (world: World) => (await trustOf(world.ctx.store.db, key, world.ctx)).level;

describe("a promotion", () => {
  it("needs an admin and the verified cures, and goes one level at a time", async () => {
    const world = await coreWorld({ policy: quickPolicy });
    expect(await promote("memory-leak", ada, world.ctx)).toMatchObject({ ok: false, reason: "not_earned" });
    await cureByRule(world);
    expect(await promote("memory-leak", ada, world.ctx)).toMatchObject({
      ok: false,
      message: expect.stringContaining("1 of 2 verified cures on app"),
    });
    await cureByRule(world);
    expect(await promote("memory-leak", mara, world.ctx)).toMatchObject({ ok: false, reason: "not_allowed" });
    expect(await promote("memory-leak", ada, world.ctx)).toMatchObject({
      ok: true,
      moved: [{ service: "app", from: "approve", to: "veto" }],
    });
    expect(await promote("memory-leak", ada, world.ctx)).toMatchObject({ ok: false, reason: "not_earned" });
    expect(await promote("no-such-rule", ada, world.ctx)).toMatchObject({
      ok: false,
      reason: "unknown_rule",
    });
    const verbs = (await listAudit({ limit: 500 }, world.ctx)).map(({ verb }) => verb);
    expect(verbs.filter((verb) => verb.includes("promote"))).toEqual([
      "refused promote",
      "refused promote",
      "promote",
      "refused promote",
      "refused promote",
      "refused promote",
    ]);
    await world.close();
  });

  it("ends by itself with its time, and with one verdict worse, after which cures count anew", async () => {
    const world = await trustedWorld("veto");
    expect(await levelOf(world)).toBe("veto");
    await cureByRule(world, "worse");
    expect(await levelOf(world)).toBe("approve");
    expect(await endGrants(world.ctx)).toMatchObject([{ rule: "memory-leak", service: "app" }]);
    expect(await endGrants(world.ctx)).toEqual([]);
    await cureByRule(world);
    expect(await promote("memory-leak", ada, world.ctx)).toMatchObject({ ok: false, reason: "not_earned" });
    await cureByRule(world);
    expect(await promote("memory-leak", ada, world.ctx)).toMatchObject({ ok: true });
    world.now += 31 * 86_400_000;
    expect(await levelOf(world)).toBe("approve");
    expect(await endGrants(world.ctx)).toMatchObject([{ because: "its time is over" }]);
    await world.close();
  });

  it("counts for nothing when its row was written by hand", async () => {
    const world = await trustedWorld("veto");
    await world.ctx.store.db.updateTable("rule_autonomy").set({ level: "auto" }).execute();
    expect(await levelOf(world)).toBe("approve");
    await world.close();
  });

  it("does not outlive the version of the runbook that earned it", async () => {
    const world = await trustedWorld("veto");
    world.ctx.runbooks = world.ctx.runbooks.map((runbook) => ({ ...runbook, version: "another" }));
    expect(await levelOf(world)).toBe("approve");
    await world.close();
  });
});

describe("a plan under veto", () => {
  it("runs when nobody objected in time, by a sealed decision of its rule", async () => {
    const world = await trustedWorld("veto");
    const plan = await proposeByRule(world);
    expect(await decideAlone(world.ctx)).toEqual([]);
    world.now += 10 * minute - 1;
    expect(await decideAlone(world.ctx)).toEqual([]);
    world.now += 1;
    expect(await decideAlone(world.ctx)).toEqual([plan]);
    expect(await getPlan(plan, world.ctx)).toMatchObject({
      status: "approved",
      decisions: [{ person: "system:rule memory-leak", name: "rule memory-leak", surface: "rule" }],
    });
    const calls = world.cloud.accepted.length;
    expect(await execute(plan, world.ctx)).toMatchObject({ ok: true, plan: { status: "done" } });
    expect(world.cloud.accepted.length).toBe(calls + 1);
    await world.close();
  });

  it.each([
    ["objects", (world: World, plan: string) => cancel({ plan, person: olga, surface: "slack" }, world.ctx)],
    ["denies", (world: World, plan: string) => deny({ plan, person: olga, surface: "slack" }, world.ctx)],
    ["pauses", (world: World) => pause(olga, null, world.ctx)],
    ["demotes the rule", (world: World) => demote("memory-leak", olga, world.ctx)],
    ["turns autonomy off", (world: World) => switchAutonomy("off", olga, "", world.ctx)],
    ["takes the incident", (world: World) => acknowledge("inc-3", olga, world.ctx)],
  ])("does not run when somebody %s", async (_what, object) => {
    const world = await trustedWorld("veto");
    const plan = await proposeByRule(world);
    expect(await object(world, plan)).toMatchObject({ ok: true });
    world.now += 11 * minute;
    expect(await decideAlone(world.ctx)).toEqual([]);
    expect((await getPlan(plan, world.ctx))?.status).not.toBe("approved");
    await world.close();
  });

  it("says once on its card why it waits for people after all", async () => {
    const world = await trustedWorld("veto");
    const plan = await proposeByRule(world);
    await suspectMonitoring({ targets: ["a", "b", "c", "d", "e"], fleet: 9, silent: 0 }, world.ctx);
    world.now += 11 * minute;
    await decideAlone(world.ctx);
    await decideAlone(world.ctx);
    expect((await getPlan(plan, world.ctx))?.notes).toEqual([
      expect.stringMatching(
        /^Not run by rule memory-leak: autonomy is off: suspect monitoring: 5 of 9 targets/,
      ),
    ]);
    expect(await approve({ plan, person: mara, surface: "slack" }, world.ctx)).toMatchObject({ ok: true });
    await world.close();
  });

  it("is not run when the rule loses its level between the decision and the run", async () => {
    const world = await trustedWorld("veto");
    const plan = await proposeByRule(world);
    world.now += 10 * minute;
    expect(await decideAlone(world.ctx)).toEqual([plan]);
    await demote("memory-leak", olga, world.ctx);
    const calls = world.cloud.accepted.length;
    expect(await execute(plan, world.ctx)).toMatchObject({ ok: false, reason: "approval" });
    expect(world.cloud.accepted.length).toBe(calls);
    await world.close();
  });

  it("does not run by a decision that was written by hand", async () => {
    const world = await trustedWorld("veto");
    const plan = await proposeByRule(world);
    const { db } = world.ctx.store;
    const hand = { person: "system:rule memory-leak", name: "rule", decision: "approve", surface: "rule" };
    const made = {
      ...hand,
      plan: 3,
      at: world.now,
      reason: null,
      policy_hash: quickPolicy.hash,
      break_glass: 0,
      seal: "00",
    };
    await db.insertInto("decisions").values(made).execute();
    await db.updateTable("plans").set({ status: "approved" }).where("number", "=", 3).execute();
    world.now += 11 * minute;
    expect(await execute(plan, world.ctx)).toMatchObject({ ok: false, reason: "approval" });
    await world.close();
  });

  it("waits while the metric of its verdict is not seen", async () => {
    const world = await trustedWorld("veto");
    const plan = await proposeByRule(world);
    world.now += 10 * minute;
    const { measure } = world.ctx;
    world.ctx.measure = () => Promise.reject(new Error("connection refused"));
    expect(await decideAlone(world.ctx)).toEqual([]);
    world.ctx.measure = async () => ({ mean: null, samples: 0, partial: false });
    expect(await decideAlone(world.ctx)).toEqual([]);
    world.ctx.measure = async () => ({ mean: 40, samples: 5, partial: true });
    expect(await decideAlone(world.ctx)).toEqual([]);
    world.ctx.measure = measure;
    expect(await decideAlone(world.ctx)).toEqual([plan]);
    await world.close();
  });

  it("whose waiting time was shortened in the database is not what was proposed", async () => {
    const world = await trustedWorld("veto");
    const plan = await proposeByRule(world);
    await world.ctx.store.db
      .updateTable("plans")
      .set({ alone_at: world.now })
      .where("number", "=", 3)
      .execute();
    expect(await decideAlone(world.ctx)).toEqual([]);
    expect((await getPlan(plan, world.ctx))?.notes.join()).toContain("it is not what was proposed any more");
    await world.close();
  });

  it("is never made for a second approver's plan or a critical target", async () => {
    const world = await trustedWorld("auto");
    const target = world.targets.get("web-1");
    if (target) world.targets.set("web-1", { ...target, tags: { ...target.tags, critical: "true" } });
    const plan = await proposeByRule(world);
    expect((await getPlan(plan, world.ctx))?.runsAlone).toBeNull();
    expect(await decideAlone(world.ctx)).toEqual([]);
    await world.close();
  });
});

it("a rule under auto decides at once, and the cap on disruptions holds for it too", async () => {
  const world = await trustedWorld("auto");
  const plan = await proposeByRule(world);
  expect(await decideAlone(world.ctx)).toEqual([plan]);
  await world.close();
});

it("no path leads to a rule's own decision without the verified cures, whatever people and the world do", async () => {
  const move = fc.constantFrom(
    "improved",
    "unchanged",
    "worse",
    "promote",
    "promote by approver",
    "demote",
    "on",
    "off",
    "wait",
    "alone",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 4, maxLength: 14 }), async (moves) => {
      const world = await coreWorld({ policy: quickPolicy });
      // The model: cures since the last change of the level, and the level that they and an admin allow at most.
      let [cures, allowed] = [0, 0];
      for (const step of moves) {
        if (step === "improved" || step === "unchanged" || step === "worse") {
          await cureByRule(world, step);
          if (step === "improved") cures += 1;
          if (step === "worse") [cures, allowed] = [0, 0];
        } else if (step === "promote") {
          const { ok } = await promote("memory-leak", ada, world.ctx);
          expect(ok).toBe(cures >= 2 && allowed < 2);
          if (ok) [cures, allowed] = [0, allowed + 1];
        } else if (step === "promote by approver") {
          expect((await promote("memory-leak", mara, world.ctx)).ok).toBe(false);
        } else if (step === "demote") {
          if ((await demote("memory-leak", olga, world.ctx)).ok) [cures, allowed] = [0, 0];
        } else if (step === "wait") {
          world.now += 40 * 86_400_000;
          allowed = 0;
          await endGrants(world.ctx);
        } else if (step === "on" || step === "off") {
          await switchAutonomy(step, mara, "", world.ctx);
        } else {
          const plan = await proposeByRule(world);
          world.now += 10 * minute;
          const alone = await decideAlone(world.ctx);
          if (allowed === 0) expect(alone).toEqual([]);
          await cancel({ plan, person: mara, surface: "slack" }, world.ctx);
          await resolve((await getPlan(plan, world.ctx))?.incident ?? "", ada, null, world.ctx);
        }
        const level = await levelOf(world);
        expect(["approve", "veto", "auto"].indexOf(level)).toBe(allowed);
      }
      await world.close();
    }),
    { numRuns: 25 },
  );
}, 60_000);
