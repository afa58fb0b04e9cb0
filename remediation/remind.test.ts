import { describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, teamPolicy, type World } from "../fixtures/fakes/core.ts";
import { proposeByRule, trustedWorld } from "../fixtures/fakes/trusted-world.ts";
import { approve, deny } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { escalate, onCall } from "./escalate.ts";
import { raiseAlert } from "./incident.ts";
import { untold } from "./notices.ts";
import { pause } from "./pause.ts";
import { getPlan } from "./plans.ts";
import { parsePolicy, type Policy } from "./policy.ts";
import { proposePractice } from "./practice.ts";
import { propose } from "./propose.ts";
import { remind } from "./remind.ts";
import { resolve } from "./triage.ts";

const minute = 60_000;

async function waiting(policy?: Policy, by: string | "system" = "system"): Promise<World> {
  const world = await coreWorld(policy ? { policy } : {});
  const requester = by === "system" ? "system" : personIn(world.ctx.policy, by);
  const answer = await propose({ runbook: "restart-service", target: "web-1", requester }, world.ctx);
  if (!answer.ok) throw new Error(answer.message);
  return world;
}

const noticed = async (world: World) =>
  (await untold(world.ctx)).map(({ kind, subject, detail }) => [kind, subject, detail.people]);
const verbs = async (world: World) =>
  (await listAudit({ subject: "plan-1", limit: 20 }, world.ctx)).map(({ verb }) => verb).reverse();

describe("a plan that nobody decides", () => {
  it("is spoken of once after five minutes, and once more to the people on call after ten", async () => {
    const world = await waiting();
    world.now += 5 * minute - 1;
    expect(await remind(world.ctx)).toEqual([]);
    world.now += 1;
    expect(await remind(world.ctx)).toEqual(["plan-1"]);
    expect(await remind(world.ctx)).toEqual([]);
    world.now += 5 * minute;
    expect(await remind(world.ctx)).toEqual(["plan-1"]);
    expect(await remind(world.ctx)).toEqual([]);
    const names = ["Mara", "Jon", "Ada", "members of slack:T1/S7", "members of discord:G1/R7"];
    expect(await noticed(world)).toEqual([
      ["reminder", "plan-1", names],
      ["escalation", "plan-1", ["mara", "jon", "ada"]],
    ]);
    expect(await verbs(world)).toEqual(["propose", "remind", "escalate"]);
    expect(await getPlan("plan-1", world.ctx)).toMatchObject({
      status: "proposed",
      remindedAt: world.now - 5 * minute,
      escalated: { at: world.now, to: ["Mara", "Jon", "Ada"] },
    });
    await world.close();
  });

  it("is spoken of once, whoever looks at the same time", async () => {
    const world = await waiting();
    world.now += 11 * minute;
    await Promise.all(Array.from({ length: 16 }, () => remind(world.ctx)));
    expect((await noticed(world)).map(([kind]) => kind)).toEqual(["escalation"]);
    expect(await verbs(world)).toEqual(["propose", "escalate"]);
    await world.close();
  });

  it.each<[string, (world: World) => Promise<unknown>]>([
    [
      "decided",
      (world) =>
        deny({ plan: "plan-1", person: personIn(world.ctx.policy, "olga"), surface: "x" }, world.ctx),
    ],
    [
      "approved",
      (world) =>
        approve({ plan: "plan-1", person: personIn(world.ctx.policy, "mara"), surface: "x" }, world.ctx),
    ],
    ["held back by the pause", (world) => pause(personIn(world.ctx.policy, "olga"), null, world.ctx)],
    ["expired", async (world) => (world.now += 6 * minute)],
  ])("is not spoken of once it is %s", async (_name, change) => {
    const world = await waiting();
    await change(world);
    world.now += 10 * minute;
    expect(await remind(world.ctx)).toEqual([]);
    expect(await untold(world.ctx)).toEqual([]);
    await world.close();
  });

  it("is not spoken of where the policy says never, and addresses only whom it names", async () => {
    const people = 'a: {role: approver, identities: ["key:a"]}, b: {role: approver, identities: ["key:b"]}';
    const never = parsePolicy(`people: {${people}}\nreminders: {after: "0", escalate_after: "0"}`, "p.yaml");
    const silent = await waiting(never);
    silent.now += 14 * minute;
    expect(await remind(silent.ctx)).toEqual([]);
    const named = parsePolicy(
      `people: {${people}}\non_call: [b]\nreminders: {after: 1m, escalate_after: 2m}`,
      "p.yaml",
    );
    const world = await waiting(named);
    world.now += 2 * minute;
    await remind(world.ctx);
    expect(await noticed(world)).toEqual([["escalation", "plan-1", ["b"]]]);
    await world.close();
    await silent.close();
  });

  it("asks nobody who may not decide it: not its requester, not who has approved already", async () => {
    const world = await waiting(undefined, "mara");
    world.now += 10 * minute;
    await remind(world.ctx);
    expect(await noticed(world)).toEqual([["escalation", "plan-1", ["jon", "ada"]]]);
    await world.close();
  });

  it("is spoken of once, and nobody is paged, where only its requester could decide it", async () => {
    const people = 'a: {role: approver, identities: ["key:a"]}, o: {role: operator, identities: ["key:o"]}';
    const world = await waiting(parsePolicy(`people: {${people}}`, "p.yaml"), "a");
    world.now += 12 * minute;
    expect(await remind(world.ctx)).toEqual(["plan-1"]);
    expect(await remind(world.ctx)).toEqual([]);
    expect(await noticed(world)).toEqual([["reminder", "plan-1", []]]);
    await world.close();
  });

  it("runs by itself under veto, so nobody is reminded", async () => {
    const world = await trustedWorld("veto");
    await proposeByRule(world);
    world.now += 6 * minute;
    expect(await remind(world.ctx)).toEqual([]);
    await world.close();
  });

  it("is reminded of but never paged for when it is a practice", async () => {
    const world = await coreWorld();
    await proposePractice({ requester: personIn(world.ctx.policy, "olga") }, world.ctx);
    world.now += 14 * minute;
    expect(await remind(world.ctx)).toEqual(["plan-1"]);
    expect(await remind(world.ctx)).toEqual([]);
    expect((await noticed(world)).map(([kind]) => kind)).toEqual(["reminder"]);
    await world.close();
  });
});

