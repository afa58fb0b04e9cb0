import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addTarget, coreWorld, personIn, teamPolicy, webTarget, type World } from "../fixtures/fakes/core.ts";
import { approve, cancel, deny } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { planDigest } from "./digest.ts";
import { expire } from "./expire.ts";
import { pause } from "./pause.ts";
import { personOf } from "./people.ts";
import type { Plan } from "./plan.ts";
import { getPlan } from "./plans.ts";
import { parsePolicy } from "./policy.ts";
import { propose } from "./propose.ts";

async function proposed(world: World, by: string | "system" = "system", target = "web-1"): Promise<Plan> {
  const requester = by === "system" ? "system" : personIn(world.ctx.policy, by);
  const answer = await propose({ runbook: "restart-service", target, requester }, world.ctx);
  if (!answer.ok) throw new Error(answer.message);
  return answer.plan;
}

const as = (world: World, id: string, plan = "plan-1", surface = "console") => ({
  plan,
  person: personIn(world.ctx.policy, id),
  surface,
});

describe("an approval", () => {
  it("has exactly one winner among 64 clicks of approvers, approving and denying at once", async () => {
    const world = await coreWorld();
    await proposed(world);
    const clicks = Array.from({ length: 64 }, (_, n) => {
      const who = ["mara", "jon", "ada"][n % 3] ?? "mara";
      return n % 4 === 3 ? deny(as(world, who), world.ctx) : approve(as(world, who), world.ctx);
    });
    const answers = await Promise.all(clicks);
    expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
    const plan = await getPlan("plan-1", world.ctx);
    expect(plan?.decisions).toHaveLength(1);
    const verbs = (await listAudit({ subject: "plan-1", limit: 200 }, world.ctx)).map((entry) => entry.verb);
    expect(verbs.filter((verb) => verb === "approve" || verb === "deny")).toHaveLength(1);
    expect(verbs.filter((verb) => verb.startsWith("refused "))).toHaveLength(63);
    await world.close();
  });

  it("is refused to everybody without the role, with the names of those who may decide this plan", async () => {
    const world = await coreWorld();
    await proposed(world);
    const strangers = [
      personIn(world.ctx.policy, "vic"),
      personIn(world.ctx.policy, "olga"),
      personOf(world.ctx.policy, {
        identity: "slack:T1/U3",
        name: "Mara as a guest",
        groups: [],
        outsider: true,
      }),
      personOf(world.ctx.policy, {
        identity: "slack:T2/U3",
        name: "x",
        groups: ["slack:T1/S8"],
        outsider: false,
      }),
    ];
    for (const person of strangers) {
      const answer = await approve({ plan: "plan-1", person, surface: "slack" }, world.ctx);
      expect(answer).toMatchObject({
        ok: false,
        reason: "not_allowed",
        // Never the refused person: Mara as a guest is told of the others.
        message: expect.stringContaining(person.id === "mara" ? "now: Jon, Ada" : "now: Mara, Jon"),
      });
    }
    expect((await getPlan("plan-1", world.ctx))?.status).toBe("proposed");
    expect((await listAudit({ limit: 4 }, world.ctx)).map((entry) => entry.verb)).toEqual(
      Array(4).fill("refused approve"),
    );
    await world.close();
  });

  it("is not the requester's own at risk 2, on no surface, unless the policy says so", async () => {
    const world = await coreWorld();
    await proposed(world, "mara");
    for (const identity of ["slack:T1/U3", "discord:G1/U3"]) {
      const person = personOf(world.ctx.policy, { identity, name: "", groups: [], outsider: false });
      expect(await approve({ plan: "plan-1", person, surface: "x" }, world.ctx)).toMatchObject({
        ok: false,
        reason: "own_plan",
      });
    }
    expect(await approve(as(world, "jon"), world.ctx)).toMatchObject({
      ok: true,
      plan: { status: "approved" },
    });
    const alone = await coreWorld({
      policy: parsePolicy(
        'people: {me: {role: approver, identities: ["key:me"]}}\nrequester_may_approve: true',
        "p.yaml",
      ),
    });
    await proposed(alone, "me");
    expect(await approve(as(alone, "me"), alone.ctx)).toMatchObject({ ok: true });
    await alone.close();
    await world.close();
  });

  it("at risk 3 needs two people who are certainly two", async () => {
    const world = await coreWorld();
    addTarget(world, webTarget("core", { tags: { service: "core", critical: "true" } }));
    await proposed(world, "system", "core");
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({
      ok: true,
      approvals: 1,
      needed: 2,
      plan: { status: "proposed" },
    });
    expect(await approve(as(world, "mara", "plan-1", "discord"), world.ctx)).toMatchObject({
      ok: false,
      reason: "already_approved",
    });
    const unlisted = personOf(world.ctx.policy, {
      identity: "discord:G1/U70",
      name: "?",
      groups: ["discord:G1/R7"],
      outsider: false,
    });
    expect(await approve({ plan: "plan-1", person: unlisted, surface: "discord" }, world.ctx)).toMatchObject({
      ok: true,
      approvals: 2,
      plan: { status: "approved" },
    });
    await world.close();
  });

  it("is never the requester's own at risk 3, also where the policy lets requesters approve", async () => {
    const people = ["me", "ann", "bob"].map((id) => `${id}: {role: approver, identities: ["key:${id}"]}`);
    const text = `people: {${people.join(", ")}}\nrequester_may_approve: true`;
    const world = await coreWorld({ policy: parsePolicy(text, "p.yaml") });
    addTarget(world, webTarget("core", { tags: { service: "core", critical: "true" } }));
    expect(await proposed(world, "me", "core")).toMatchObject({ risk: 3 });
    expect(await approve(as(world, "me"), world.ctx)).toMatchObject({ ok: false, reason: "own_plan" });
    expect(await approve(as(world, "ann"), world.ctx)).toMatchObject({ ok: true, approvals: 1 });
    expect(await approve(as(world, "bob"), world.ctx)).toMatchObject({ plan: { status: "approved" } });
    await world.close();
  });

  it("counts at the very moment of expiry and not after it, swept or not", async () => {
    const world = await coreWorld();
    const first = await proposed(world);
    world.now = first.expiresAt;
    expect(await expire(world.ctx)).toEqual([]);
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({ ok: true });
    world.now = first.runBy;
    expect(await expire(world.ctx)).toEqual([]);
    const second = await proposed(world, "system", "db-1");
    world.now = second.expiresAt + 1;
    expect(await approve(as(world, "mara", "plan-2"), world.ctx)).toMatchObject({
      ok: false,
      reason: "expired",
      plan: { status: "expired" },
    });
    expect(await expire(world.ctx)).toEqual(["plan-1"]);
    await world.close();
  });

  it("is refused with another digest than the person saw, while automation is paused, and for no plan", async () => {
    const world = await coreWorld();
    const plan = await proposed(world);
    const other = "f".repeat(64);
    expect(await approve({ ...as(world, "mara"), digest: other }, world.ctx)).toMatchObject({
      ok: false,
      reason: "digest",
    });
    expect(await approve(as(world, "mara", "plan-9"), world.ctx)).toMatchObject({
      ok: false,
      reason: "unknown_plan",
    });
    expect(await approve(as(world, "mara", "'; drop table plans"), world.ctx)).toMatchObject({
      ok: false,
      reason: "unknown_plan",
    });
    await pause(personIn(world.ctx.policy, "olga"), null, world.ctx);
    expect(await approve({ ...as(world, "mara"), digest: plan.digest }, world.ctx)).toMatchObject({
      ok: false,
      reason: "paused",
    });
    await world.close();
  });

  it("is refused when any approved row was changed in the database", async () => {
    const changes = [
      ["plans", { runbook: "reboot" }],
      ["plans", { version: "0" }],
      ["plans", { params: '{"service":"sshd"}' }],
      ["plans", { risk: 0 }],
      ["plans", { approvals_needed: 0 }],
      ["plans", { requester_id: "olga" }],
      ["plans", { expires_at: 9e15 }],
      ["plans", { run_by: 9e15 }],
      ["plans", { cloud: "aws" }],
      ["plans", { fingerprint: "{}" }],
      ["plans", { digest: "0".repeat(64) }],
      ["plan_targets", { instance_id: "i-other" }],
      ["plan_targets", { target: "db-1" }],
      ["plan_targets", { generation: 7 }],
      ["steps", { action: "reboot-instance" }],
      ["steps", { params: '{"Service":"sshd"}' }],
      ["steps", { instance_id: "i-other" }],
      ["steps", { execution_id: "x" }],
    ] as const;
    for (const [table, change] of changes) {
      const world = await coreWorld();
      await proposed(world);
      await world.ctx.store.db.updateTable(table).set(change).execute();
      expect([change, await approve(as(world, "mara"), world.ctx)]).toMatchObject([
        change,
        { ok: false, reason: "tampered" },
      ]);
      expect((await getPlan("plan-1", world.ctx))?.status).toBe("proposed");
      await world.close();
    }
  });

  it("is refused for a plan whose target has a newer generation", async () => {
    const world = await coreWorld();
    await proposed(world);
    await world.ctx.store.db.updateTable("target_generations").set({ generation: 2 }).execute();
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({ ok: false, reason: "stale" });
    await world.close();
  });

  it("is refused when the limits were reached since the proposal", async () => {
    const world = await coreWorld();
    await proposed(world);
    await proposed(world, "system", "web-2");
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({ ok: true });
    expect(await approve(as(world, "mara", "plan-2"), world.ctx)).toMatchObject({
      ok: false,
      reason: "service_busy",
      message: expect.stringContaining("plan-1 disrupts app"),
    });
    await world.close();
  });
});

