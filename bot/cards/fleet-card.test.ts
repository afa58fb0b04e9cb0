import { expect, it } from "vitest";
import type { FleetMember, FleetSummary } from "../../infra/database/fleet-changes.ts";
import { sceneAt } from "../../fixtures/fakes/scene.ts";
import { fleetCard } from "./fleet-card.ts";

const now = Date.UTC(2026, 10, 20, 3, 14);
const scene = sceneAt(now);
const member = (n: number, parts: Partial<FleetMember> = {}): FleetMember => ({
  id: `inc-${n}`,
  target: `web-${n}`,
  title: `web-${n}: memory usage is far above usual`,
  status: "open",
  resolution: null,
  ...parts,
});
const fleet = (parts: Partial<FleetSummary> = {}): FleetSummary => ({
  id: "fleet-3",
  beganAt: now / 1_000 - 720,
  openedAt: now / 1_000 - 600,
  targets: 3,
  open: 3,
  critical: false,
  metrics: [
    { metric: "memory_usage_percent", targets: 2 },
    { metric: "cpu_usage_percent", targets: 1 },
  ],
  first: [1, 2, 3].map((n) => member(n)),
  ...parts,
});

it("is one card for all of them, with a line and a button each and no proposal", () => {
  expect(fleetCard(fleet(), scene)).toEqual({
    title: "3 targets changed at one moment · since 03:02 UTC (12 min)",
    tone: "warning",
    text: [
      "Memory usage on two of them and CPU usage on one. A deploy, or something they share? My rules propose nothing " +
        "for a change of many targets; each target's own card has its buttons.",
      "web-1: memory usage is far above usual (inc-1, open)",
      "web-2: memory usage is far above usual (inc-2, open)",
      "web-3: memory usage is far above usual (inc-3, open)",
    ].join("\n"),
    fields: [],
    buttons: [1, 2, 3].map((n) => ({
      label: `web-${n} (inc-${n})`,
      style: "default",
      intent: { kind: "incidents", id: `inc-${n}` },
    })),
    chart: null,
    footer: "fleet-3",
    incident: null,
    plan: null,
  });
});

it("names twenty of many targets and counts the others", () => {
  const first = Array.from({ length: 20 }, (_, n) => member(n));
  const card = fleetCard(fleet({ targets: 57, open: 57, first, critical: true }), scene);
  expect(card.title).toMatch(/^57 targets changed/);
  expect(card.tone).toBe("critical");
  expect(card.text.split("\n").at(-1)).toBe("and 37 more");
  expect(card.buttons).toHaveLength(10);
});

it("says what is resolved, and when all are", () => {
  const over = { status: "resolved", resolution: "it went away by itself" };
  const some = fleetCard(fleet({ open: 2, first: [member(1), member(2), member(3, over)] }), scene);
  expect(some.text).toContain("1 of 3 are resolved.");
  expect(some.text).toContain("(inc-3, resolved: it went away by itself)");
  expect(some.buttons).toHaveLength(2);
  const all = fleetCard(fleet({ open: 0, first: [1, 2, 3].map((n) => member(n, over)) }), scene);
  expect(all).toMatchObject({
    title: "3 targets changed at one moment: all resolved",
    tone: "ok",
    buttons: [],
  });
  expect(all.text).toContain("All three incidents are resolved.");
});

it("gives a recording's time only relative", () => {
  expect(fleetCard(fleet(), { ...scene, replay: true }).title).toMatch(/· for 12 min$/);
});
