import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, personIn, teamPolicy, type World } from "../fixtures/fakes/core.ts";
import { often, restartBy, runOnce } from "../fixtures/fakes/runs.ts";
import { listAudit } from "./audit.ts";
import { breakerOf, breakerRefusal } from "./breaker.ts";
import { checkProposals } from "./guards.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";
import { heldBack, noteQuarantines, quarantineOf, release } from "./quarantine.ts";

/** The very moments at which a limit begins and ends, and what is said then. */

const minute = 60_000;
const hour = 60 * minute;
const free = "tries: 1000, disruptions_per_10m: 1000, disruptions_per_hour: 1000, proposals_per_10m: 1000";

let world: World;
beforeEach(async () => {
  world = await coreWorld({ policy: teamPolicy(`${often}, tries: 1000}`) });
});
afterEach(() => world.close());

const limits = (text: string) => (world.ctx.policy = teamPolicy(`{${text}}`));
const olga = () => personIn(world.ctx.policy, "olga");
const mara = () => personIn(world.ctx.policy, "mara");
const ask = (target = "web-1") => propose(restartBy(olga(), target), world.ctx);
const stepOf = async (plan: string) => (await getPlan(plan, world.ctx))?.steps[0];

describe("the cooldown", () => {
  it("lasts from the end of the last run to the very millisecond, and says both times", async () => {
    limits(`cooldown: 30m, ${free}`);
    const ended = (await stepOf(await runOnce(world, "web-1", "well")))?.finishedAt ?? 0;
    world.now = ended + 20 * minute;
    expect(await ask()).toMatchObject({
      reason: "cooldown",
      message: "restart-service ran on web-1 20m ago; it cools down for another 10m.",
    });
    world.now = ended + 30 * minute - 1;
    expect(await ask()).toMatchObject({ reason: "cooldown" });
    world.now = ended + 30 * minute;
    expect(await ask()).toMatchObject({ ok: true });
  });

  it("is the target's and the action's own", async () => {
    limits(`cooldown: 10h, ${free}`);
    await runOnce(world, "web-1", "well");
    expect(await ask("web-1")).toMatchObject({ reason: "cooldown" });
    expect(await ask("web-2")).toMatchObject({ ok: true });
    expect(await propose({ ...restartBy(olga(), "web-1"), runbook: "clean-disk" }, world.ctx)).toMatchObject({
      ok: true,
    });
  });
});

describe("how often one person may ask", () => {
  it("is counted over ten minutes, and for each person", async () => {
    limits(`cooldown: 0s, proposals_per_10m: 2`);
    const start = world.now;
    for (const target of ["web-1", "db-1"]) expect(await ask(target)).toMatchObject({ ok: true });
    expect(await ask("web-2")).toMatchObject({
      reason: "too_many_proposals",
      message: "You proposed 2 plans in the last 10 minutes and the limit is 2; wait a little.",
    });
    expect(await checkProposals(world.ctx.store.db, "otto", world.ctx)).toBeNull();
    world.now = start + 10 * minute;
    expect(await checkProposals(world.ctx.store.db, "olga", world.ctx)).not.toBeNull();
    world.now += 1;
    expect(await checkProposals(world.ctx.store.db, "olga", world.ctx)).toBeNull();
  });
});

describe("the budget of disruptions", () => {
  it.each([
    ["disruptions_per_10m: 1, disruptions_per_hour: 9", 10 * minute, "10m"],
    ["disruptions_per_10m: 9, disruptions_per_hour: 1", hour, "1h"],
  ])("%s is over when its time is, and not before", async (budget, span, said) => {
    limits(`cooldown: 0s, tries: 1000, proposals_per_10m: 1000, ${budget}`);
    await runOnce(world, "web-1", "well");
    const began = (await getPlan("plan-1", world.ctx))?.startedAt ?? 0;
    world.now = began + span;
    expect(await ask("db-1")).toMatchObject({
      reason: "disruption_budget",
      message: `1 disruptions in the last ${said} and the limit is 1; ask again later.`,
    });
    world.now += 1;
    expect(await ask("db-1")).toMatchObject({ ok: true });
  });
});

