import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { personIn, type World } from "../fixtures/fakes/core.ts";
import { proposeByRule, quickPolicy, trustedWorld } from "../fixtures/fakes/trusted-world.ts";
import { listAudit } from "./audit.ts";
import { aloneFrom, decideAlone, isNoted, stillAlone } from "./decide-alone.ts";
import { pause } from "./pause.ts";
import type { Plan } from "./plan.ts";
import { getPlan } from "./plans.ts";
import { demote, switchAutonomy } from "./promote.ts";
import { bumpGeneration } from "./store/switches.ts";

/** Each thing that keeps a rule from deciding alone, one at a time. */

const minute = 60_000;
const olga = personIn(quickPolicy, "olga");
let world: World;
beforeEach(async () => {
  world = await trustedWorld("veto");
});
afterEach(() => world.close());

const db = () => world.ctx.store.db;
async function planOf(id: string): Promise<Plan> {
  const plan = await getPlan(id, world.ctx);
  if (!plan) throw new Error(`there is no ${id}`);
  return plan;
}
async function waiting(): Promise<Plan> {
  const plan = await planOf(await proposeByRule(world));
  world.now = plan.runsAlone?.at ?? 0;
  world.changes.length = 0;
  return plan;
}
async function decided(): Promise<Plan> {
  const { id } = await waiting();
  expect(await decideAlone(world.ctx)).toEqual([id]);
  return planOf(id);
}
const newest = async () => (await listAudit({ limit: 1 }, world.ctx))[0];

describe("a new plan", () => {
  const draft = {
    requester: "system",
    pressedBy: null as unknown,
    rule: "memory-leak" as string | null,
    risk: 2,
    approvalsNeeded: 1,
    runbook: { name: "restart-service" },
    targets: [{ service: "app" }],
  };
  const from = (parts: Partial<typeof draft> = {}) => aloneFrom(db(), { ...draft, ...parts }, world.ctx);

  it("may be decided by its rule after the time to object, or at once under auto", async () => {
    expect(await from()).toEqual({ level: "veto", at: world.now + 10 * minute });
    await world.close();
    world = await trustedWorld("auto");
    expect(await from()).toEqual({ level: "auto", at: world.now });
  });

  it.each<[string, Partial<typeof draft>]>([
    ["a person asked for it", { requester: "olga" }],
    ["a person pressed for it", { pressedBy: olga }],
    ["no rule asked for it", { rule: null }],
    ["another rule asked for it", { rule: "full-disk" }],
    ["another remedy is meant", { runbook: { name: "reboot" } }],
    ["another service is meant", { targets: [{ service: "db" }] }],
    ["it has no target", { targets: [] }],
    ["it has two targets", { targets: [{ service: "app" }, { service: "app" }] }],
    ["it needs two approvals", { approvalsNeeded: 2 }],
    ["it needs no approval", { approvalsNeeded: 0 }],
    ["it is of risk 3", { risk: 3 }],
  ])("waits for people when %s", async (_what, parts) => {
    expect(await from(parts)).toBeNull();
  });

  it("waits for people while autonomy is off", async () => {
    await switchAutonomy("off", olga, "a fair", world.ctx);
    expect(await from()).toBeNull();
  });
});

