import { describe, expect, it } from "vitest";
import { packageRunbooks } from "../../fixtures/fakes/core.ts";
import { openIncident } from "../../fixtures/fakes/incident.ts";
import { sceneAt } from "../../fixtures/fakes/scene.ts";
import type { Alert, Incident } from "../../remediation/incident.ts";
import type { Plan } from "../../remediation/plan.ts";
import { incidentCard } from "./incident-card.ts";
import type { IncidentParts } from "./incident-parts.ts";
import { noFollowUp, withoutActionLine } from "./outcome-parts.ts";
import { incidentsCard } from "./incidents-card.ts";
import { planCard } from "./plan-card.ts";
import { planDetailsCard } from "./plan-details.ts";

const now = Date.UTC(2026, 10, 20, 3, 14);
const scene = sceneAt(now);

const incident = openIncident({
  id: "inc-12",
  number: 12,
  title: "web-1: memory usage is far above usual",
  summary: "Memory usage is 41 %, usually 8-10 %.",
  metric: "memory_usage_percent",
  direction: "above",
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
});

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
  window: null,
  rollsBack: null,
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
  said: null,
  threshold: null,
  fleet: null,
  outside: "",
  follow: noFollowUp,
  ...changes,
});

const labels = (card: { buttons: { label: string }[] }) => card.buttons.map(({ label }) => label);

it("says what, where and since when, each number once and with what is usual beside it", () => {
  expect(incidentCard(parts(), scene)).toEqual({
    title: "web-1: memory usage is far above usual · since 03:02 UTC (12 min)",
    tone: "warning",
    text: "Memory usage is 41 %, usually 8-10 %.",
    fields: [{ label: "Error rate", value: "0.3 % (usual)" }],
    buttons: [
      { label: "Propose a fix", style: "primary", intent: { kind: "remediate", id: "inc-12" } },
      { label: "Why?", style: "default", intent: { kind: "explain", id: "inc-12" } },
      { label: "Not a problem", style: "default", intent: { kind: "feedback", id: "inc-12" } },
      { label: "Silence 2 h", style: "default", intent: { kind: "silence", id: "inc-12", duration: "2h" } },
    ],
    chart: null,
    footer: "inc-12 · open",
    incident: "inc-12",
    plan: null,
  });
});

it("compares with this hour of the week where it was seen often enough", () => {
  const row = { metric: "cpu_usage_percent", value: 41, usual: [8, 10], share: 0.1, thisHour: [7, 9] };
  const detail = { ...incident.detail, top: [row] };
  expect(incidentCard(parts({ incident: { ...incident, detail } }), scene).fields).toEqual([
    { label: "CPU usage", value: "41 % (on a Friday night 7-9 %)" },
  ]);
});

describe("the new normal", () => {
  const steady: Incident = { ...incident, detail: { ...incident.detail, steadySince: 1 } };
  const limit = { key: "limit:cpu_usage_percent:web-1", status: "firing", title: "", startsAt: now } as Alert;

  it("is asked after a day at a steady level, with a button", () => {
    const card = incidentCard(parts({ incident: steady }), scene);
    expect(card.text).toMatch(/It has been at this level for 24 h\. Is this the new normal\?$/);
    expect(card.buttons[0]).toEqual({
      label: "Yes, new normal",
      style: "primary",
      intent: { kind: "feedback", id: "inc-12", verdict: "new_normal" },
    });
  });

  it.each([
    ["while a plan is undecided", { incident: steady, plan }],
    ["while a plan is running", { incident: steady, plan: { ...plan, status: "executing" as const } }],
    ["while a metric is beyond its limit", { incident: { ...steady, alerts: [limit] } }],
    ["when it is over", { incident: { ...steady, status: "resolved" as const } }],
  ])("is not asked %s", (_when, changes) => {
    const card = incidentCard(parts(changes), scene);
    expect(card.text).not.toContain("new normal");
    expect(labels(card)).not.toContain("Yes, new normal");
  });
});

it("says who called it what, once", () => {
  const real = { verdict: "problem", name: "Mara" } as const;
  const card = incidentCard(parts({ said: real }), scene);
  expect(card.text).toMatch(/Mara called it a real problem\.$/);
  expect(labels(card)).toEqual(["Propose a fix", "Why?", "Silence 2 h"]);
  const resolved: Incident = { ...incident, status: "resolved", resolution: "not a problem, said Mara" };
  const no = { verdict: "not_a_problem", name: "Mara" } as const;
  expect(incidentCard(parts({ incident: resolved, said: no }), scene).text).toMatch(
    /Resolved: not a problem, said Mara\.$/,
  );
  expect(incidentCard(parts({ incident: resolved, said: real }), scene).text).toMatch(
    /said Mara\. Mara called it a real problem\.$/,
  );
});

