import type { Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AlertDeliveryTables, createAlertDeliveries } from "../../infra/database/alert-deliveries.ts";
import { type WatchWorld, watchWorld } from "../../fixtures/fakes/watch-world.ts";
import { listAudit } from "../../remediation/audit.ts";
import { listPlans } from "../../remediation/plans.ts";
import { createAlertIntake, mostWaiting } from "./intake.ts";

let watched: WatchWorld;
let intake: ReturnType<typeof open>;

beforeEach(async () => {
  watched = await watchWorld();
  intake = open();
});
afterEach(() => watched.close());

/** An intake that has just been started, with its watch. */
function open(mayPropose = true) {
  const { bot, world } = watched;
  const log = { info: () => undefined, warn: () => undefined };
  const watch = watched.watch(mayPropose);
  const made = createAlertIntake({
    bot,
    deliveries: world.deliveries,
    mayPropose,
    tell: watch.tellOutside,
    log,
  });
  return { ...made, watch };
}

const at = (seconds: number) => new Date(seconds * 1000).toISOString();

function alertOf(fingerprint: string, parts: object = {}) {
  return {
    status: "firing",
    fingerprint,
    labels: { alertname: "High", target: "web-1" },
    startsAt: at(watched.world.now / 1000 - 60),
    ...parts,
  };
}

const messageOf = (alerts: object[], parts: object = {}) => ({
  version: "4",
  groupKey: "{}:{}",
  receiver: "bot",
  alerts,
  ...parts,
});

async function deliver(alerts: object[], parts: object = {}): Promise<void> {
  expect(await intake.accept(messageOf(alerts, parts))).toEqual({ status: "stored" });
  await intake.work();
}

const toTarget = (target: string, labels: object = {}) => ({
  labels: { alertname: "High", target, ...labels },
});

test("an alert opens an incident on its target, and its end resolves it", async () => {
  await deliver([alertOf("a", { annotations: { summary: "Load is high" } })]);
  expect(await watched.open()).toMatchObject([
    { id: "inc-1", target: "web-1", cause: "alert", title: "web-1: Load is high" },
  ]);
  expect(watched.announced).toEqual(["inc-1"]);
  await deliver([alertOf("a", { status: "resolved" })]);
  expect(await watched.open()).toEqual([]);
});

test("a rule proposes by the metric that an alert names", async () => {
  await deliver([alertOf("a", toTarget("web-1", { metric: "memory" }))]);
  expect(await listPlans({}, watched.world.ctx)).toMatchObject([
    { runbook: "restart-service", incident: "inc-1" },
  ]);
});

describe("nothing is proposed", () => {
  const memory = { metric: "memory" };
  test("for a target that the inventory does not know", async () => {
    await deliver([alertOf("a", toTarget("stranger", memory))]);
    expect(await watched.open()).toMatchObject([{ target: "stranger" }]);
    expect(await listPlans({}, watched.world.ctx)).toEqual([]);
  });

  test("while the message is not whole", async () => {
    await deliver([alertOf("a", toTarget("web-1", memory))], { truncatedAlerts: 3 });
    expect(watched.announced).toEqual(["inc-1"]);
    expect(await listPlans({}, watched.world.ctx)).toEqual([]);
  });

  test("by a bot that only watches", async () => {
    intake = open(false);
    await deliver([alertOf("a", toTarget("web-1", memory))]);
    expect(await listPlans({}, watched.world.ctx)).toEqual([]);
  });
});

test("repeated, late and reordered messages give what one in order gives", async () => {
  const first = alertOf("a");
  const second = { ...first, startsAt: at(watched.world.now / 1000 - 10) };
  await deliver([{ ...first, status: "resolved" }]);
  await deliver([first]);
  expect(await watched.open()).toEqual([]);
  await deliver([second]);
  await deliver([second, second]);
  await deliver([{ ...first, status: "resolved" }]);
  await deliver([first]);
  expect(await watched.open()).toHaveLength(1);
  await deliver([{ ...second, status: "resolved" }]);
  await deliver([second]);
  expect(await watched.open()).toEqual([]);
  expect(watched.announced).toEqual(["inc-1"]);
});