describe("denying and cancelling", () => {
  it("end a plan for good, with the reason", async () => {
    const world = await coreWorld();
    await proposed(world);
    expect(await deny({ ...as(world, "olga"), reason: "not at noon" }, world.ctx)).toMatchObject({
      ok: true,
      plan: {
        status: "denied",
        notes: ["denied by Olga: not at noon"],
        decisions: [{ person: "olga", decision: "deny", reason: "not at noon" }],
      },
    });
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({
      ok: false,
      reason: "decided",
      message: expect.stringContaining("denied by Olga"),
    });
    await proposed(world);
    expect(await approve(as(world, "mara", "plan-2"), world.ctx)).toMatchObject({ ok: true });
    expect(await cancel(as(world, "vic", "plan-2"), world.ctx)).toMatchObject({
      ok: false,
      reason: "not_allowed",
    });
    expect(await cancel(as(world, "otto", "plan-2"), world.ctx)).toMatchObject({
      ok: true,
      plan: { status: "cancelled" },
    });
    await world.close();
  });

  it("stay possible for a plan that was tampered with, but not by strangers", async () => {
    const world = await coreWorld();
    await proposed(world);
    await world.ctx.store.db.updateTable("plans").set({ risk: 0 }).execute();
    expect(await deny(as(world, "vic"), world.ctx)).toMatchObject({ ok: false, reason: "not_allowed" });
    expect(await deny(as(world, "olga"), world.ctx)).toMatchObject({ ok: true, plan: { status: "denied" } });
    await world.close();
  });
});

