import { afterEach, beforeEach, expect, test } from "vitest";
import { coreWorld, memoryAlert, type World } from "../../fixtures/fakes/core.ts";
import { clearAlert, raiseAlert } from "../../remediation/incident.ts";

let world: World;

beforeEach(async () => {
  world = await coreWorld();
});

afterEach(() => world.close());

const decide = (id: string, status: "accepted" | "left", by: string) =>
  world.ctx.store.transaction((trx) => world.memory.thresholds.decide(id, { status, by }, trx));

test("one decision on a threshold counts, however many come at once", async () => {
  const { thresholds } = world.memory;
  const id = await thresholds.offer({ target: "web-1", factor: 1.2, text: "Raise it?" });
  expect(id).toBe("threshold-1");
  const made = [await decide(id, "accepted", "Olga"), await decide(id, "left", "Otto")];
  expect(made).toEqual([true, false]);
  expect(await thresholds.find(id)).toMatchObject({ status: "accepted", decidedBy: "Olga", factor: 1.2 });
});

test("a newer offer replaces an open one and keeps its id; after a decision a new one begins", async () => {
  const { thresholds } = world.memory;
  await thresholds.offer({ target: "web-1", factor: 1.2, text: "first" });
  expect(await thresholds.offer({ target: "web-1", factor: 1.3, text: "second" })).toBe("threshold-1");
  await decide("threshold-1", "left", "Olga");
  expect(await thresholds.offer({ target: "web-1", factor: 1.4, text: "third" })).toBe("threshold-2");
  expect(await thresholds.offer({ target: "web-2", factor: 1.1, text: "other" })).toBe("threshold-3");
  expect(await thresholds.newestOf("web-1")).toMatchObject({
    id: "threshold-2",
    text: "third",
    status: "open",
  });
  expect(await thresholds.find("threshold-99")).toBeNull();
  expect(await thresholds.find("nonsense")).toBeNull();
});

test("a decision that could not be carried out waits again", async () => {
  const { thresholds } = world.memory;
  const id = await thresholds.offer({ target: "web-1", factor: 1.2, text: "" });
  await decide(id, "accepted", "Olga");
  await thresholds.reopen(id);
  expect(await decide(id, "left", "Otto")).toBe(true);
});

test("a fleet-wide change counts its members as they are now, the unresolved first", async () => {
  const { fleet } = world.memory;
  for (const n of [1, 2, 3])
    await raiseAlert(
      memoryAlert(`web-${n}`, n === 3 ? { metric: "cpu_usage_percent", severity: "critical" } : {}),
      world.ctx,
    );
  const id = await fleet.open({ beganAt: 100, openedAt: 160 }, ["inc-1", "inc-2"]);
  await fleet.join(id, ["inc-3", "inc-2"]);
  expect(await fleet.of("inc-3")).toBe("fleet-1");
  expect(await fleet.of("inc-9")).toBeNull();
  await clearAlert("anomaly:web-1", world.ctx);
  expect(await fleet.summary(id, 2)).toEqual({
    id: "fleet-1",
    beganAt: 100,
    openedAt: 160,
    targets: 3,
    open: 2,
    critical: true,
    metrics: [
      { metric: "memory_usage_percent", targets: 2 },
      { metric: "cpu_usage_percent", targets: 1 },
    ],
    first: [
      { id: "inc-2", target: "web-2", title: "web-2: memory is climbing", status: "open", resolution: null },
      { id: "inc-3", target: "web-3", title: "web-3: memory is climbing", status: "open", resolution: null },
    ],
  });
  expect(await fleet.since(161)).toEqual([]);
  expect(await fleet.since(160)).toEqual([{ id: "fleet-1", beganAt: 100, openedAt: 160 }]);
  expect(await fleet.summary("fleet-7", 2)).toBeNull();
});

test("thousands of members are one change", async () => {
  const { fleet } = world.memory;
  const incidents: string[] = [];
  for (let n = 1; n <= 1_200; n++) {
    const { incident } = await raiseAlert(memoryAlert(`host-${n}`), world.ctx);
    incidents.push(incident.id);
  }
  const id = await fleet.open({ beganAt: 1, openedAt: 2 }, incidents);
  const summary = await fleet.summary(id, 20);
  expect(summary).toMatchObject({ targets: 1_200, open: 1_200 });
  expect(summary?.first).toHaveLength(20);
});