describe("a rule's own decision", () => {
  it("is written and told with its plan's digest, its level and its reason", async () => {
    const plan = await decided();
    expect(plan.decisions).toMatchObject([
      {
        person: "system:rule memory-leak",
        decision: "approve",
        reason: "nobody objected",
        breakGlass: false,
      },
    ]);
    expect(await newest()).toMatchObject({
      actor: "system:rule memory-leak",
      verb: "approve",
      subject: plan.id,
      detail: { digest: plan.digest, rule: "memory-leak", level: "veto" },
    });
    expect(world.changes).toEqual([{ plan: plan.id }]);
    expect(await stillAlone(db(), plan, world.ctx)).toEqual({ ok: true });
  });

  it.each<[string, string, (plan: Plan) => Partial<Plan>]>([
    ["no rule made it", "approval", () => ({ rule: null })],
    ["another rule made it", "approval", () => ({ rule: "full-disk" })],
    ["another digest was sealed", "approval", () => ({ digest: "0".repeat(64) })],
    ["it may not run alone", "not_alone", () => ({ runsAlone: null })],
    ["a person asked for it", "not_alone", () => ({ requester: { id: "olga", name: "Olga" } })],
    ["its time has not come", "not_alone", () => ({ runsAlone: { level: "veto", at: world.now + 1 } })],
    ["it has no target", "too_grave", () => ({ targets: [] })],
    ["it has two targets", "too_grave", ({ targets }) => ({ targets: [...targets, ...targets] })],
    ["it is of risk 3", "too_grave", () => ({ risk: 3 })],
    ["it needs two approvals", "too_grave", () => ({ approvalsNeeded: 2 })],
    ["nothing shows whether it helps", "unverifiable", () => ({ metric: null })],
    ["it is not what was proposed", "tampered", () => ({ settleSeconds: 1 })],
  ])("does not count when %s", async (_what, reason, change) => {
    const plan = await decided();
    expect(await stillAlone(db(), { ...plan, ...change(plan) }, world.ctx)).toMatchObject({
      ok: false,
      reason,
    });
  });

  it.each<[string, string, string, () => unknown]>([
    ["the policy denies all", "no_policy", "gone", () => deny("gone")],
    ["the policy asks for an admin", "too_grave", "more than one", () => askForAdmin()],
    ["automation is paused", "paused", "paused", () => pause(olga, "", world.ctx)],
    ["autonomy is off", "autonomy_off", "a fair", () => switchAutonomy("off", olga, "a fair", world.ctx)],
    [
      "the rule was demoted",
      "demoted",
      "only the level approve on app",
      () => demote("memory-leak", olga, world.ctx),
    ],
    ["the breaker is open", "breaker", "restart-service", () => openBreaker()],
    ["it is a quiet time", "quiet_time", "fair", () => freeze()],
    ["somebody looks after it", "acknowledged", "inc-3 is acknowledged", () => setIncident("acknowledged")],
  ])("does not count while %s", async (_what, reason, words, happens) => {
    const plan = await decided();
    await happens();
    expect(await stillAlone(db(), plan, world.ctx)).toMatchObject({
      ok: false,
      reason,
      message: expect.stringContaining(words),
    });
  });

  it("of a plan without an incident does not count", async () => {
    const plan = await decided();
    const bare = { ...plan, incident: null };
    expect(await stillAlone(db(), bare, world.ctx)).toMatchObject({ ok: false });
    expect(await stillAlone(db(), { ...plan, incident: "inc-99" }, world.ctx)).toMatchObject({ ok: false });
  });

  function deny(reason: string): void {
    world.ctx.policy = { ...quickPolicy, denied: reason };
  }
  function askForAdmin(): void {
    world.ctx.policy = { ...quickPolicy, actions: { "restart-service": { role: "admin" } } };
  }
  async function openBreaker(): Promise<void> {
    world.ctx.policy = { ...quickPolicy, limits: { ...quickPolicy.limits, breaker_failures: 1 } };
    await db().updateTable("steps").set({ state: "failed" }).where("plan", "=", 2).execute();
  }
  function freeze(): void {
    const always = { from: "2000-01-01T00:00", to: "2100-01-01T00:00", zone: "UTC", tags: {} };
    world.ctx.quietTimes = [{ kind: "freeze", name: "fair", ...always }];
  }
  async function setIncident(status: "acknowledged"): Promise<void> {
    await db().updateTable("incidents").set({ status }).where("number", "=", 3).execute();
  }
});

describe("what is due", () => {
  it("is left to people when something stands in the way, once and for all, and the audit says what", async () => {
    const plan = await waiting();
    await switchAutonomy("off", olga, "a fair", world.ctx);
    expect(await decideAlone(world.ctx)).toEqual([]);
    expect(world.changes).toContainEqual({ plan: plan.id });
    expect(await newest()).toMatchObject({
      actor: "system:rule memory-leak",
      verb: "leave to people",
      subject: plan.id,
      detail: { rule: "memory-leak", reason: "autonomy_off" },
    });
    const noted = await planOf(plan.id);
    expect([isNoted(noted), isNoted(plan), isNoted({ ...noted, rule: null })]).toEqual([true, false, false]);
    await switchAutonomy("on", personIn(quickPolicy, "mara"), "", world.ctx);
    world.changes.length = 0;
    expect(await decideAlone(world.ctx)).toEqual([]);
    expect([world.changes, (await planOf(plan.id)).status]).toEqual([[], "proposed"]);
  });

  it("is left to people when a limit stands in the way", async () => {
    const plan = await waiting();
    world.ctx.policy = { ...quickPolicy, limits: { ...quickPolicy.limits, cooldown: 30 * 24 * 60 * minute } };
    expect(await decideAlone(world.ctx)).toEqual([]);
    expect(await newest()).toMatchObject({ detail: { rule: "memory-leak", reason: "cooldown" } });
    expect((await planOf(plan.id)).notes.join()).toMatch(/^Not run by rule memory-leak: .*cools down/);
  });

  it("is decided in the last millisecond of its time, and not after", async () => {
    const plan = await waiting();
    world.now = plan.expiresAt + 1;
    expect(await decideAlone(world.ctx)).toEqual([]);
    world.now = plan.expiresAt;
    expect(await decideAlone(world.ctx)).toEqual([plan.id]);
  });

  it("is the newest plan of its target, or nothing happens", async () => {
    const plan = await waiting();
    await world.ctx.store.transaction((trx) => bumpGeneration(trx, "web-1"));
    expect(await decideAlone(world.ctx)).toEqual([]);
    expect([world.changes, (await planOf(plan.id)).notes]).toEqual([[], []]);
    await switchAutonomy("off", olga, "a fair", world.ctx);
    await decideAlone(world.ctx);
    expect((await planOf(plan.id)).notes).toEqual([]);
  });

  it("is asked of its metric over the last minute, and what cannot be asked is logged", async () => {
    const plan = await waiting();
    const asked: unknown[] = [];
    world.ctx.measure = (target, metric, window) => {
      asked.push([target, metric, window]);
      return Promise.reject(new Error("connection refused"));
    };
    expect(await decideAlone(world.ctx)).toEqual([]);
    const end = world.now / 1000;
    expect(asked).toEqual([["web-1", plan.metric, { start: end - 60, end }]]);
    expect(world.events.at(-1)).toEqual({
      level: "warn",
      event: "rule waits",
      message: "connection refused",
      plan: plan.id,
    });
  });
});