describe("approvals in every combination", () => {
  it("never let a plan through with too few certain people, or by its requester", async () => {
    const people = ["olga", "otto", "mara", "jon", "ada", "vic"];
    const world = await coreWorld({
      policy: teamPolicy(
        "{proposals_per_10m: 10000, disruptions_per_service: 1000, disruptions_per_10m: 10000, disruptions_per_hour: 100000}",
      ),
    });
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.constantFrom("system", "olga", "mara", "jon", "ada"),
        fc.array(fc.tuple(fc.constantFrom(...people), fc.constantFrom("slack", "discord")), { maxLength: 6 }),
        async (critical, requester, clicks) => {
          const name = `target-${(runs += 1)}`;
          addTarget(
            world,
            webTarget(name, { tags: { service: name, ...(critical ? { critical: "1" } : {}) } }),
          );
          const plan = await proposed(world, requester, name);
          for (const [who, surface] of clicks) await approve(as(world, who, plan.id, surface), world.ctx);
          const valid = new Set(
            clicks
              .map(([who]) => who)
              .filter((who) => ["mara", "jon", "ada"].includes(who) && who !== requester),
          );
          const status = (await getPlan(plan.id, world.ctx))?.status;
          expect(status).toBe(valid.size >= (critical ? 2 : 1) ? "approved" : "proposed");
        },
      ),
      { numRuns: 60 },
    );
    await world.close();
  });
});

describe("the digest", () => {
  it("changes with every bound field and not with prose", async () => {
    const world = await coreWorld();
    const plan = await proposed(world);
    const key = world.ctx.store.key;
    expect(planDigest({ ...plan }, key)).toBe(plan.digest);
    expect(planDigest({ ...plan, ...{ title: "other", reason: "other", notes: ["x"] } }, key)).toBe(
      plan.digest,
    );
    expect(planDigest(plan, Buffer.alloc(32, 8))).not.toBe(plan.digest);
    const fields = ["incident", "runbook", "version", "metric", "cloud", "direction"] as const;
    const numbers = [
      "number",
      "risk",
      "approvalsNeeded",
      "createdAt",
      "expiresAt",
      "runBy",
      "settleSeconds",
    ] as const;
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.string(), (field, value) => {
        if (plan[field] === value) return true;
        return (
          planDigest(JSON.parse(JSON.stringify({ ...plan, [field]: value })) as Plan, key) !== plan.digest
        );
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...numbers), fc.integer(), (field, value) =>
        plan[field] === value
          ? true
          : planDigest(JSON.parse(JSON.stringify({ ...plan, [field]: value })) as Plan, key) !== plan.digest,
      ),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (params) => {
        const changed = JSON.stringify(params) !== JSON.stringify(plan.params);
        return (planDigest({ ...plan, params }, key) !== plan.digest) === changed;
      }),
    );
    await world.close();
  });
});