describe("asking for help at once", () => {
  const by = (world: World, id: string, subject: string) =>
    escalate({ subject, person: personIn(world.ctx.policy, id) }, world.ctx);

  it("addresses the others on call, once, and no reminder follows", async () => {
    const world = await waiting();
    expect(await by(world, "mara", "plan-1")).toEqual({ ok: true, subject: "plan-1", asked: ["Jon", "Ada"] });
    expect(await by(world, "olga", "plan-1")).toMatchObject({
      ok: false,
      reason: "asked",
      message: expect.stringContaining("Jon, Ada had been asked"),
    });
    world.now += 12 * minute;
    expect(await remind(world.ctx)).toEqual([]);
    expect((await noticed(world)).length).toBe(1);
    await world.close();
  });

  it("is refused to viewers and for what nobody waits for, and that is recorded", async () => {
    const world = await waiting();
    expect(await by(world, "vic", "plan-1")).toMatchObject({ ok: false, reason: "not_allowed" });
    expect(await by(world, "olga", "plan-9")).toMatchObject({ ok: false, reason: "unknown" });
    expect(await by(world, "olga", "nonsense")).toMatchObject({ ok: false, reason: "unknown" });
    await deny({ plan: "plan-1", person: personIn(world.ctx.policy, "olga"), surface: "x" }, world.ctx);
    expect(await by(world, "olga", "plan-1")).toMatchObject({ ok: false, reason: "decided" });
    const refused = (await listAudit({ limit: 20 }, world.ctx)).filter(
      ({ verb }) => verb === "refused escalate",
    );
    expect(refused).toHaveLength(4);
    expect(await untold(world.ctx)).toEqual([]);
    await world.close();
  });

  it("about an incident means its plan; without one the incident, at most every ten minutes", async () => {
    const world = await coreWorld();
    const { incident } = await raiseAlert(memoryAlert(), world.ctx);
    expect(await by(world, "mara", incident.id)).toEqual({
      ok: true,
      subject: "inc-1",
      asked: ["Jon", "Ada"],
    });
    expect(await by(world, "jon", incident.id)).toMatchObject({ ok: false, reason: "asked" });
    world.now += 10 * minute;
    expect(await by(world, "jon", incident.id)).toMatchObject({ ok: true, asked: ["Mara", "Ada"] });
    await propose(
      { runbook: "restart-service", target: "web-1", incident: incident.id, requester: "system" },
      world.ctx,
    );
    expect(await by(world, "jon", incident.id)).toMatchObject({ ok: true, subject: "plan-1" });
    await resolve(incident.id, personIn(world.ctx.policy, "ada"), null, world.ctx);
    expect(await by(world, "jon", incident.id)).toMatchObject({ ok: false, reason: "resolved" });
    await world.close();
  });

  it("finds nobody in a policy without approvers, nor in one that denies", async () => {
    const policy = parsePolicy(
      'people: {o: {role: operator, identities: ["key:o"]}}\non_call: [o]',
      "p.yaml",
    );
    expect(onCall({ policy })).toEqual([]);
    expect(onCall({ policy: { ...teamPolicy(), denied: "there is no policy" } })).toEqual([]);
  });
});

it("is refused where the policy names nobody, or pages before it reminds", () => {
  expect(() => parsePolicy("on_call: [ghost]", "p.yaml")).toThrow(/on_call.*ghost is none of the people/s);
  expect(() => parsePolicy("reminders: {after: 5m, escalate_after: 4m}", "p.yaml")).toThrow(/longer than/);
});
