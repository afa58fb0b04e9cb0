import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, type World } from "../fixtures/fakes/core.ts";
import { fakeSilencer } from "../fixtures/fakes/silencer.ts";
import { listAudit } from "./audit.ts";
import { type Alert, clearAlert, raiseAlert } from "./incident.ts";
import { keepSilences, outsideSilences } from "./silences.ts";
import { acknowledge, endSilences, resolve, silence, unsilence } from "./triage.ts";

let world: World;
let outside: ReturnType<typeof fakeSilencer>;

beforeEach(async () => {
  world = await coreWorld();
  outside = fakeSilencer(() => world.now);
});
afterEach(() => world.close());

const hour = 3_600_000;
const olga = () => personIn(world.ctx.policy, "olga");
const keep = () => keepSilences(outside.silencer, world.ctx);

/** As the intake makes them of what Alertmanager sends. */
const fromThere = (name: string, parts: Partial<Alert> = {}): Alert =>
  memoryAlert("web-1", {
    key: `alertmanager:${name}`,
    cause: "alert",
    startsAt: world.now / 1000,
    detail: {
      alertmanager: { fingerprint: name, alertname: name, labels: { alertname: name, instance: "web-1" } },
    },
    ...parts,
  });

async function incidentOf(...alerts: Alert[]) {
  let id = "";
  for (const alert of alerts) id = (await raiseAlert(alert, world.ctx)).incident.id;
  return id;
}
const stateOf = async (id: string) => {
  const { incident } = await raiseAlert(memoryAlert("web-1", { startsAt: 0 }), world.ctx);
  expect(incident.id).toBe(id);
  return (await outsideSilences(incident, world.ctx)).silences;
};

