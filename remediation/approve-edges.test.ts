import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addTarget, coreWorld, personIn, teamPolicy, webTarget, type World } from "../fixtures/fakes/core.ts";
import { approvalStanding, countedApprovals, whoMayDecide } from "./approvals.ts";
import { approve, cancel, deny } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { breakGlass } from "./break-glass.ts";
import { decisionSeal } from "./digest.ts";
import { execute } from "./execute.ts";
import { personOf } from "./people.ts";
import type { Decision, Plan } from "./plan.ts";
import { getPlan } from "./plans.ts";
import { parsePolicy } from "./policy.ts";
import { propose } from "./propose.ts";
import { insertDecision } from "./store/decisions.ts";

/** What approvals hang on beside the great cases: times, tags, later plans, and what is said and written of refusals. */

const minute = 60_000;
let world: World;
beforeEach(async () => {
  world = await coreWorld();
  addTarget(world, webTarget("core", { tags: { service: "core", critical: "true" } }));
});
afterEach(() => world.close());

async function planned(
  target = "web-1",
  by = "system",
  parts: Partial<Parameters<typeof propose>[0]> = {},
): Promise<Plan> {
  const requester = by === "system" ? "system" : personIn(world.ctx.policy, by);
  const asked = { runbook: "restart-service", target, requester, ...parts } as const;
  const answer = await propose(asked, world.ctx);
  if (!answer.ok) throw new Error(answer.message);
  return answer.plan;
}
const from = (plan: Plan, id: string, parts: object = {}) => ({
  plan: plan.id,
  person: personIn(world.ctx.policy, id),
  surface: "slack",
  ...parts,
});
/** Somebody whom only a group gives a role. */
const member = (identity: string, group: string) =>
  personOf(world.ctx.policy, { identity, name: "Guest", groups: [group], outsider: false });
const fresh = async (plan: Plan) => (await getPlan(plan.id, world.ctx)) ?? plan;
const newest = async () => (await listAudit({ limit: 1 }, world.ctx))[0];
const soon = () => ({ window: { from: world.now + 10 * minute, to: world.now + 60 * minute } });

describe("who may decide", () => {
  const everybody = ["members of slack:T1/S7", "members of discord:G1/R7"];

  it("is everybody with the role but the requester and who approved already, by certainty", async () => {
    const own = await planned("core", "mara");
    expect(whoMayDecide(own, world.ctx)).toEqual({
      people: ["jon", "ada"],
      names: ["Jon", "Ada", ...everybody],
    });
    await approve(from(own, "jon"), world.ctx);
    expect(whoMayDecide(await fresh(own), world.ctx).people).toEqual(["ada"]);
  });

  it("is the requester too where the risk lets people approve their own, and who only denied", async () => {
    const plan = await planned("web-1", "mara");
    expect(whoMayDecide({ ...plan, risk: 1 }, world.ctx).people).toEqual(["mara", "jon", "ada"]);
    const denied: Decision = {
      person: "jon",
      name: "Jon",
      decision: "deny",
      at: world.now,
      reason: null,
      surface: "slack",
      policyHash: world.ctx.policy.hash,
      breakGlass: false,
    };
    expect(whoMayDecide({ ...plan, decisions: [denied] }, world.ctx).people).toEqual(["jon", "ada"]);
  });

  it("is of the role that the policy asks, groups too, and nobody under a policy that denies", async () => {
    const plan = await planned();
    world.ctx.policy = { ...teamPolicy(), tags: { "service=app": { role: "admin" } } };
    expect(whoMayDecide(plan, world.ctx)).toEqual({ people: ["ada"], names: ["Ada"] });
    world.ctx.policy = { ...teamPolicy(), denied: "it was taken away" };
    expect(whoMayDecide(plan, world.ctx)).toEqual({ people: [], names: [] });
  });
});

