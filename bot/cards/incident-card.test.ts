import { expect, it } from "vitest";
import { createCatalog } from "../../infra/prometheus/catalog.ts";
import type { Incident } from "../../remediation/incident.ts";
import type { Plan } from "../../remediation/plan.ts";
import { incidentCard, incidentsCard, type IncidentParts } from "./incident-card.ts";
import { planCard } from "./plan-card.ts";
import type { Scene } from "./scene.ts";

const now = Date.UTC(2026, 10, 20, 3, 14);
const scene: Scene = {
  nowMs: now,
  metricNow: now / 1_000,
  timeZone: "UTC",
  replay: false,
  dryRun: false,
  catalog: createCatalog(),
};

const incident: Incident = {
  id: "inc-12",
  number: 12,
  target: "web-1",
  status: "open",
  cause: "anomaly",
  severity: "warning",
  title: "web-1: memory usage is far above usual",
  summary: "Memory usage is 41 %, usually 8-10 %.",
  metric: "memory_usage_percent",
  direction: "above",
  signals: [],
  detail: {
    top: [
      { metric: "memory_usage_percent", value: 41, usual: [8, 10], share: 0.9 },
      { metric: "error_rate", value: 0.003, usual: [0, 0.01], share: 0.01 },
    ],
    score: 4,
    rarity: "",
  },
  openedAt: now - 720_000,
  openedMetricAt: now / 1_000 - 720,
  updatedAt: now,
  acknowledgedBy: null,
  silencedUntil: null,
  resolvedAt: null,
  resolvedMetricAt: null,
  resolvedBy: null,
  resolution: null,
  alerts: [],
};

const plan: Plan = {
  id: "plan-17",
  number: 17,
  status: "proposed",
  verdict: null,
  verdictDetail: null,
  incident: "inc-12",
  targets: [{ name: "web-1", instanceId: "i-0abc", region: null, service: "app", generation: 1 }],
  runbook: "restart-service",
  title: "Restart app on web-1",
  effect: "restart",
  version: "v",
  params: { service: "app" },
  steps: [],
  risk: 2,
  approvalsNeeded: 1,
  digest: "d",
  generation: 1,
  fingerprint: {},
  cloud: "aws",
  requester: { id: "system", name: "system" },
  rule: "memory-leak",
  reason: null,
  createdAt: now,
  expiresAt: now + 900_000,
  runBy: now + 1_200_000,
  startedAt: null,
  decisions: [],
  doneAt: null,
  doneMetricAt: null,
  settleSeconds: 300,
  metric: "memory_usage_percent",
  direction: "above",
  blastRadius: ["Stops app on web-1 for some seconds."],
  notes: [],
};

const parts = (changes: Partial<IncidentParts> = {}): IncidentParts => ({
  incident,
  plan: null,
  approval: "one approver, not the requester: Mara",
  remedy: { possible: true, why: "" },
  chart: null,
  ...changes,
});

const labels = (card: { buttons: { label: string }[] }) => card.buttons.map(({ label }) => label);

it("says what, where and since when, with what is usual beside every number", () => {
  const card = incidentCard(parts(), scene);
  expect(card.title).toBe("web-1: memory usage is far above usual · since 03:02 UTC (12 min)");
  expect(card.fields).toEqual([{ label: "Memory usage", value: "41 % (usually 8-10 %)" }]);
  expect(card.footer).toBe("inc-12 · open");
  expect(labels(card)[0]).toBe("Propose a fix");
});

it("carries the waiting plan's Approve and Deny first, red because something stops", () => {
  const card = incidentCard(parts({ plan }), scene);
  expect(labels(card).slice(0, 2)).toEqual(["Approve restart", "Deny"]);
  expect(card.buttons[0]).toMatchObject({
    style: "danger",
    intent: { kind: "approve", id: "plan-17", digest: "d" },
  });
  expect(card.fields.map(({ label }) => label)).toEqual([
    "Memory usage",
    "If approved: Restart app on web-1",
    "Approval",
  ]);
  expect(card.footer).toContain("plan-17 · expires in 15 min · proposed by rule memory-leak");
  expect(labels(card)).not.toContain("Propose a fix");
});