describe("silences outside", () => {
  it("name exactly the alerts that came from there, for as long as the incident is silenced, and whose they are", async () => {
    const id = await incidentOf(memoryAlert(), fromThere("HighLoad"), fromThere("DiskFull"));
    await keep();
    expect(outside.calls).toBe(0);
    await silence(id, world.now + 2 * hour, olga(), world.ctx);
    await keep();
    expect(outside.active()).toMatchObject([
      {
        labels: { alertname: "DiskFull", instance: "web-1" },
        endsAt: world.now + 2 * hour,
        createdBy: "Olga",
        comment: expect.stringMatching(/^inc-1, silenced by Olga \[smartcloudops inc-1\.\w+\]$/) as string,
      },
      { labels: { alertname: "HighLoad", instance: "web-1" } },
    ]);
    const { calls } = outside;
    await keep();
    expect(outside.calls).toBe(calls);
    expect((await listAudit({ subject: id, limit: 9 }, world.ctx)).map(({ verb }) => verb)).toContain(
      "silence in Alertmanager",
    );
  });

  it("are none for our own anomaly, and none for an alert that would match everything", async () => {
    const nameless = fromThere("x", { detail: { alertmanager: { labels: { empty: "" } } } });
    const id = await incidentOf(memoryAlert(), nameless);
    await silence(id, world.now + hour, olga(), world.ctx);
    await keep();
    expect(outside.calls).toBe(0);
    const { incident } = await raiseAlert(nameless, world.ctx);
    expect(await outsideSilences(incident, world.ctx)).toEqual({ nameless: 1, silences: [] });
  });

  it.each([
    ["unsilence", (id: string) => unsilence(id, olga(), world.ctx)],
    ["acknowledge", (id: string) => acknowledge(id, olga(), world.ctx)],
    ["resolve", (id: string) => resolve(id, olga(), null, world.ctx)],
  ])("%s ends them", async (_, over) => {
    const id = await incidentOf(fromThere("HighLoad"));
    await silence(id, world.now + hour, olga(), world.ctx);
    await keep();
    expect(outside.active()).toHaveLength(1);
    expect(await over(id)).toMatchObject({ ok: true });
    await keep();
    expect(outside.active()).toEqual([]);
    expect((await listAudit({ subject: id, limit: 1 }, world.ctx))[0]?.verb).toBe(
      "end silence in Alertmanager",
    );
  });

  it("are moved and not made twice when somebody says another time, and end by themselves", async () => {
    const id = await incidentOf(fromThere("HighLoad"));
    await silence(id, world.now + hour, olga(), world.ctx);
    await keep();
    await silence(id, world.now + 3 * hour, olga(), world.ctx);
    await keep();
    expect(outside.active()).toMatchObject([{ id: "silence-1", endsAt: world.now + 3 * hour }]);
    world.now += 3 * hour;
    const { calls } = outside;
    await endSilences(world.ctx);
    await keep();
    expect(outside.calls).toBe(calls);
    expect(await stateOf(id)).toMatchObject([{ state: "ended" }]);
  });

  it("cover what joins the incident while it is silenced", async () => {
    const id = await incidentOf(fromThere("HighLoad"));
    await silence(id, world.now + hour, olga(), world.ctx);
    await keep();
    await incidentOf(fromThere("DiskFull"));
    await keep();
    expect(outside.active()).toHaveLength(2);
  });

  it("that could not be told are tried again, later and later, and are given up when it is hopeless", async () => {
    const id = await incidentOf(fromThere("HighLoad"));
    outside.mode = "down";
    expect(await silence(id, world.now + 24 * hour, olga(), world.ctx)).toMatchObject({
      ok: true,
      incident: { status: "silenced" },
    });
    const triedAt: number[] = [];
    for (let second = 0; second < 4_000; second += 1) {
      const { calls } = outside;
      await keep();
      if (outside.calls > calls) triedAt.push(second);
      world.now += 1_000;
    }
    expect(triedAt.slice(0, 8)).toEqual([0, 5, 15, 35, 75, 155, 315, 615]);
    expect(triedAt).toHaveLength(12);
    expect(await stateOf(id)).toMatchObject([
      { state: "refused", problem: "it cannot be reached (ECONNREFUSED)" },
    ]);
    expect(world.events.filter(({ event }) => event === "silence failed")).toHaveLength(2);

    outside.mode = "well";
    await silence(id, world.now + hour, olga(), world.ctx);
    await keep();
    expect(outside.active()).toHaveLength(1);
  });

  it("that Alertmanager refuses are not tried again", async () => {
    const id = await incidentOf(fromThere("HighLoad"));
    outside.mode = "refusing";
    await silence(id, world.now + hour, olga(), world.ctx);
    await keep();
    world.now += hour / 2;
    await keep();
    expect(outside.calls).toBe(1);
    expect(await stateOf(id)).toMatchObject([{ state: "refused", problem: "it answered HTTP 400" }]);
  });

  it("that were made just before a crash are found by their mark", async () => {
    const id = await incidentOf(fromThere("HighLoad"));
    await silence(id, world.now + hour, olga(), world.ctx);
    outside.mode = "deaf";
    // The lookup goes through; what is lost is the answer to the order.
    await keepSilences({ ...outside.silencer, find: async () => ({ ok: true, value: null }) }, world.ctx);
    expect(outside.active()).toHaveLength(1);
    outside.mode = "well";
    world.now += 60_000;
    await keep();
    expect(outside.active()).toHaveLength(1);
    expect(await stateOf(id)).toMatchObject([{ state: "active", silence_id: "silence-1" }]);
  });

  it("never are two of one alert, and are what the incident says as soon as Alertmanager is well", async () => {
    type Step =
      "silence" | "unsilence" | "ack" | "clear" | "fire" | "wait" | "down" | "deaf" | "well" | "crash";
    const step = fc.constantFrom<Step>(
      "silence",
      "unsilence",
      "ack",
      "clear",
      "fire",
      "wait",
      "down",
      "deaf",
      "well",
      "crash",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        await world.close();
        world = await coreWorld();
        outside = fakeSilencer(() => world.now);
        const id = await incidentOf(memoryAlert(), fromThere("HighLoad"));
        const act: Record<Step, () => unknown> = {
          silence: () => silence(id, world.now + hour, olga(), world.ctx),
          unsilence: () => unsilence(id, olga(), world.ctx),
          ack: () => acknowledge(id, olga(), world.ctx),
          clear: () => clearAlert("alertmanager:HighLoad", world.ctx),
          fire: () => incidentOf(fromThere("HighLoad")),
          wait: () => (world.now += 400_000),
          down: () => (outside.mode = "down"),
          deaf: () => (outside.mode = "deaf"),
          well: () => (outside.mode = "well"),
          // The process dies between Alertmanager's answer and our note of it.
          crash: () => {
            const { calls } = outside;
            const { store } = world.ctx;
            const transaction: typeof store.transaction = (work) =>
              outside.calls > calls ? Promise.reject(new Error("killed")) : store.transaction(work);
            return keepSilences(outside.silencer, { ...world.ctx, store: { ...store, transaction } }).catch(
              (error: Error) => expect(error.message).toBe("killed"),
            );
          },
        };
        for (const name of steps) {
          await act[name]();
          await endSilences(world.ctx);
          // A crash comes before the beat that would have told Alertmanager.
          if (!["silence", "unsilence", "ack"].includes(name)) await keep();
          expect(outside.active().length).toBeLessThanOrEqual(1);
        }
        outside.mode = "well";
        world.now += 400_000;
        await endSilences(world.ctx);
        await keep();
        const { incident } = await raiseAlert(memoryAlert("web-1", { startsAt: 0 }), world.ctx);
        const { silences } = await outsideSilences(incident, world.ctx);
        const isSilenced = incident.status === "silenced" && silences.some(({ state }) => state === "active");
        expect(outside.active()).toHaveLength(isSilenced ? 1 : 0);
        const fires = incident.alerts.some(
          ({ key, status }) => key.startsWith("alertmanager:") && status === "firing",
        );
        const gaveUp = silences.some(({ state }) => state === "refused");
        if (incident.status === "silenced" && fires && !gaveUp) expect(isSilenced).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});

describe("ending a silence by hand", () => {
  it("opens the incident again, or gives it back to whoever had acknowledged it", async () => {
    const id = await incidentOf(memoryAlert());
    expect(await unsilence(id, olga(), world.ctx)).toMatchObject({
      ok: false,
      message: "inc-1 is not silenced; there is nothing to end.",
    });
    await silence(id, world.now + hour, olga(), world.ctx);
    expect(await unsilence(id, personIn(world.ctx.policy, "vic"), world.ctx)).toMatchObject({
      ok: false,
      reason: "not_allowed",
    });
    expect(await unsilence(id, olga(), world.ctx)).toMatchObject({
      incident: { status: "open", silencedUntil: null },
    });
    await acknowledge(id, olga(), world.ctx);
    await silence(id, world.now + hour, olga(), world.ctx);
    expect(await unsilence(id, olga(), world.ctx)).toMatchObject({
      incident: { status: "acknowledged", acknowledgedBy: "Olga" },
    });
    const verbs = (await listAudit({ subject: id, limit: 20 }, world.ctx)).map(({ verb }) => verb);
    expect(verbs.slice(0, 3)).toEqual(["end silence", "silence", "acknowledge"]);
    expect(verbs).toContain("refused end silence");
  });
});