describe("approvals that count", () => {
  it("are as many as the policy asks for a tag of the target", async () => {
    world.ctx.policy = { ...teamPolicy(), tags: { "service=app": { approvers: 2 } } };
    const plan = await planned();
    const first = await approve(from(plan, "mara"), world.ctx);
    expect(first).toMatchObject({ ok: true, approvals: 1, needed: 2, plan: { status: "proposed" } });
    expect(await approve(from(plan, "jon"), world.ctx)).toMatchObject({ plan: { status: "approved" } });
  });

  it("are approvals: no denial is one, whatever its plan's row says", async () => {
    const plan = await planned();
    await deny(from(plan, "mara"), world.ctx);
    expect(await countedApprovals(world.ctx.store.db, plan, world.ctx)).toEqual([]);
  });

  it("for later are of people whom the policy names, also under the policy of the click", async () => {
    const guest = member("slack:T1/U50", "slack:T1/S7");
    const later = await planned("web-1", "system", soon());
    const asked = { plan: later.id, person: guest, surface: "slack" };
    expect(await approve(asked, world.ctx)).toMatchObject({ reason: "not_listed" });
    const made: Decision = {
      person: guest.id,
      name: "Guest",
      decision: "approve",
      at: world.now,
      reason: null,
      surface: "slack",
      policyHash: world.ctx.policy.hash,
      breakGlass: false,
    };
    await world.ctx.store.transaction((trx) =>
      insertDecision(trx, later.number, { ...made, seal: decisionSeal(made, later, world.ctx.store.key) }),
    );
    expect(await countedApprovals(world.ctx.store.db, later, world.ctx)).toEqual([]);
    expect(await approve(from(later, "mara"), world.ctx)).toMatchObject({ ok: true });
    const now = await planned("db-1");
    expect(await approve({ ...asked, plan: now.id }, world.ctx)).toMatchObject({ ok: true });
  });
});

describe("an emergency and a plan for later", () => {
  it("do not meet before the window begins: an ordinary approval inside it stays one of two", async () => {
    const plan = await planned("core", "system", soon());
    await breakGlass(personIn(world.ctx.policy, "mara"), "the shop is down for all", world.ctx);
    world.now = (plan.window?.from ?? 0) - 1;
    expect(await approve(from(plan, "mara"), world.ctx)).toMatchObject({ approvals: 1, needed: 2 });
    expect(await approvalStanding(world.ctx.store.db, await fresh(plan), world.ctx)).toEqual({
      given: 1,
      needed: 2,
    });
    expect((await fresh(plan)).status).toBe("proposed");
  });

  it("meet in the moment in which it begins", async () => {
    const plan = await planned("core", "system", soon());
    await breakGlass(personIn(world.ctx.policy, "mara"), "the shop is down for all", world.ctx);
    world.now = plan.window?.from ?? 0;
    const decided = await approve(from(plan, "mara"), world.ctx);
    expect(decided).toMatchObject({ approvals: 2, plan: { status: "approved" } });
  });
});

describe("a refusal to approve one's own", () => {
  it("names those who may instead", async () => {
    const plan = await planned("web-1", "mara");
    expect(await approve(from(plan, "mara"), world.ctx)).toMatchObject({
      message:
        "You asked for this plan, so someone else must approve it. Approvers now: Jon, Ada, members of slack:T1/S7, members of discord:G1/R7.",
    });
    world.ctx.policy = { ...teamPolicy(), tags: { "service=app": { role: "admin" } } };
    const admins = await planned("web-2", "ada");
    expect(await approve(from(admins, "ada"), world.ctx)).toMatchObject({
      message: expect.stringContaining('The policy names nobody else who may; in an emergency say "break'),
    });
  });

  it("names the admins where only they may", async () => {
    const two = 'ada: {role: admin, identities: ["key:a"]}, eve: {role: admin, identities: ["key:e"]}';
    const onlyAdmins = `people: {${two}}\nactions: {restart-service: {role: admin}}`;
    world.ctx.policy = parsePolicy(onlyAdmins, "admins.yaml");
    const plan = await planned("web-1", "ada");
    expect(await approve(from(plan, "ada"), world.ctx)).toMatchObject({
      message: expect.stringMatching(/ Admins now: eve\.$/),
    });
  });

  it("says when it may be the same human on another surface", async () => {
    const requester = member("discord:G1/U60", "discord:G1/R7");
    const plan = await planned("web-1", "system", { requester });
    const asked = { plan: plan.id, person: member("slack:T1/U50", "slack:T1/S7"), surface: "slack" };
    expect(await approve(asked, world.ctx)).toMatchObject({
      reason: "own_plan",
      message: expect.stringMatching(/^Somebody who may be you on another surface asked for this plan/),
    });
  });
});