it("loses its buttons when decided and says who decided, when and what came of it", () => {
  const approved = {
    person: "jon",
    name: "Jon",
    decision: "approve",
    at: now,
    reason: null,
    surface: "slack",
    policyHash: "",
  } as const;
  const done: Plan = {
    ...plan,
    status: "done",
    decisions: [approved],
    startedAt: now,
    doneAt: now + 7_000,
    verdict: "improved",
    verdictDetail: { metric: "memory_usage_percent", before: 41, after: 9, usual: [8, 10], text: "" },
  };
  const resolved: Incident = { ...incident, status: "resolved", resolution: "plan-17 improved it" };
  const card = incidentCard(parts({ incident: resolved, plan: done }), scene);
  expect(card.title).toBe("Restart app on web-1: improved");
  expect(card.tone).toBe("ok");
  expect(card.text).toBe(
    "Memory usage fell from 41 % to 9 % (usually 8-10 %). Approved by Jon 03:14 UTC · ran 7 s. Resolved: plan-17 improved it.",
  );
  expect(card.buttons).toEqual([]);
});

it("says bad news first and offers another try", () => {
  const unchanged: Plan = {
    ...plan,
    status: "done",
    verdict: "unchanged",
    verdictDetail: { metric: "memory_usage_percent", before: 41, after: 41, usual: [8, 10], text: "" },
  };
  const card = incidentCard(parts({ plan: unchanged }), scene);
  expect(card.title).toBe("Restart app on web-1: unchanged");
  expect(card.text).toMatch(/^Memory usage is still 41 %.*I have not tried anything else\.$/);
  expect(labels(card)).toEqual(["Propose a fix", "Why?", "Acknowledge", "Silence 2 h", "Close inc-12"]);
});

it("says why it may not act, and then proposes nothing", () => {
  const why = "I may not act on it: it has no EC2 identity.";
  const card = incidentCard(parts({ remedy: { possible: false, why } }), scene);
  expect(card.text).toContain(why);
  expect(labels(card)).not.toContain("Propose a fix");
});

it("keeps Propose a fix when the rule's plan expired", () => {
  const card = incidentCard(parts({ plan: { ...plan, status: "expired" } }), scene);
  expect(labels(card)[0]).toBe("Propose a fix");
  expect(card.text).toContain("Nobody decided in time");
});

it("asks a person what became of a call it never heard of again", () => {
  const card = planCard({ ...plan, status: "needs_human" }, "", null, scene);
  expect(card.title).toContain("needs a person");
  expect(card.text).toContain("I have not asked again and will not.");
  expect(labels(card)).toEqual(["It happened", "It did not happen"]);
});

it("gives a recording's times only relative, and says what is not real", () => {
  const card = incidentCard(parts(), { ...scene, replay: true, dryRun: true });
  expect(card.title).toMatch(/· for 12 min$/);
  expect(card.footer).toContain("Recorded metrics, dry-run cloud: nothing outside this machine was touched.");
});

it("lists what is on fire in one line each", () => {
  const card = incidentsCard([incident, { ...incident, id: "inc-13", target: "web-2" }], [plan], null, scene);
  expect(card.title).toBe("2 open incidents");
  expect(card.text.split("\n")).toHaveLength(2);
  expect(card.text).toContain("plan-17 waits for approval");
  expect(incidentsCard([], [], null, scene)).toMatchObject({ title: "No open incidents", tone: "ok" });
  const blind = incidentsCard([], [], "Prometheus refused the connection.", scene);
  expect(blind).toMatchObject({ tone: "warning", text: "Prometheus refused the connection." });
});