it("offers a threshold that verdicts suggest, for a person to accept or leave", () => {
  const threshold = { id: "threshold-3", text: "Raise web-1's threshold by 18 %?" };
  const resolved: Incident = { ...incident, status: "resolved" };
  const card = incidentCard(parts({ incident: resolved, threshold }), scene);
  expect(card.text).toMatch(/Raise web-1's threshold by 18 %\?$/);
  expect(card.buttons).toEqual([
    {
      label: "Accept the threshold",
      style: "primary",
      intent: { kind: "feedback", id: "threshold-3", accept: true },
    },
    { label: "Leave it", style: "default", intent: { kind: "feedback", id: "threshold-3", accept: false } },
  ]);
});

it("carries the waiting plan's Approve and Deny first, red because something stops", () => {
  const card = incidentCard(parts({ plan }), scene);
  expect(labels(card).slice(0, 2)).toEqual(["Approve restart", "Deny"]);
  expect(card.buttons[0]).toMatchObject({
    style: "danger",
    intent: { kind: "approve", id: "plan-17", digest: "d" },
  });
  expect(card.fields).toEqual([
    { label: "Proposed: Restart app on web-1 (plan-17)", value: "Stops app on web-1 for some seconds." },
    { label: "Who may approve", value: "one approver, not the requester: Mara; risk 2" },
  ]);
  expect(card.footer).toContain(
    "plan-17 · decide within 15 min, by 03:29 UTC · proposed by rule memory-leak",
  );
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
    breakGlass: false,
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
  expect(card.title).toBe("Restarted app on web-1: improved");
  expect(card.tone).toBe("ok");
  expect(card.text).toBe(
    "Memory usage fell from 41 % to 9 % (usually 8-10 %). Approved by Jon 03:14 UTC · ran 7 s. Resolved: plan-17 improved it.",
  );
  expect(card.buttons).toEqual([]);
});

it("is not well where somebody closed it while it went on, and says so", () => {
  const alert = { title: "web-1: the service is down", status: "resolved", endsAt: 5, startsAt: 1 } as Alert;
  const closed: Incident = {
    ...incident,
    status: "resolved",
    resolvedBy: "Mara",
    resolvedMetricAt: 5,
    resolution: "known",
    alerts: [alert],
  };
  expect(incidentCard(parts({ incident: closed }), scene)).toMatchObject({
    tone: "warning",
    text: expect.stringMatching(/Resolved: known\. It had not ended when it was closed by hand\.$/),
  });
  const over = { ...closed, alerts: [{ ...alert, endsAt: 4 }] };
  expect(incidentCard(parts({ incident: over }), scene).tone).toBe("ok");
});

it("says of a decided plan only what came of it: no checks, no approvers, whole sentences", () => {
  const blastRadius = ["Stops app on web-1.", "Precheck passed: instance online.", "Way back: none."];
  const noted = { ...plan, blastRadius, notes: ["denied by jon"] };
  const denied = planCard({ ...noted, status: "denied" }, "one approver", null, scene);
  expect(denied).toMatchObject({ fields: [], title: "Restart app on web-1: denied" });
  const runs = planCard({ ...noted, status: "executing" }, "one approver", null, scene);
  expect(runs.title).toBe("Restart app on web-1: running");
  expect(runs.fields).toEqual([{ label: "What it does", value: "• Stops app on web-1.\n• Way back: none." }]);
  const own = { ...noted, rule: null, requester: { id: "jon", name: "jon" }, reason: "it is slow" };
  expect(planCard(own, "one approver", null, scene).text).toBe(
    "Jon asked for it: it is slow. Denied by jon.",
  );
});

it("tells everything of a plan to whoever reads before deciding", () => {
  const step = { n: 1, action: "restart-service", target: "web-1", params: { Service: "app" }, undoes: null };
  const full = { ...plan, digest: "0123456789abcdef", steps: [step as unknown as Plan["steps"][number]] };
  const card = planDetailsCard(full, "one approver: Mara", null, scene);
  expect(card.fields).toEqual([
    { label: "If approved", value: "Stops app on web-1 for some seconds." },
    { label: "Who may approve", value: "one approver: Mara; risk 2" },
    { label: "Steps", value: "1. restart-service on web-1 (Service=app)" },
    { label: "Parameters", value: "service=app" },
    { label: "Targets", value: "web-1 (i-0abc, service app)" },
    {
      label: "Times",
      value: "proposed just now (03:14 UTC); to be decided by 03:29 UTC; to begin by 03:34 UTC",
    },
    { label: "Judged by", value: "Memory usage, over 5 min after it ran" },
    { label: "Runbook and digest", value: "restart-service v, digest 0123456789ab" },
  ]);
  expect(labels(card)).toEqual(["Approve restart", "Deny"]);
});

it("says bad news first and offers another try", () => {
  const unchanged: Plan = {
    ...plan,
    status: "done",
    verdict: "unchanged",
    verdictDetail: { metric: "memory_usage_percent", before: 41, after: 41, usual: [8, 10], text: "" },
  };
  const card = incidentCard(parts({ plan: unchanged }), scene);
  expect(card.title).toBe("Restarted app on web-1: unchanged");
  expect(card.text).toMatch(/^Memory usage is still 41 %.*I have not tried anything else\.$/);
  expect(labels(card)).toEqual([
    "Propose a fix",
    "Escalate",
    "Close inc-12",
    "Why?",
    "Not a problem",
    "Silence 2 h",
  ]);
  const record = { cured: 3, tried: 4, unverified: 0, medianCureSeconds: 240, lastFailureAt: null };
  const reboot = packageRunbooks.find(({ name }) => name === "reboot");
  if (reboot === undefined) throw new Error("there is no reboot");
  const next = { runbook: reboot, params: {}, rule: null, record, tried: false };
  const offered = incidentCard(parts({ plan: unchanged, follow: { ...noFollowUp, next } }), scene);
  expect(offered.text).toMatch(
    /Next could be: reboot \(cured this cause 3 of 4 times here, median 4 min\)\.$/,
  );
  expect(offered.buttons[0]).toEqual({
    label: "Propose: reboot web-1",
    style: "primary",
    intent: { kind: "remediate", target: "web-1", runbook: "reboot" },
  });
  expect(labels(offered)).not.toContain("Propose a fix");
});

describe("what made it worse", () => {
  const worse: Plan = {
    ...plan,
    status: "done",
    verdict: "worse",
    verdictDetail: { metric: "memory_usage_percent", before: 20, after: 60, usual: [8, 10], text: "" },
  };
  const wayBack = { possible: true as const, words: "stop, type t3.micro, start" };

  it("is told first while its way back waits, with the way back's own Approve and Deny", () => {
    const back: Plan = {
      ...plan,
      id: "plan-18",
      effect: "rollback",
      title: "Roll back plan-17 on web-1: stop, type t3.micro, start",
      rollsBack: "plan-17",
      rule: null,
    };
    const follow = { ...noFollowUp, takesBack: worse, wayBack };
    const card = incidentCard(parts({ plan: back, follow }), scene);
    expect(card).toMatchObject({ title: "Restarted app on web-1: worse", tone: "critical", plan: "plan-18" });
    expect(card.text).toMatch(/^Memory usage rose from 20 % to 60 % \(usually 8-10 %\)\./);
    expect(card.text).toContain("Taking it back (stop, type t3.micro, start) waits for approval.");
    expect(labels(card).slice(0, 3)).toEqual(["Approve rollback", "Deny", "Escalate"]);
    expect(card.fields.map(({ label }) => label)).toEqual([
      "Proposed: Roll back plan-17 on web-1: stop, type t3.micro, start (plan-18)",
      "Who may approve",
    ]);
    const own = planCard(back, "one approver", null, scene, follow);
    expect(own.title).toBe("Roll back plan-17 on web-1: stop, type t3.micro, start? · for inc-12");
  });

  it("offers its way back where nothing is proposed, and says so where there is none", () => {
    const offered = incidentCard(parts({ plan: worse, follow: { ...noFollowUp, wayBack } }), scene);
    expect(offered.buttons[0]).toMatchObject({
      label: "Propose rollback",
      intent: { kind: "rollback", id: "plan-17" },
    });
    const because = "There is nothing in it that could be taken back.";
    const none = { ...noFollowUp, wayBack: { possible: false as const, because } };
    expect(incidentCard(parts({ plan: worse, follow: none }), scene).text).toContain(
      `It cannot be taken back. ${because}`,
    );
  });
});

it("says what it would have come to, never more than can be, and draws it dashed", () => {
  const line = {
    at: now / 1_000,
    value: 104,
    low: 96,
    high: 112,
    from: { at: now / 1_000 - 300, value: 41 },
  };
  const detail = {
    metric: "memory_usage_percent",
    before: 41,
    after: 9,
    usual: [8, 10] as [number, number],
    text: "",
  };
  const done: Plan = {
    ...plan,
    status: "done",
    verdict: "improved",
    verdictDetail: { ...detail, withoutAction: line },
  };
  expect(incidentCard(parts({ plan: done }), scene).text).toMatch(
    /^Memory usage fell from 41 % to 9 % \(usually 8-10 %\)\. Had it gone on as before, it would be 100 % by now \(96-100 %\)\./,
  );
  expect(withoutActionLine(done.verdictDetail, scene)).toEqual([
    { name: "had it gone on", time: [now / 1_000 - 300, now / 1_000], values: [41, 100], dashed: true },
  ]);
  expect(withoutActionLine(detail, scene)).toEqual([]);
});

it("names what changed before it was found, until a plan does", () => {
  const changes = "Changed before this: deploy 4f2c by CI at 02:47 UTC (12 min before).";
  const follow = { ...noFollowUp, changes };
  expect(incidentCard(parts({ follow }), scene).text).toContain(changes);
  expect(incidentCard(parts({ plan, follow }), scene).text).not.toContain(changes);
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
  expect(labels(card)).toEqual(["It happened", "It did not happen", "Escalate"]);
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
