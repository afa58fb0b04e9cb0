import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, type World } from "../fixtures/fakes/core.ts";
import { type Alert, getIncident, raiseAlert } from "./incident.ts";
import { stillFires } from "./still-fires.ts";

let world: World;
beforeEach(async () => {
  world = await coreWorld();
});
afterEach(() => world.close());

const labels = { alertname: "HighMemory", instance: "web-1:9100" };
const outside = { alertmanager: { fingerprint: "c0ffee", labels } };

async function incidentOf(...parts: Partial<Alert>[]) {
  const { incident } = await raiseAlert(memoryAlert("web-1"), world.ctx);
  const found = await getIncident(`inc-${incident.number}`, world.ctx);
  const [alert] = found?.alerts ?? [];
  if (!found || !alert) throw new Error("no incident");
  return { ...found, alerts: parts.map((each) => ({ ...alert, ...each })) };
}

const asked = (fires: boolean) => {
  world.ctx.firesOutside = async () => ({ ok: true, value: fires });
};

describe("what is told of a target", () => {
  it("by our own watch fires until the watch ends it, and nobody else is asked", async () => {
    expect(await stillFires("web-1", await incidentOf({}), world.ctx)).toEqual({ state: "firing" });
  });

  it("is over without an alert of it that fires", async () => {
    const incident = await incidentOf({ status: "resolved" }, { target: "web-2" });
    expect(await stillFires("web-1", incident, world.ctx)).toEqual({ state: "over" });
  });

  it.each([
    [true, "firing"],
    [false, "over"],
  ])("by Alertmanager is as it says now: %s is %s", async (fires, state) => {
    asked(fires);
    expect(await stillFires("web-1", await incidentOf({ detail: outside }), world.ctx)).toEqual({ state });
  });

  it("fires as soon as one alert does, whatever cannot be asked", async () => {
    const incident = await incidentOf({ detail: outside }, {});
    expect(await stillFires("web-1", incident, world.ctx)).toEqual({ state: "firing" });
  });

  it("is unknown where one cannot be asked and the others are over", async () => {
    asked(false);
    const unnamed = { alertmanager: { fingerprint: "c0ffee" } };
    const incident = await incidentOf({ detail: outside }, { detail: unnamed });
    expect(await stillFires("web-1", incident, world.ctx)).toMatchObject({
      state: "unknown",
      because: expect.stringContaining("its labels are not known") as string,
    });
  });

  it("is unknown without an Alertmanager, and when it does not answer; the log says so", async () => {
    const incident = await incidentOf({ detail: outside });
    expect(await stillFires("web-1", incident, world.ctx)).toMatchObject({
      because: expect.stringContaining("no Alertmanager is configured") as string,
    });
    world.ctx.firesOutside = async () => ({ ok: false, reason: "unreachable", message: "it is gone" });
    expect(await stillFires("web-1", incident, world.ctx)).toMatchObject({
      state: "unknown",
      because: expect.stringMatching(/cannot be asked: it is gone$/) as string,
    });
    expect(world.events.at(-1)).toMatchObject({
      level: "warn",
      event: "alert not asked",
      incident: incident.id,
    });
  });
});