describe("an open breaker", () => {
  it("counts from the newest failure, and says for how long and because of which plans", async () => {
    await runOnce(world, "web-1", "failed");
    await runOnce(world, "web-2", "failed");
    const { db } = world.ctx.store;
    const newest = (await stepOf("plan-2"))?.finishedAt ?? 0;
    expect((await breakerOf(db, "restart-service", world.ctx))?.until).toBe(newest + hour);
    const refusal = (who?: "rule") => breakerRefusal(db, "restart-service", world.ctx, who);
    world.now = newest + 20 * minute;
    const because = 'plan-2 and plan-1 failed or made it worse. Look at them first; "autonomy release';
    expect(await refusal()).toMatchObject({
      message: expect.stringContaining(`The breaker of restart-service is open for another 40m: ${because}`),
    });
    expect(await refusal("rule")).toMatchObject({
      message: expect.stringContaining(`The breaker of restart-service is open: ${because}`),
    });
    world.now = newest + hour - 1;
    expect(await refusal()).not.toBeNull();
    world.now = newest + hour;
    expect(await refusal()).toBeNull();
  });

  it("opens with the first failure where the policy says so, and not with a run that went well", async () => {
    limits(`cooldown: 0s, breaker_failures: 1, ${free}`);
    await runOnce(world, "web-1", "well");
    expect((await heldBack(world.ctx)).breakers).toEqual([]);
    await runOnce(world, "web-1", "failed");
    expect(await ask("db-1")).toMatchObject({ reason: "breaker" });
  });
});