test("what was stored before a crash is worked through after it", async () => {
  await intake.accept(messageOf([alertOf("a")]));
  expect(await watched.open()).toEqual([]);
  await open().work();
  expect(await watched.open()).toHaveLength(1);
});

test("a message that is wrong is not stored, and beyond the bound none is", async () => {
  expect(await intake.accept({ version: "4" })).toMatchObject({ status: "invalid" });
  await intake.work();
  for (let n = 0; n < mostWaiting.messages; n++)
    expect(await intake.accept(messageOf([]))).toEqual({ status: "stored" });
  expect(await intake.accept(messageOf([]))).toEqual({ status: "full" });
  await intake.work();
  expect(await intake.accept(messageOf([]))).toEqual({ status: "stored" });
});

test("what waits is bounded in letters too, also when it all comes at one moment and after a restart", async () => {
  const large = () => intake.accept(messageOf([alertOf("a")], { extra: "x".repeat(10_000_000) }));
  const all = await Promise.all(Array.from({ length: 9 }, large));
  expect(all.filter(({ status }) => status === "stored")).toHaveLength(6);
  expect(all.filter(({ status }) => status === "full")).toHaveLength(3);
  const { db } = watched.world.ctx.store as unknown as { db: Kysely<AlertDeliveryTables> };
  watched.world.deliveries = createAlertDeliveries({ db, wall: () => watched.world.now });
  intake = open();
  expect(await large()).toEqual({ status: "full" });
  await intake.work();
  expect(await large()).toEqual({ status: "stored" });
});

test("a message on which the work fails again and again is given up, and those behind it are not lost", async () => {
  const { ctx } = watched.world;
  const { transaction } = ctx.store;
  let poisoned = true;
  ctx.store.transaction = (work) =>
    poisoned ? Promise.reject(new Error("no such thing")) : transaction(work);
  await intake.accept(messageOf([alertOf("a")]));
  await intake.accept(messageOf([alertOf("b", toTarget("web-2"))]));
  for (let n = 0; n < 4; n++) await expect(intake.work()).rejects.toThrow("no such thing");
  const message = await watched.world.deliveries.oldest();
  await expect(intake.work()).rejects.toThrow("no such thing");
  expect((await watched.world.deliveries.oldest())?.number).toBe((message?.number ?? 0) + 1);
  poisoned = false;
  await intake.work();
  expect((await watched.open()).map(({ target }) => target)).toEqual(["web-2"]);
});

test("a storm is one card, repeats of it write nothing, and alerts on one target share its incident", async () => {
  const storm = Array.from({ length: 300 }, (_, n) => alertOf(`f${n}`, toTarget(`host-${n}`)));
  await deliver(storm);
  expect(await watched.open()).toHaveLength(200);
  expect(watched.announced).toEqual(["fleet-1"]);
  const written = (await listAudit({ limit: 10_000 }, watched.world.ctx)).length;
  for (let n = 0; n < 5; n++) await deliver(storm);
  expect((await listAudit({ limit: 10_000 }, watched.world.ctx)).length).toBe(written);
  await deliver([alertOf("other", { ...toTarget("host-7"), startsAt: at(watched.world.now / 1000) })]);
  const [incident] = (await watched.open()).filter(({ target }) => target === "host-7");
  expect(incident?.alerts ?? []).toHaveLength(incident === undefined ? 0 : 2);
});

test("an alert that only proves that alerting works opens nothing", async () => {
  await deliver([alertOf("watchdog", toTarget("web-1", { severity: "none" }))]);
  expect(await watched.open()).toEqual([]);
});

test("text of an alert stays data: it names no target, metric or markup of ours", async () => {
  const hostile = "web-1`; restart app on db-1 <!channel> ${jndi:x} \u202E";
  await deliver([
    alertOf("h", { labels: { alertname: hostile, instance: hostile }, annotations: { summary: hostile } }),
  ]);
  const [incident] = await watched.open();
  expect(incident?.target).not.toBe("web-1");
  expect(incident?.title).not.toContain("\u202E");
  expect(await listPlans({}, watched.world.ctx)).toEqual([]);
});
