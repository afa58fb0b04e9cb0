import { expect, test } from "vitest";
import { webTarget } from "../fixtures/fakes/core.ts";
import type { Drift } from "../ml/drift.ts";
import type { LiveModel } from "./detector.ts";
import type { ModelVersion } from "./model-meta.ts";
import { createRetraining, shareOf } from "./retraining.ts";
import type { Training } from "./training.ts";

const HOUR = 3_600_000;
const start = 1_795_000_000_000;
const quiet: Drift = { drifted: false, rows: 1_440, hours: 24, rareShare: 0.05, distance: 0.03, metrics: [] };

/** A fleet whose time, drift, incidents and trainings a test decides; what was done stands in `done`. */
function fleet(names: readonly string[], { hours = 24, learnedDays = 14 } = {}) {
  const world = {
    now: start,
    done: [] as string[],
    looking: "",
    incidents: new Set<string>(),
    drift: new Map<string, Drift>(),
    noRows: new Set<string>(),
    live: names.map((name) => liveModel(name, learnedDays)),
    versions: [] as Pick<ModelVersion, "number" | "status">[],
    goes: (target: string): Training => ({
      ok: false,
      target,
      reason: "failed",
      message: "only 3 hours of history",
    }),
  };
  const retraining = createRetraining({
    hours,
    wall: () => world.now,
    targets: () => names.map((name) => webTarget(name)),
    live: () => world.live,
    stored: async () => new Uint8Array(),
    versions: async () => world.versions as ModelVersion[],
    recent: async ({ name }) =>
      world.noRows.has(name) ? null : { frame: oneRow, source: "metrics history" },
    drift: async () => world.drift.get(world.looking) ?? quiet,
    hasIncident: async (target) => {
      world.looking = target;
      return world.incidents.has(target);
    },
    learn: async ({ name }, because, by) => {
      world.done.push(`${name} ${because} ${by}`);
      return world.goes(name);
    },
    log: { info: () => undefined },
  });
  return Object.assign(world, { retraining });
}

const oneRow = {
  stepSeconds: 60,
  time: Float64Array.of(start / 1_000),
  metrics: ["cpu_usage_percent"],
  columns: [Float64Array.of(3)],
};

function liveModel(target: string, learnedDays: number): LiveModel {
  // Only the age and the minutes learned are looked at.
  const model = {
    learnedMinutes: learnedDays * 1440,
    metrics: ["cpu_usage_percent"],
  } as unknown as LiveModel["model"];
  return { id: `${target} v1`, target, createdAt: start, model };
}

async function beats(world: ReturnType<typeof fleet>, hours: number, everyMinutes = 10): Promise<void> {
  for (let minute = 0; minute < hours * 60; minute += everyMinutes) {
    world.now += everyMinutes * 60_000;
    await world.retraining.step();
  }
}

test("a target without a model is tried at once and every hour; one whose model was refused, a day later", async () => {
  const world = fleet(["web-1"]);
  world.live = [];
  await beats(world, 3);
  expect(world.done).toEqual(Array.from({ length: 3 }, () => "web-1 first system"));
  world.goes = (target) => ({
    ok: false,
    target,
    reason: "refused",
    message: "it sees nothing",
    version: `${target} v1`,
    report: { passed: false, gates: [], numbers: {} },
  });
  await beats(world, 25);
  expect(world.done).toHaveLength(5);
});

test("every target is looked at once a day, at its own time; without drift nothing is trained", async () => {
  const names = Array.from({ length: 40 }, (_, i) => `web-${i + 1}`);
  const world = fleet(names);
  const looked = new Map<string, number>();
  for (let minute = 0; minute < 48 * 60; minute += 5) {
    world.now += 5 * 60_000;
    await world.retraining.step();
    for (const name of names) {
      const look = world.retraining.lookAt(name);
      if (look !== null && look.at === world.now) looked.set(`${name} ${looked.size}`, world.now);
    }
  }
  expect(looked.size).toBeGreaterThanOrEqual(names.length);
  expect(looked.size).toBeLessThanOrEqual(2 * names.length);
  expect(world.done).toEqual([]);
  const hours = new Set([...looked.values()].map((at) => Math.floor((at - start) / HOUR)));
  expect(hours.size).toBeGreaterThan(20);
});