describe("a denial", () => {
  it("may be given its reason once, afterwards and by the same person", async () => {
    const plan = await planned();
    await deny(from(plan, "mara"), world.ctx);
    const why = { reason: "it is the wrong server" };
    expect(await deny(from(plan, "jon", why), world.ctx)).toMatchObject({ reason: "decided" });
    expect(await deny(from(plan, "mara"), world.ctx)).toMatchObject({ reason: "decided" });
    expect(await deny(from(plan, "mara", why), world.ctx)).toMatchObject({ ok: true });
    expect(await newest()).toMatchObject({ verb: "say why", detail: { said: why.reason } });
    expect((await fresh(plan)).decisions).toMatchObject([{ person: "mara", reason: why.reason }]);
    const second = await deny(from(plan, "mara", { reason: "another one" }), world.ctx);
    expect(second).toMatchObject({
      reason: "decided",
      message: "plan-1 is denied already (denied by Mara).",
    });
    expect((await fresh(plan)).decisions).toMatchObject([{ reason: why.reason }]);
  });
});

describe("taking back", () => {
  it("is the requester's, whatever the policy says of that person since", async () => {
    const plan = await planned("web-1", "olga");
    world.ctx.policy = parsePolicy(
      'people: {olga: {role: viewer, identities: ["slack:T1/U1"]}, otto: {role: viewer, identities: ["slack:T1/U2"]}}',
      "later.yaml",
    );
    expect(await cancel(from(plan, "otto"), world.ctx)).toMatchObject({ reason: "not_allowed" });
    expect(await cancel(from(plan, "olga"), world.ctx)).toMatchObject({
      ok: true,
      plan: { status: "cancelled" },
    });
  });

  it("comes too late for a plan that runs, and says what stops the rest", async () => {
    const plan = await planned();
    await approve(from(plan, "mara"), world.ctx);
    const { sendCommand } = world.cloud;
    const said: unknown[] = [];
    world.ctx.cloud = {
      ...world.cloud,
      sendCommand: async (command) => {
        said.push(await cancel(from(plan, "mara"), world.ctx));
        return sendCommand(command);
      },
    };
    await execute(plan.id, world.ctx);
    expect(said).toMatchObject([
      { reason: "executing", message: expect.stringContaining("plan-1 is running; a call that was made") },
    ]);
    expect((await fresh(plan)).status).toBe("done");
  });
});

describe("what is written and told of a decision", () => {
  it("is where it was made, of which plan exactly, with which words", async () => {
    const plan = await planned();
    await approve(from(plan, "olga", { reason: "please" }), world.ctx);
    expect(await newest()).toMatchObject({
      actor: "olga",
      verb: "refused approve",
      subject: "plan-1",
      detail: { surface: "slack", digest: plan.digest, said: "please", reason: "not_allowed" },
    });
    await approve(from(plan, "mara"), world.ctx);
    expect((await newest())?.detail).toEqual({ surface: "slack", digest: plan.digest });
  });

  it("of a plan that does not exist is short", async () => {
    const name = "x".repeat(100);
    const answer = await deny(
      { plan: name, person: personIn(world.ctx.policy, "mara"), surface: "s" },
      world.ctx,
    );
    expect(answer).toMatchObject({
      plan: null,
      reason: "unknown_plan",
      message: `There is no ${"x".repeat(40)}; "incidents" shows what waits.`,
    });
    expect(await newest()).toMatchObject({ subject: "x".repeat(40), detail: { reason: "unknown_plan" } });
  });

  it("is told to the cards when something changed, and only then", async () => {
    const plan = await planned();
    world.changes.length = 0;
    await approve(from(plan, "olga"), world.ctx);
    expect(world.changes).toEqual([]);
    await approve(from(plan, "mara"), world.ctx);
    expect(world.changes).toEqual([{ plan: "plan-1" }]);
  });

  it("that comes too late is that the plan expired", async () => {
    const plan = await planned();
    world.changes.length = 0;
    world.now = plan.expiresAt + 1;
    expect(await approve(from(plan, "mara"), world.ctx)).toMatchObject({
      reason: "expired",
      plan: { status: "expired" },
    });
    expect(await newest()).toMatchObject({ actor: "system", verb: "expire", subject: "plan-1" });
    expect(world.changes).toEqual([{ plan: "plan-1" }]);
    expect(await approve(from(plan, "mara"), world.ctx)).toMatchObject({ reason: "decided" });
    expect((await newest())?.verb).toBe("refused approve");
  });

  it("is in time in the last millisecond", async () => {
    const plan = await planned();
    world.now = plan.expiresAt;
    expect(await approve(from(plan, "mara"), world.ctx)).toMatchObject({ ok: true });
  });
});
