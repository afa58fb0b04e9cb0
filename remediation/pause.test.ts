import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, personIn, type World } from "../fixtures/fakes/core.ts";
import { listAudit } from "./audit.ts";
import { isPaused, pause, refusedByPause, resume, standingPause } from "./pause.ts";

let world: World;
beforeEach(async () => {
  world = await coreWorld();
});
afterEach(() => world.close());

const person = (id: string) => personIn(world.ctx.policy, id);

describe("the kill switch", () => {
  it("is moved only by those who may, and every try is audited with its reason", async () => {
    expect(await pause(person("vic"), "let me", world.ctx)).toMatchObject({ reason: "not_allowed" });
    expect(await isPaused(world.ctx.store.db)).toBe(false);
    expect(await pause(person("olga"), "deploy", world.ctx)).toEqual({ ok: true });
    expect(await isPaused(world.ctx.store.db)).toBe(true);
    expect(await resume(person("olga"), null, world.ctx)).toMatchObject({ reason: "not_allowed" });
    expect(await isPaused(world.ctx.store.db)).toBe(true);
    expect(await resume(person("mara"), null, world.ctx)).toEqual({ ok: true });
    expect(await isPaused(world.ctx.store.db)).toBe(false);
    const told = (await listAudit({ limit: 10 }, world.ctx)).toReversed();
    expect(told.map(({ actor, verb, subject, detail }) => [actor, verb, subject, detail])).toEqual([
      ["vic", "refused pause", "automation", { reason: "let me" }],
      ["olga", "pause", "automation", { reason: "deploy" }],
      ["olga", "refused resume", "automation", { reason: "" }],
      ["mara", "resume", "automation", { reason: "" }],
    ]);
  });

  it("is not released where nothing is paused, and on a word that nobody knows it is", async () => {
    const resumed = () => resume(person("mara"), null, world.ctx);
    expect(await resumed()).toMatchObject({ reason: "not_paused" });
    await pause(person("olga"), null, world.ctx);
    await world.ctx.store.db.updateTable("switches").set({ position: "maybe" }).execute();
    expect(await resumed()).toEqual({ ok: true });
    expect(await resumed()).toMatchObject({ reason: "not_paused" });
    const told = (await listAudit({ limit: 10 }, world.ctx)).map(({ verb }) => verb).toReversed();
    expect(told).toEqual(["refused resume", "pause", "resume", "refused resume"]);
  });

  it("tells who paused, when and why, until somebody resumes", async () => {
    expect(await standingPause(world.ctx.store.db)).toBeNull();
    const at = world.now;
    await pause(person("olga"), "deploy", world.ctx);
    expect(await standingPause(world.ctx.store.db)).toEqual({ by: "Olga", at, reason: "deploy" });
    await resume(person("mara"), null, world.ctx);
    expect(await standingPause(world.ctx.store.db)).toBeNull();
  });

  it("refuses with how long it has stood and who may end it", async () => {
    expect(await refusedByPause(world.ctx.store.db, "approved", world.ctx)).toBeNull();
    await pause(person("olga"), null, world.ctx);
    world.now += 300_000;
    const refused = async (ctx = world.ctx) => (await refusedByPause(ctx.store.db, "approved", ctx))?.message;
    expect(await refused()).toMatch(
      /^Automation was paused by Olga 5 min ago, so nothing can be approved\. Only an approver may resume: .*Mara.*\.$/,
    );
    const nobody = { ...world.ctx.policy, people: {}, groups: {} };
    expect(await refused({ ...world.ctx, policy: nobody })).toMatch(/Only an approver may resume\.$/);
  });

  it("that stands on an unknown word lets nobody believe that automation is on", async () => {
    await pause(person("olga"), null, world.ctx);
    await world.ctx.store.db.updateTable("switches").set({ position: "maybe" }).execute();
    await expect(isPaused(world.ctx.store.db)).rejects.toThrow('stands on "maybe"');
    await expect(standingPause(world.ctx.store.db)).rejects.toThrow('stands on "maybe"');
  });
});
