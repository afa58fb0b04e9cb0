import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, type World } from "../fixtures/fakes/core.ts";
import type { OperatorVerdict } from "../infra/database/feedback-tables.ts";
import { listAudit } from "./audit.ts";
import { giveFeedback, newNormalSeconds } from "./feedback.ts";
import { getIncident, raiseAlert } from "./incident.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";

let world: World;

beforeEach(async () => {
  world = await coreWorld();
  await raiseAlert(memoryAlert("web-1", { startsAt: world.now / 1_000 }), world.ctx);
});

afterEach(() => world.close());

const say = (verdict: OperatorVerdict, who = "olga", record = world.memory.feedback.record) =>
  giveFeedback(
    { incident: "inc-1", verdict, reason: null, score: 2, metrics: ["memory_usage_percent"] },
    personIn(world.ctx.policy, who),
    record,
    world.ctx,
  );
const audited = async () =>
  (await listAudit({ subject: "inc-1", limit: 20 }, world.ctx)).map(({ actor, verb }) => `${actor} ${verb}`);
const dayLater = () => (world.now += newNormalSeconds * 1_000);

it("ends the incident with the person's name, and withdraws what nobody decided", async () => {
  const person = "system";
  const proposed = await propose(
    { runbook: "restart-service", target: "web-1", incident: "inc-1", requester: person },
    world.ctx,
  );
  if (!proposed.ok) throw new Error(proposed.message);
  expect(await say("not_a_problem")).toMatchObject({ ok: true, first: true });
  expect(await getIncident("inc-1", world.ctx)).toMatchObject({
    status: "resolved",
    resolvedBy: "Olga",
    resolution: "not a problem, said Olga",
  });
  expect((await getPlan(proposed.plan.id, world.ctx))?.status).toBe("cancelled");
  expect(await world.memory.feedback.verdictOn("inc-1")).toMatchObject({
    target: "web-1",
    verdict: "not_a_problem",
    by: "olga",
    score: 2,
  });
  expect(await audited()).toEqual(["olga feedback", "system open"]);
});

it("counts a double click once", async () => {
  const clicks = await Promise.all([
    say("not_a_problem"),
    say("not_a_problem"),
    say("not_a_problem", "otto"),
  ]);
  expect(clicks.filter((click) => click.ok && click.first)).toHaveLength(1);
  expect(clicks.every(({ ok }) => ok)).toBe(true);
  expect((await audited()).filter((line) => line.endsWith("feedback"))).toHaveLength(1);
  expect(await world.memory.feedback.verdictsOf("web-1")).toHaveLength(1);
});

it("refuses whom the policy gives no role for it, and keeps the try", async () => {
  expect(await say("not_a_problem", "vic")).toMatchObject({ ok: false, reason: "not_allowed" });
  expect(await getIncident("inc-1", world.ctx)).toMatchObject({ status: "open" });
  expect(await world.memory.feedback.verdictsOf()).toEqual([]);
  expect(await audited()).toEqual(["vic refused feedback", "system open"]);
});

it("leaves a real problem open, and takes another word later", async () => {
  await say("problem");
  expect(await getIncident("inc-1", world.ctx)).toMatchObject({ status: "open" });
  await say("not_a_problem", "otto");
  expect(await world.memory.feedback.verdictsOf("web-1")).toMatchObject([
    { verdict: "not_a_problem", name: "Otto" },
  ]);
  await say("problem");
  expect(await getIncident("inc-1", world.ctx)).toMatchObject({ status: "resolved" });
  expect(await world.memory.feedback.verdictOn("inc-1")).toMatchObject({ verdict: "problem" });
});

it("writes nothing of it when a part fails", async () => {
  const failing = () => Promise.reject(new Error("disk full"));
  await expect(say("not_a_problem", "olga", failing)).rejects.toThrow("disk full");
  expect(await getIncident("inc-1", world.ctx)).toMatchObject({ status: "open" });
  expect(await audited()).toEqual(["system open"]);
});

it("does not let a word about an old incident hide the one that is open now", async () => {
  await say("problem");
  await say("not_a_problem");
  expect((await world.memory.feedback.accepted()).map(({ incident }) => incident)).toEqual(["inc-1"]);
  await world.memory.feedback.episodeOver("web-1", 1);
  world.now += 3_600_000;
  await raiseAlert(memoryAlert("web-1", { startsAt: world.now / 1_000 }), world.ctx);
  await say("problem");
  await say("not_a_problem");
  expect(await world.memory.feedback.accepted()).toEqual([]);
});

describe("the new normal", () => {
  it("is taken after a day", async () => {
    dayLater();
    expect(await say("new_normal")).toMatchObject({ ok: true, first: true });
    expect(await getIncident("inc-1", world.ctx)).toMatchObject({ resolution: "the new normal, said Olga" });
  });

  it("is refused before, with what works instead", async () => {
    const refused = await say("new_normal");
    expect(refused).toMatchObject({ ok: false, reason: "too_soon" });
    expect(!refused.ok && refused.message).toContain("not a problem inc-1");
    expect((await audited())[0]).toBe("olga refused feedback");
  });

  it("is refused while a plan is undecided", async () => {
    dayLater();
    await propose(
      { runbook: "restart-service", target: "web-1", incident: "inc-1", requester: "system" },
      world.ctx,
    );
    expect(await say("new_normal")).toMatchObject({ ok: false, reason: "plan_open" });
    expect(await getIncident("inc-1", world.ctx)).toMatchObject({ status: "open" });
  });

  it("is refused while a metric is beyond its limit", async () => {
    await raiseAlert(
      memoryAlert("web-1", { key: "limit:cpu_usage_percent:web-1", cause: "alert" }),
      world.ctx,
    );
    dayLater();
    expect(await say("new_normal")).toMatchObject({ ok: false, reason: "beyond_limit" });
  });
});
