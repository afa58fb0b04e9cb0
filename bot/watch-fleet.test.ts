import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, memoryAlert } from "../fixtures/fakes/core.ts";
import { type WatchWorld, watchWorld } from "../fixtures/fakes/watch-world.ts";
import { raiseAlert } from "../remediation/incident.ts";
import { listPlans } from "../remediation/plans.ts";
import { createFleetWatch, type Fresh, sharedMoment } from "./watch-fleet.ts";

const fresh = (n: number, began: number, target = `web-${n}`): Fresh => ({
  incident: `inc-${n}`,
  target,
  began,
  key: `anomaly:${target}`,
  acts: true,
});
const ids = (group: readonly Fresh[]) => group.map(({ incident }) => incident);

describe("targets that changed at one moment", () => {
  it("are at least three, within the spread", () => {
    expect(ids(sharedMoment([fresh(1, 0), fresh(2, 60), fresh(3, 120)], 120))).toEqual([
      "inc-1",
      "inc-2",
      "inc-3",
    ]);
    expect(sharedMoment([fresh(1, 0), fresh(2, 60)], 120)).toEqual([]);
    expect(sharedMoment([fresh(1, 0), fresh(2, 60), fresh(3, 121)], 120)).toEqual([]);
    expect(sharedMoment([], 120)).toEqual([]);
  });

  it("are the largest such group, whatever the order in which they are told", () => {
    const told = [
      fresh(5, 1_000),
      fresh(1, 0),
      fresh(6, 1_010),
      fresh(2, 10),
      fresh(4, 990),
      fresh(7, 1_100),
    ];
    expect(ids(sharedMoment(told, 120))).toEqual(["inc-4", "inc-5", "inc-6", "inc-7"]);
  });

  it("are different targets", () => {
    expect(sharedMoment([fresh(1, 0), fresh(2, 0, "web-1"), fresh(3, 0, "web-1")], 120)).toEqual([]);
  });
});

describe("the watch over them", () => {
  async function fleetWatch() {
    const world = await coreWorld();
    for (let n = 1; n <= 9; n++) await raiseAlert(memoryAlert(`web-${n}`), world.ctx);
    const watch = () => createFleetWatch({ store: world.memory.fleet, stepSeconds: 15 });
    return { world, watch };
  }

  it("tells who is alone at once", async () => {
    const { world, watch } = await fleetWatch();
    const { alone, fleets } = await watch().sort([fresh(1, 0)], 0, 60);
    expect([ids(alone), fleets]).toEqual([["inc-1"], []]);
    await world.close();
  });

  it("waits at most two rounds for those that are about to alarm", async () => {
    const { world, watch } = await fleetWatch();
    const { sort, isShared } = watch();
    expect(await sort([fresh(1, 0)], 2, 60)).toEqual({ alone: [], fleets: [] });
    expect(await isShared("inc-1")).toBe(true);
    expect(ids((await sort([], 2, 120)).alone)).toEqual([]);
    expect(ids((await sort([], 2, 180)).alone)).toEqual(["inc-1"]);
    expect(await isShared("inc-1")).toBe(false);
    await world.close();
  });

  it("makes one change of those that follow, with who was told alone shortly before", async () => {
    const { world, watch } = await fleetWatch();
    const { sort, isShared } = watch();
    await sort([fresh(1, 0)], 0, 60);
    expect((await sort([fresh(2, 30), fresh(3, 60)], 0, 120)).fleets).toEqual(["fleet-1"]);
    expect(await world.memory.fleet.summary("fleet-1", 9)).toMatchObject({ targets: 3, beganAt: 0 });
    expect(await isShared("inc-1")).toBe(true);
    await world.close();
  });

  it("shows a change whose card a crash prevented", async () => {
    const { world, watch } = await fleetWatch();
    await watch().sort([fresh(1, 0), fresh(2, 0), fresh(3, 0)], 0, 60);
    const restarted = watch();
    expect(await restarted.sort([], 0, 120)).toEqual({ alone: [], fleets: ["fleet-1"] });
    expect(await restarted.sort([], 0, 180)).toEqual({ alone: [], fleets: [] });
    await world.close();
  });

  it("lets later ones join for ten minutes, across a restart, and not after", async () => {
    const { world, watch } = await fleetWatch();
    await watch().sort([fresh(1, 0), fresh(2, 0), fresh(3, 0)], 0, 60);
    const restarted = watch();
    expect(await restarted.sort([fresh(4, 500)], 0, 560)).toEqual({ alone: [], fleets: ["fleet-1"] });
    expect(await restarted.isShared("inc-2")).toBe(true);
    expect(ids((await restarted.sort([fresh(5, 700)], 0, 720)).alone)).toEqual(["inc-5"]);
    expect((await world.memory.fleet.summary("fleet-1", 9))?.targets).toBe(4);
    await world.close();
  });
});

describe("a change of many targets, as the watch tells it", () => {
  let stage: WatchWorld;

  beforeEach(async () => {
    stage = await watchWorld();
  });

  afterEach(() => stage.close());

  const names = ["web-1", "web-2", "db-1", "web-4", "web-5"];

  it("is one card, and rules propose nothing for it", async () => {
    const { cycle } = stage.watch();
    stage.see(names.map((name) => stage.leaking(name)));
    await cycle();
    expect(await stage.open()).toHaveLength(5);
    expect(stage.announced).toEqual(["fleet-1"]);
    for (let minute = 0; minute < 6; minute += 1) {
      stage.world.now += 60_000;
      stage.see(names.map((name) => stage.leaking(name)));
      await cycle();
    }
    expect(stage.announced).toEqual(["fleet-1"]);
    expect(await listPlans({}, stage.world.ctx)).toEqual([]);
  });

  it("lets a later target join and edits that card, after a restart too", async () => {
    stage.see(names.slice(0, 3).map((name) => stage.leaking(name)));
    await stage.watch().cycle();
    stage.world.now += 240_000;
    stage.see(
      names.map((name) => ({
        ...stage.leaking(name),
        since: stage.world.now / 1_000 - (name === "web-4" ? 60 : 300),
      })),
    );
    await stage.watch().cycle();
    expect(stage.announced).toEqual(["fleet-1", "fleet-1"]);
    expect((await stage.world.memory.fleet.summary("fleet-1", 9))?.targets).toBe(5);
  });

  it("is found after a crash between its incidents and its card", async () => {
    for (const name of names)
      await raiseAlert(memoryAlert(name, { startsAt: stage.world.now / 1_000 - 60 }), stage.world.ctx);
    stage.see(names.map((name) => stage.leaking(name)));
    await stage.watch().cycle();
    expect(stage.announced).toEqual(["fleet-1"]);
  });

  it("waits for targets that are about to alarm before it tells the first one alone", async () => {
    const { cycle } = stage.watch();
    const about = (name: string) => stage.reading(name, { score: 1.3 });
    stage.see([stage.leaking("web-1"), about("web-2"), about("db-1")]);
    await cycle();
    expect(stage.announced).toEqual([]);
    stage.world.now += 60_000;
    stage.see(["web-1", "web-2", "db-1"].map((name) => stage.leaking(name)));
    await cycle();
    expect(stage.announced).toEqual(["fleet-1"]);
    expect(await listPlans({}, stage.world.ctx)).toEqual([]);
  });
});
