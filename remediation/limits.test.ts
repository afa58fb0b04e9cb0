import { describe, expect, it } from "vitest";
import { addTarget, coreWorld, personIn, teamPolicy, webTarget } from "../fixtures/fakes/core.ts";
import { often, restartBy, runOnce } from "../fixtures/fakes/runs.ts";
import { approve } from "./approve.ts";
import { breakerOf, breakerRefusal } from "./breaker.ts";
import { propose } from "./propose.ts";
import { heldBack, noteQuarantines, release } from "./quarantine.ts";

const hour = 3_600_000;
const policy = teamPolicy(`${often}}`);
const patient = teamPolicy(`${often}, tries: 1000}`);
const olga = personIn(policy, "olga");
const mara = personIn(policy, "mara");
const restart = (target: string) => restartBy(olga, target);

describe("the breaker of an action", () => {
  it.each(["failed", "worse"] as const)("opens after two runs in a row that ended %s", async (ending) => {
    const world = await coreWorld({ policy: patient });
    await runOnce(world, "web-1", ending);
    expect(await breakerOf(world.ctx.store.db, "restart-service", world.ctx)).toBeNull();
    await runOnce(world, "web-2", ending);
    expect(await breakerOf(world.ctx.store.db, "restart-service", world.ctx)).toMatchObject({
      plans: ["plan-2", "plan-1"],
    });
    expect(await propose(restart("db-1"), world.ctx)).toMatchObject({ ok: false, reason: "breaker" });
    await world.close();
  });

  it("stays closed while a run in between goes well, and opens for one action only", async () => {
    const world = await coreWorld({ policy: patient });
    await runOnce(world, "web-1", "failed");
    await runOnce(world, "web-2", "well");
    await runOnce(world, "web-1", "worse");
    expect((await heldBack(world.ctx)).breakers).toEqual([]);
    await runOnce(world, "web-2", "failed");
    expect((await heldBack(world.ctx)).breakers).toMatchObject([{ action: "restart-service" }]);
    expect(await propose({ ...restart("web-1"), runbook: "clean-disk" }, world.ctx)).toMatchObject({
      ok: true,
    });
    await world.close();
  });

  it("lets people try again after its time, rules only after a person closed it", async () => {
    const world = await coreWorld({ policy: patient });
    await runOnce(world, "web-1", "failed");
    await runOnce(world, "web-1", "failed");
    const { db } = world.ctx.store;
    world.now += hour;
    expect(await breakerRefusal(db, "restart-service", world.ctx)).toBeNull();
    expect(await breakerRefusal(db, "restart-service", world.ctx, "rule")).toMatchObject({
      reason: "breaker",
    });
    expect(await release("restart-service", olga, world.ctx)).toMatchObject({
      ok: false,
      reason: "not_allowed",
    });
    expect(await release("restart-service", mara, world.ctx)).toEqual({ ok: true, released: "action" });
    expect(await breakerRefusal(db, "restart-service", world.ctx, "rule")).toBeNull();
    await runOnce(world, "web-1", "failed");
    expect((await heldBack(world.ctx)).breakers).toEqual([]);
    await world.close();
  });
});

describe("quarantine", () => {
  it("outlasts the window of tries once it was noted, until a person releases the target", async () => {
    const world = await coreWorld({ policy });
    await runOnce(world, "web-1", "well");
    expect(await noteQuarantines(world.ctx)).toEqual([]);
    await runOnce(world, "web-1", "well");
    expect(await noteQuarantines(world.ctx)).toEqual(["web-1"]);
    expect(await noteQuarantines(world.ctx)).toEqual([]);
    world.now += 30 * hour;
    expect(await propose(restart("web-1"), world.ctx)).toMatchObject({
      ok: false,
      reason: "quarantine",
      message: expect.stringContaining('"autonomy release web-1" ends it'),
    });
    expect((await heldBack(world.ctx)).quarantined).toMatchObject([{ target: "web-1" }]);
    expect(await release("web-1", olga, world.ctx)).toMatchObject({ ok: false, reason: "not_allowed" });
    expect(await release("web-9", mara, world.ctx)).toMatchObject({ ok: false, reason: "unknown" });
    expect(await release("web-2", mara, world.ctx)).toMatchObject({
      ok: false,
      reason: "not_held",
      message: "web-2 is not in quarantine; nothing holds it.",
    });
    expect(await release("web-1", mara, world.ctx)).toEqual({ ok: true, released: "target" });
    expect((await heldBack(world.ctx)).quarantined).toEqual([]);
    world.now += 1;
    await runOnce(world, "web-1", "well");
    await runOnce(world, "web-1", "well");
    expect(await noteQuarantines(world.ctx)).toEqual(["web-1"]);
    await world.close();
  });
});

describe("the ceiling", () => {
  it("is a tenth of the service or group, one at least, whatever the policy allows", async () => {
    const world = await coreWorld({
      policy: teamPolicy(`${often}, targets_per_plan: 50, disruptions_per_service: 50}`),
    });
    for (let n = 1; n <= 30; n += 1)
      addTarget(
        world,
        webTarget(`w${n}`, { tags: { service: "shop", "aws:autoscaling:groupName": n <= 9 ? "a" : "b" } }),
      );
    const plan = (...target: string[]) => propose({ ...restart("w1"), target }, world.ctx);
    expect(await plan("w1", "w2")).toMatchObject({ ok: false, reason: "ceiling" });
    expect(await plan("w10", "w11", "w12")).toMatchObject({
      ok: false,
      message: expect.stringContaining("disturb 3 of the 21 targets of the group b"),
    });
    expect(await plan("w10", "w11")).toMatchObject({ ok: true });
    const ada = personIn(policy, "ada");
    for (const person of [mara, ada])
      expect((await approve({ plan: "plan-1", person, surface: "console" }, world.ctx)).ok).toBe(true);
    expect(await plan("w12")).toMatchObject({ ok: false, reason: "ceiling" });
    expect(await plan("w1")).toMatchObject({ ok: true });
    await world.close();
  });
});
