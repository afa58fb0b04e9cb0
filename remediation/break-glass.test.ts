import { describe, expect, it } from "vitest";
import { addTarget, coreWorld, personIn, teamPolicy, webTarget, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { breakGlass, glassMs, sealGlass, sealOverdueGlass, standingGlass } from "./break-glass.ts";
import { execute } from "./execute.ts";
import { untold } from "./notices.ts";
import { pause } from "./pause.ts";
import { getPlan } from "./plans.ts";
import { parsePolicy } from "./policy.ts";
import { propose } from "./propose.ts";

const why = "the database is down and Jon is asleep";
const as = (world: World, id: string, plan = "plan-1") => ({
  plan,
  person: personIn(world.ctx.policy, id),
  surface: "slack",
});

async function own(world: World, by = "mara", target = "web-1"): Promise<string> {
  const requester = personIn(world.ctx.policy, by);
  const answer = await propose({ runbook: "restart-service", target, requester }, world.ctx);
  if (!answer.ok) throw new Error(answer.message);
  return answer.plan.id;
}

const broken = (world: World, id = "mara", reason = why) =>
  breakGlass(personIn(world.ctx.policy, id), reason, world.ctx);

function critical(world: World): void {
  addTarget(world, webTarget("core", { tags: { service: "core", critical: "true" } }));
}

describe("an emergency", () => {
  it("lets its person approve alone what is their own, says why, and is told when it opens and ends", async () => {
    const world = await coreWorld();
    await own(world);
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({ ok: false, reason: "own_plan" });
    expect(await broken(world)).toEqual({ ok: true, until: world.now + glassMs });
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({
      ok: true,
      plan: { status: "approved", decisions: [{ person: "mara", breakGlass: true, reason: why }] },
    });
    expect(await execute("plan-1", world.ctx)).toMatchObject({ ok: true, plan: { status: "done" } });
    world.now += glassMs + 1;
    await sealOverdueGlass(world.ctx);
    await sealOverdueGlass(world.ctx);
    expect((await untold(world.ctx)).map(({ kind, subject }) => [kind, subject])).toEqual([
      ["glass broken", "mara"],
      ["glass sealed", "mara"],
    ]);
    const told = (await listAudit({ limit: 50 }, world.ctx)).map(({ verb, subject }) => `${verb} ${subject}`);
    expect(told).toContain("break the glass");
    expect(told).toContain("seal the glass");
    const entry = (await listAudit({ subject: "plan-1", limit: 50 }, world.ctx)).find(
      (each) => each.verb === "approve",
    );
    expect(entry?.detail).toMatchObject({ break_glass: why });
    await world.close();
  });

  it("that was ended lets nobody approve any more, whatever its row or the clock say", async () => {
    const world = await coreWorld();
    await own(world);
    await broken(world);
    world.now += 300_000;
    await sealGlass(personIn(world.ctx.policy, "olga"), world.ctx);
    world.now -= 60_000;
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({ ok: false, reason: "own_plan" });
    await world.ctx.store.db.updateTable("broken_glass").set({ ended_at: null, ended_by: null }).execute();
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({ ok: false, reason: "own_plan" });
    await world.close();
  });

  it("lets nothing run that begins only later", async () => {
    const world = await coreWorld();
    const window = { from: world.now + 3_600_000, to: world.now + 7_200_000 };
    const requester = personIn(world.ctx.policy, "mara");
    await propose({ runbook: "restart-service", target: "web-1", requester, window }, world.ctx);
    await broken(world);
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({ ok: false, reason: "own_plan" });
    await world.close();
  });

  it("lets its person approve alone what needs two, also after an ordinary approval of theirs", async () => {
    const world = await coreWorld();
    critical(world);
    await own(world, "olga", "core");
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({ ok: true, approvals: 1, needed: 2 });
    await broken(world);
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({
      ok: true,
      plan: { status: "approved", decisions: [{ person: "mara", breakGlass: true }] },
    });
    await world.close();
  });

  it("marks nothing that the person could have approved anyway", async () => {
    const world = await coreWorld();
    await own(world, "olga");
    await broken(world);
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({
      plan: { status: "approved", decisions: [{ breakGlass: false, reason: null }] },
    });
    await world.close();
  });

  it("is one person's: nobody else approves alone because of it", async () => {
    const world = await coreWorld();
    await own(world, "jon");
    await broken(world, "mara");
    expect(await approve(as(world, "jon"), world.ctx)).toMatchObject({ ok: false, reason: "own_plan" });
    await world.close();
  });

  it("bends no role, pause, limit or digest", async () => {
    const world = await coreWorld({
      policy: parsePolicy(
        'people:\n  mara: {role: approver, identities: ["key:m"]}\n  ada: {role: admin, identities: ["key:a"]}\nactions: {reboot-instance: {role: admin}}',
        "p.yaml",
      ),
    });
    await broken(world);
    await propose(
      { runbook: "reboot", target: "web-1", requester: personIn(world.ctx.policy, "mara") },
      world.ctx,
    );
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({ ok: false, reason: "not_allowed" });
    await own(world, "mara", "db-1");
    await world.ctx.store.db.updateTable("plans").set({ cloud: "aws" }).where("number", "=", 2).execute();
    expect(await approve(as(world, "mara", "plan-2"), world.ctx)).toMatchObject({
      ok: false,
      reason: "tampered",
    });
    await pause(personIn(world.ctx.policy, "ada"), null, world.ctx);
    expect(await approve(as(world, "mara", "plan-2"), world.ctx)).toMatchObject({
      ok: false,
      reason: "paused",
    });
    await world.close();
    const busy = await coreWorld();
    await own(busy, "olga");
    await own(busy, "mara", "web-2");
    await broken(busy);
    expect(await approve(as(busy, "mara"), busy.ctx)).toMatchObject({ ok: true });
    expect(await approve(as(busy, "mara", "plan-2"), busy.ctx)).toMatchObject({
      ok: false,
      reason: "service_busy",
    });
    await busy.close();
  });

  it("is over after 15 minutes, or as soon as somebody seals it", async () => {
    const world = await coreWorld({ policy: teamPolicy("{expiry: 1h}") });
    await own(world);
    await broken(world);
    world.now += glassMs + 1;
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({ ok: false, reason: "own_plan" });
    await broken(world);
    expect(await broken(world)).toMatchObject({ ok: false, reason: "open" });
    world.now += 1;
    expect(await sealGlass(personIn(world.ctx.policy, "vic"), world.ctx)).toMatchObject({
      reason: "not_allowed",
    });
    expect(await sealGlass(personIn(world.ctx.policy, "olga"), world.ctx)).toMatchObject({ ok: true });
    world.now += 1;
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({ ok: false, reason: "own_plan" });
    expect(await sealGlass(personIn(world.ctx.policy, "olga"), world.ctx)).toMatchObject({
      reason: "not_open",
    });
    await world.close();
  });

  it("needs an approver, a reason of ten characters, and a policy that allows it; refusals are recorded", async () => {
    const world = await coreWorld();
    expect(await broken(world, "olga")).toMatchObject({ ok: false, reason: "not_allowed" });
    expect(await broken(world, "mara", "  quickly  ")).toMatchObject({ ok: false, reason: "no_reason" });
    world.ctx.policy = { ...world.ctx.policy, breakGlass: false };
    expect(await broken(world)).toMatchObject({ ok: false, reason: "forbidden" });
    world.ctx.policy = { ...world.ctx.policy, denied: "there is no policy" };
    expect(await broken(world)).toMatchObject({ ok: false, reason: "no_policy" });
    expect(await standingGlass(world.ctx)).toEqual([]);
    expect(await untold(world.ctx)).toEqual([]);
    const refused = (await listAudit({ limit: 9 }, world.ctx)).map(({ verb }) => verb);
    expect(refused).toEqual(Array(4).fill("refused break"));
    await world.close();
  });

  it("does not run what the policy of the run forbids, and runs what was approved before it was sealed", async () => {
    const world = await coreWorld();
    await own(world);
    await broken(world);
    await approve(as(world, "mara"), world.ctx);
    await sealGlass(personIn(world.ctx.policy, "mara"), world.ctx);
    const { policy } = world.ctx;
    world.ctx.policy = { ...policy, breakGlass: false };
    expect(await execute("plan-1", world.ctx)).toMatchObject({ ok: false, reason: "approval" });
    expect((await getPlan("plan-1", world.ctx))?.status).toBe("cancelled");
    world.ctx.policy = policy;
    world.now += 1;
    await own(world);
    await broken(world);
    await approve(as(world, "mara", "plan-2"), world.ctx);
    await sealGlass(personIn(world.ctx.policy, "mara"), world.ctx);
    expect(await execute("plan-2", world.ctx)).toMatchObject({ ok: true, plan: { status: "done" } });
    await world.close();
  });

  it.each([
    ["a decision marked by hand", "decisions", { break_glass: 1 }],
    ["a decision moved into the stretch", "decisions", { break_glass: 1, at: 1_700_000_000_000 + 60_000 }],
  ] as const)("is not made up in the database by %s", async (_name, table, change) => {
    const world = await coreWorld();
    critical(world);
    await own(world, "olga", "core");
    await approve(as(world, "mara"), world.ctx);
    await broken(world, "mara");
    await world.ctx.store.db.updateTable(table).set(change).execute();
    await world.ctx.store.db.updateTable("plans").set({ status: "approved" }).execute();
    expect(await execute("plan-1", world.ctx)).toMatchObject({ ok: false, reason: "approval" });
    expect(world.cloud.accepted).toEqual([]);
    await world.close();
  });

  it("is not declared by a row written by hand, nor lengthened by one", async () => {
    const world = await coreWorld({ policy: teamPolicy("{expiry: 2h}") });
    await own(world);
    const at = world.now;
    const row = { person: "mara", name: "Mara", reason: why, opened_at: at, until_at: at + glassMs };
    await world.ctx.store.db
      .insertInto("broken_glass")
      .values({ ...row, ended_at: null, ended_by: null, seal: "0".repeat(64) })
      .execute();
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({ reason: "own_plan" });
    await world.ctx.store.db.deleteFrom("broken_glass").execute();
    await broken(world);
    await world.ctx.store.db.updateTable("broken_glass").set({ until_at: 9e15 }).execute();
    expect(await approve(as(world, "mara"), world.ctx)).toMatchObject({ reason: "own_plan" });
    await world.close();
  });
});