describe("quarantine", () => {
  beforeEach(() => {
    limits("cooldown: 0s, tries: 2, tries_window: 6h, disruptions_per_10m: 1000, proposals_per_10m: 1000");
  });

  it("before it was noted ends with the window of tries, and says what it counts", async () => {
    const began = (await stepOf(await runOnce(world, "web-1", "well")))?.intentAt ?? 0;
    await runOnce(world, "web-1", "well");
    world.now = began + 6 * hour;
    expect(await ask()).toMatchObject({
      reason: "quarantine",
      message: "web-1 is in quarantine: 2 runs in 6h and the limit is 2. It needs a person, not another try.",
    });
    expect(await ask("web-2")).toMatchObject({ ok: true });
    world.now += 1;
    expect(await ask()).toMatchObject({ ok: true });
  });

  it("is noted while the tries are in their window, and not after", async () => {
    const began = (await stepOf(await runOnce(world, "web-1", "well")))?.intentAt ?? 0;
    await runOnce(world, "web-1", "well");
    world.now = began + 6 * hour + 1;
    expect(await noteQuarantines(world.ctx)).toEqual([]);
    world.now -= 1;
    expect(await noteQuarantines(world.ctx)).toEqual(["web-1"]);
    const [entry] = await listAudit({ limit: 1 }, world.ctx);
    expect(entry).toMatchObject({
      actor: "system",
      verb: "quarantine",
      subject: "web-1",
      detail: { runs: 2 },
    });
    world.now += 10 * hour;
    expect((await quarantineOf(world.ctx.store.db, "web-1", 0, world.ctx))?.message).toBe(
      'web-1 is in quarantine since 10h: 2 runs in 6h, and the limit is 2. It needs a person, not another try; "autonomy release web-1" ends it.',
    );
    expect((await heldBack(world.ctx)).quarantined).toEqual([
      { target: "web-1", reason: "2 runs in 6h, and the limit is 2" },
    ]);
  });

  it("is noted once however many notice it at the same time", async () => {
    await runOnce(world, "web-1", "well");
    await runOnce(world, "web-1", "well");
    const noted = await Promise.all([noteQuarantines(world.ctx), noteQuarantines(world.ctx)]);
    expect(noted.flat()).toEqual(["web-1"]);
  });

  it("that a person ended counts the tries after it alone", async () => {
    const { db } = world.ctx.store;
    const refused = async () => (await quarantineOf(db, "web-1", 0, world.ctx)) !== null;
    await runOnce(world, "web-1", "well");
    await runOnce(world, "web-1", "well");
    await noteQuarantines(world.ctx);
    await release("web-1", mara(), world.ctx);
    expect([await refused(), await noteQuarantines(world.ctx)]).toEqual([false, []]);
    world.now += 1;
    await runOnce(world, "web-1", "well");
    expect([await refused(), await noteQuarantines(world.ctx)]).toEqual([false, []]);
    await runOnce(world, "web-1", "well");
    expect([await refused(), await noteQuarantines(world.ctx)]).toEqual([true, ["web-1"]]);
  });

  it("is ended by people who may, and the audit says by whom, of what, and who was refused", async () => {
    const unknown = `web-${"9".repeat(80)}`;
    await runOnce(world, "web-1", "well");
    await runOnce(world, "web-1", "well");
    await noteQuarantines(world.ctx);
    await release("web-1", olga(), world.ctx);
    await release(unknown, mara(), world.ctx);
    await release("web-1", mara(), world.ctx);
    await release("reboot-instance", mara(), world.ctx);
    const told = (await listAudit({ limit: 4 }, world.ctx)).toReversed();
    expect(told.map(({ actor, verb, subject, detail }) => [actor, verb, subject, detail])).toEqual([
      ["olga", "refused release", "web-1", { kind: "target", reason: "not_allowed" }],
      ["mara", "refused release", unknown.slice(0, 60), { kind: "target", reason: "unknown" }],
      ["mara", "release", "web-1", { kind: "target" }],
      ["mara", "refused release", "reboot-instance", { kind: "action", reason: "not_held" }],
    ]);
  });

  it("stands after a release that was refused", async () => {
    await runOnce(world, "web-1", "well");
    await runOnce(world, "web-1", "well");
    await noteQuarantines(world.ctx);
    expect(await release("web-1", olga(), world.ctx)).toMatchObject({ reason: "not_allowed" });
    expect((await heldBack(world.ctx)).quarantined).toMatchObject([{ target: "web-1" }]);
  });

  it("that was ended in the very moment of a try does not count this try again", async () => {
    limits(`cooldown: 0s, tries: 1, disruptions_per_10m: 1000, proposals_per_10m: 1000`);
    const began = (await stepOf(await runOnce(world, "web-1", "well")))?.intentAt ?? 0;
    world.now = began;
    await noteQuarantines(world.ctx);
    await release("web-1", mara(), world.ctx);
    expect(await quarantineOf(world.ctx.store.db, "web-1", 0, world.ctx)).toBeNull();
    expect(await noteQuarantines(world.ctx)).toEqual([]);
  });

  it("of the second of two targets holds up both", async () => {
    limits("cooldown: 0s, targets_per_plan: 2, disruptions_per_10m: 1000, proposals_per_10m: 1000");
    await runOnce(world, "web-2", "well");
    await runOnce(world, "web-2", "well");
    await noteQuarantines(world.ctx);
    const both = { ...restartBy(olga(), "web-1"), target: ["web-1", "web-2"] };
    expect(await propose(both, world.ctx)).toMatchObject({ reason: "quarantine" });
  });
});

it("the ceiling names the service whose tenth it is", async () => {
  limits("targets_per_plan: 2");
  const both = { ...restartBy(olga(), "web-1"), target: ["web-1", "web-2"] };
  expect(await propose(both, world.ctx)).toMatchObject({
    reason: "ceiling",
    message: expect.stringContaining(
      "disturb 2 of the 2 targets of the service app at once, and the ceiling is 1",
    ),
  });
});