test("drift trains a challenger, and the look is kept for the status", async () => {
  const world = fleet(["web-1", "web-2"]);
  world.drift.set("web-2", { ...quiet, drifted: true, rareShare: 0.6 });
  await beats(world, 24);
  expect(world.done).toEqual(["web-2 drift system"]);
  expect(world.retraining.lookAt("web-2")).toMatchObject({ decided: "trained", drift: { rareShare: 0.6 } });
  expect(world.retraining.lookAt("web-1")).toMatchObject({ decided: "kept" });
});

test("a model that learned from less than eight days is trained again daily, as history grows", async () => {
  const world = fleet(["web-1"], { learnedDays: 3 });
  await beats(world, 72);
  expect(world.done.every((each) => each === "web-1 daily system")).toBe(true);
  expect(world.done.length).toBeGreaterThanOrEqual(2);
  expect(world.done.length).toBeLessThanOrEqual(3);
});

test("an incident puts the look off until it is over", async () => {
  const world = fleet(["web-1"]);
  world.drift.set("web-1", { ...quiet, drifted: true });
  world.incidents.add("web-1");
  await beats(world, 30);
  expect(world.done).toEqual([]);
  world.incidents.clear();
  await beats(world, 1);
  expect(world.done).toEqual(["web-1 drift system"]);
});

test("a version that a person went back to is left alone", async () => {
  const world = fleet(["web-1"]);
  world.drift.set("web-1", { ...quiet, drifted: true });
  world.versions = [
    { number: 2, status: "previous" },
    { number: 1, status: "live" },
  ];
  await beats(world, 25);
  expect(world.done).toEqual([]);
  expect(world.retraining.lookAt("web-1")).toMatchObject({ decided: "held", drift: null });
});

test("without rows of the last day nothing is decided", async () => {
  const world = fleet(["web-1"]);
  world.noRows.add("web-1");
  await beats(world, 25);
  expect(world.retraining.lookAt("web-1")).toMatchObject({ decided: "no rows" });
  expect(world.done).toEqual([]);
});

test("hours of 0 switch the looks off, not the first training nor what a person asks for", async () => {
  const world = fleet(["web-1"], { hours: 0, learnedDays: 1 });
  world.drift.set("web-1", { ...quiet, drifted: true });
  await beats(world, 72);
  expect(world.done).toEqual([]);
  world.retraining.request([webTarget("web-1")], "mara");
  await beats(world, 1);
  expect(world.done).toEqual(["web-1 person mara"]);
});

test("what a person asks for goes first, one a round, and is asked for only once", async () => {
  const names = ["web-1", "web-2", "web-3"];
  const world = fleet(names);
  world.live = [];
  const targets = names.map((name) => webTarget(name));
  expect(world.retraining.request(targets, "mara")).toBe(3);
  expect(world.retraining.request(targets.slice(0, 2), "olga")).toBe(0);
  expect(world.retraining.waiting()).toEqual(names);
  await world.retraining.step();
  expect(world.done).toEqual(["web-1 person mara"]);
  expect(world.retraining.waiting()).toEqual(["web-2", "web-3"]);
});

test("a training that fails for a reason nobody knows holds up no other", async () => {
  const world = fleet(["web-1", "web-2"]);
  world.live = [];
  world.goes = (target) => {
    if (target === "web-1") throw new Error("the worker thread died");
    return { ok: false, target, reason: "failed", message: "only 3 hours" };
  };
  await expect(world.retraining.step()).rejects.toThrow("died");
  expect(await world.retraining.step()).toBe(true);
  expect(await world.retraining.step()).toBe(false);
  expect(world.done).toEqual(["web-1 first system", "web-2 first system"]);
  world.retraining.request([webTarget("web-1")], "mara");
  await expect(world.retraining.step()).rejects.toThrow("died");
  expect(world.retraining.waiting()).toEqual([]);
});

test("names spread evenly over the hours", () => {
  const shares = Array.from({ length: 1_000 }, (_, i) => shareOf(`web-${i}`));
  const tenths = new Array<number>(10).fill(0);
  for (const share of shares) tenths[Math.floor(share * 10)]! += 1;
  expect(Math.min(...tenths)).toBeGreaterThan(60);
  expect(Math.max(...tenths)).toBeLessThan(140);
});
