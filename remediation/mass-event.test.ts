import { describe, expect, it } from "vitest";
import { coreWorld, personIn, teamPolicy } from "../fixtures/fakes/core.ts";
import { autonomyOff } from "./autonomy.ts";
import { createMassWatch, isMassEvent, suspectMonitoring, type Face } from "./mass-event.ts";
import { switchAutonomy } from "./promote.ts";

const fleetOf = (size: number, faces: Record<string, Face> = {}) =>
  new Map<string, Face>(Array.from({ length: size }, (_, n) => [`t${n}`, faces[`t${n}`] ?? "well"]));
const fallen = (count: number, face: Face = "trouble"): Record<string, Face> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`t${n}`, face]));

describe("a mass event", () => {
  it("is at least five targets and more than a fifth of the fleet", () => {
    expect(isMassEvent(4, 4)).toBe(false);
    expect(isMassEvent(5, 24)).toBe(true);
    expect(isMassEvent(5, 25)).toBe(false);
    expect(isMassEvent(6, 25)).toBe(true);
    expect(isMassEvent(200, 1_000)).toBe(false);
    expect(isMassEvent(201, 1_000)).toBe(true);
  });

  it("gathers targets that fall one after another within five minutes, with trouble or without data", () => {
    const { look } = createMassWatch();
    expect(look(fleetOf(20), 0)).toBeNull();
    expect(look(fleetOf(20, fallen(3)), 60)).toBeNull();
    expect(look(fleetOf(20, { ...fallen(3), t3: "no data", t4: "no data" }), 300)).toEqual({
      targets: ["t0", "t1", "t2", "t3", "t4"],
      fleet: 20,
      silent: 2,
    });
  });

  it("is not made of trouble that comes slower, or that was there when the watch began", () => {
    const slow = createMassWatch().look;
    slow(fleetOf(20), 0);
    for (let n = 1; n <= 8; n += 1) expect(slow(fleetOf(20, fallen(n)), n * 120)).toBeNull();
    const late = createMassWatch().look;
    expect(late(fleetOf(20, fallen(9, "no data")), 0)).toBeNull();
    expect(late(fleetOf(20, fallen(9, "no data")), 60)).toBeNull();
  });

  it("that begins just before the watch does is one all the same", () => {
    const { look } = createMassWatch();
    expect(look(fleetOf(20, fallen(6)), 0, new Set(Object.keys(fallen(6))))?.targets).toHaveLength(6);
  });

  it("turns autonomy off until a person turns it on again, and says so once", async () => {
    const world = await coreWorld({ policy: teamPolicy() });
    const event = { targets: ["a", "b", "c", "d", "e"], fleet: 12, silent: 0 };
    expect(await suspectMonitoring(event, world.ctx)).toBe(true);
    expect(await suspectMonitoring(event, world.ctx)).toBe(false);
    const { db } = world.ctx.store;
    expect((await autonomyOff(db))?.reason).toContain("suspect monitoring: 5 of 12 targets");
    const olga = personIn(world.ctx.policy, "olga");
    expect(await switchAutonomy("on", olga, "", world.ctx)).toMatchObject({
      ok: false,
      reason: "not_allowed",
    });
    expect(await autonomyOff(db)).not.toBeNull();
    const mara = personIn(world.ctx.policy, "mara");
    expect(await switchAutonomy("on", mara, "", world.ctx)).toEqual({ ok: true });
    expect(await autonomyOff(db)).toBeNull();
    await world.close();
  });
});
