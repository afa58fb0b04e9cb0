import { describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn } from "../fixtures/fakes/core.ts";
import { deny } from "./approve.ts";
import { listAudit } from "./audit.ts";
import {
  clearAlert,
  countIncidents,
  getIncident,
  incidentOfTarget,
  listIncidents,
  raiseAlert,
  resolveIfQuiet,
} from "./incident.ts";
import { propose } from "./propose.ts";
import { getPlan } from "./plans.ts";
import { acknowledge, endSilences, resolve, silence } from "./triage.ts";

const minute = 60_000;

describe("one unresolved incident per target", () => {
  it("is kept by the database, whatever arrives at once", async () => {
    const world = await coreWorld();
    const raised = await Promise.all(
      Array.from({ length: 64 }, (_, n) =>
        raiseAlert(memoryAlert("web-1", { key: `alert-${n % 8}` }), world.ctx),
      ),
    );
    expect(raised.filter((one) => one.opened)).toHaveLength(1);
    expect(raised.filter((one) => one.joined)).toHaveLength(7);
    const [incident, ...others] = await listIncidents({ unresolvedOnly: true }, world.ctx);
    expect(others).toEqual([]);
    expect(incident?.alerts).toHaveLength(8);
    await expect(insertRival(world.ctx.store.db)).rejects.toThrow(
      /UNIQUE constraint failed: incidents.active_target|incidents_active_target_key/,
    );
    await world.close();
  });

  it("is updated by the same alert and joined by others, whose severity counts", async () => {
    const world = await coreWorld();
    await raiseAlert(memoryAlert(), world.ctx);
    world.now += minute;
    const again = await raiseAlert(
      memoryAlert("web-1", { title: "web-1: memory is nearly full" }),
      world.ctx,
    );
    expect(again).toMatchObject({
      opened: false,
      joined: false,
      incident: { id: "inc-1", title: "web-1: memory is nearly full" },
    });
    const other = memoryAlert("web-1", {
      key: "am:disk",
      cause: "alert",
      severity: "critical",
      title: "Disk",
      metric: null,
    });
    const joined = await raiseAlert(other, world.ctx);
    expect(joined).toMatchObject({
      opened: false,
      joined: true,
      incident: {
        cause: "anomaly",
        severity: "critical",
        title: "web-1: memory is nearly full",
        metric: "memory_usage_percent",
      },
    });
    expect(await raiseAlert(memoryAlert("web-2"), world.ctx)).toMatchObject({
      opened: true,
      incident: { id: "inc-2" },
    });
    expect((await listAudit({ subject: "inc-1", limit: 9 }, world.ctx)).map((entry) => entry.verb)).toEqual([
      "join",
      "open",
    ]);
    await world.close();
  });
});

describe("an incident that a plan was made for", () => {
  const errors = memoryAlert("web-1", {
    title: "web-1: errors are rising",
    summary: "errors are far above usual",
    metric: "error_rate",
    signals: [],
    severity: "critical",
    detail: { score: 3 },
  });
  const plan = {
    runbook: "restart-service",
    target: "web-1",
    incident: "inc-1",
    requester: "system",
  } as const;
  const named = { title: "web-1: memory is climbing", metric: "memory_usage_percent", direction: "above" };

  it("keeps its name while its own cure makes another metric lead, and says how grave it is now", async () => {
    const world = await coreWorld();
    await raiseAlert(memoryAlert(), world.ctx);
    await propose(plan, world.ctx);
    expect((await raiseAlert(errors, world.ctx)).incident).toMatchObject({
      ...named,
      summary: "memory is far above usual",
      signals: [{ metric: "memory_usage_percent" }],
      severity: "critical",
      detail: { score: 3 },
    });
    const again = memoryAlert("web-1", { title: "web-1: memory is nearly full" });
    expect((await raiseAlert(again, world.ctx)).incident.title).toBe("web-1: memory is nearly full");
    await world.close();
  });

  it("follows its leading metric before, and again when the plan was denied", async () => {
    const world = await coreWorld();
    await raiseAlert(memoryAlert(), world.ctx);
    expect((await raiseAlert(errors, world.ctx)).incident.metric).toBe("error_rate");
    await raiseAlert(memoryAlert(), world.ctx);
    await propose(plan, world.ctx);
    const person = personIn(world.ctx.policy, "mara");
    await deny({ plan: "plan-1", person, surface: "slack" }, world.ctx);
    expect((await raiseAlert(errors, world.ctx)).incident.metric).toBe("error_rate");
    await world.close();
  });
});

describe("a delivery of an older episode", () => {
  it("changes nothing of an alert that fires", async () => {
    const world = await coreWorld();
    await raiseAlert(memoryAlert("web-1", { startsAt: 2000 }), world.ctx);
    const older = await raiseAlert(
      memoryAlert("web-1", { startsAt: 1999, title: "old news", severity: "critical" }),
      world.ctx,
    );
    expect(older).toMatchObject({
      opened: false,
      joined: false,
      incident: { title: "web-1: memory is climbing", severity: "warning", alerts: [{ startsAt: 2000 }] },
    });
    await world.close();
  });
});

describe("more incidents than one list shows", () => {
  async function flooded() {
    const world = await coreWorld();
    await raiseAlert(memoryAlert("web-1"), world.ctx);
    for (let n = 0; n < 230; n += 1) await raiseAlert(memoryAlert(`elsewhere-${n}`), world.ctx);
    return world;
  }
  const open = { unresolvedOnly: true };

  it("hide no known target, and are counted whole", async () => {
    const world = await flooded();
    const listed = await listIncidents({ ...open, first: ["web-1", "db-1"] }, world.ctx);
    expect(listed).toHaveLength(200);
    expect(listed.slice(0, 2).map(({ target }) => target)).toEqual(["web-1", "elsewhere-229"]);
    expect(listed[0]?.alerts).toMatchObject([{ key: "anomaly:web-1", target: "web-1" }]);
    expect(await countIncidents(open, world.ctx)).toBe(231);
    expect(await listIncidents({ ...open, targets: ["web-1"] }, world.ctx)).toMatchObject([{ id: "inc-1" }]);
    expect(await countIncidents({ ...open, targets: ["web-1"] }, world.ctx)).toBe(1);
    expect(await listIncidents({ ...open, targets: [] }, world.ctx)).toEqual([]);
    expect(await listIncidents({ ...open, statuses: ["silenced"] }, world.ctx)).toEqual([]);
    const later = world.now + 1;
    expect(await countIncidents({ unresolvedOnly: false, since: later }, world.ctx)).toBe(231);
    await resolve("inc-1", personIn(world.ctx.policy, "olga"), null, world.ctx);
    expect(await countIncidents({ unresolvedOnly: false, since: later }, world.ctx)).toBe(230);
    await world.close();
  });

  it("still end by themselves, the oldest too", async () => {
    const world = await flooded();
    // A plan holds the target, so that the end of its alert does not resolve it yet.
    const plan = { runbook: "restart-service", target: "web-1", requester: "system" } as const;
    await propose({ ...plan, incident: "inc-1" }, world.ctx);
    await clearAlert("anomaly:web-1", world.ctx);
    world.now += 2 * minute;
    expect(await resolveIfQuiet(world.ctx)).toEqual(["inc-1"]);
    await world.close();
  });
});

describe("the end of an incident", () => {
  it("comes by itself when its alerts are over and no plan holds the target", async () => {
    const world = await coreWorld();
    await raiseAlert(memoryAlert(), world.ctx);
    await raiseAlert(memoryAlert("web-1", { key: "other" }), world.ctx);
    expect((await clearAlert("other", world.ctx))?.status).toBe("open");
    expect((await clearAlert("anomaly:web-1", world.ctx))?.status).toBe("resolved");
    expect(await clearAlert("anomaly:web-1", world.ctx)).toBeNull();
    expect(await incidentOfTarget("web-1", world.ctx)).toBeNull();
    expect(await getIncident("inc-1", world.ctx)).toMatchObject({
      resolvedBy: "system",
      resolvedAt: world.now,
    });
    await world.close();
  });

  it("waits while a plan is undecided", async () => {
    const world = await coreWorld();
    await raiseAlert(memoryAlert(), world.ctx);
    await propose(
      { runbook: "restart-service", target: "web-1", incident: "inc-1", requester: "system" },
      world.ctx,
    );
    await clearAlert("anomaly:web-1", world.ctx);
    expect(await resolveIfQuiet(world.ctx)).toEqual([]);
    expect((await getIncident("inc-1", world.ctx))?.status).toBe("open");
    await world.close();
  });

  it("withdraws a plan that was made for an alert which is over for two minutes", async () => {
    const world = await coreWorld();
    await raiseAlert(memoryAlert(), world.ctx);
    const plan = { runbook: "restart-service", target: "web-1", requester: "system" as const };
    await propose({ ...plan, incident: "inc-1" }, world.ctx);
    await clearAlert("anomaly:web-1", world.ctx);
    world.now += 120_000;
    expect(await resolveIfQuiet(world.ctx)).toEqual(["inc-1"]);
    expect(await getPlan("plan-1", world.ctx)).toMatchObject({
      status: "cancelled",
      notes: ["not run: its alert is over"],
    });
    expect(world.changes).toContainEqual({ plan: "plan-1" });
    await world.close();
  });

  it("keeps a plan that somebody asked for when nothing fired any more", async () => {
    const world = await coreWorld();
    await raiseAlert(memoryAlert(), world.ctx);
    const plan = { target: "web-1", incident: "inc-1" };
    await propose({ ...plan, runbook: "restart-service", requester: "system" }, world.ctx);
    await clearAlert("anomaly:web-1", world.ctx);
    const olga = personIn(world.ctx.policy, "olga");
    await propose({ ...plan, runbook: "reboot", requester: olga }, world.ctx);
    world.now += 120_000;
    expect(await resolveIfQuiet(world.ctx)).toEqual([]);
    expect(await getPlan("plan-2", world.ctx)).toMatchObject({
      status: "proposed",
      fingerprint: { "web-1": { alert: "over" } },
    });
    await world.close();
  });

  it("is not undone by a late or older delivery, but a new episode opens a new incident", async () => {
    const world = await coreWorld();
    const alert = memoryAlert("web-1", { cause: "alert", key: "am:1", startsAt: world.now / 1000 });
    await raiseAlert(alert, world.ctx);
    world.now += minute;
    await clearAlert("am:1", world.ctx);
    world.now += 60 * minute;
    for (const late of [alert, { ...alert, startsAt: alert.startsAt - 500 }]) {
      expect(await raiseAlert(late, world.ctx)).toMatchObject({
        opened: false,
        joined: false,
        incident: { status: "resolved" },
      });
    }
    const fresh = await raiseAlert({ ...alert, startsAt: world.now / 1000 }, world.ctx);
    expect(fresh).toMatchObject({ opened: true, incident: { id: "inc-2" } });
    await world.close();
  });

  it("leaves ten minutes before an anomaly that just goes on is trouble again", async () => {
    const world = await coreWorld();
    const alert = memoryAlert("web-1", { startsAt: world.now / 1000 });
    await raiseAlert(alert, world.ctx);
    await resolve("inc-1", personIn(world.ctx.policy, "olga"), "known", world.ctx);
    world.now += 9 * minute;
    expect(await raiseAlert(alert, world.ctx)).toMatchObject({ opened: false, incident: { id: "inc-1" } });
    world.now += 2 * minute;
    expect(await raiseAlert(alert, world.ctx)).toMatchObject({ opened: true, incident: { id: "inc-2" } });
    await world.close();
  });

  it("leaves as long to a limit of our own that stays exceeded", async () => {
    const world = await coreWorld();
    const parts = {
      cause: "alert",
      key: "limit:disk_usage_percent:web-1",
      startsAt: world.now / 1000,
    } as const;
    const alert = memoryAlert("web-1", parts);
    await raiseAlert(alert, world.ctx);
    await resolve("inc-1", personIn(world.ctx.policy, "olga"), "known", world.ctx);
    world.now += 9 * minute;
    expect(await raiseAlert(alert, world.ctx)).toMatchObject({ opened: false, incident: { id: "inc-1" } });
    world.now += 2 * minute;
    expect(await raiseAlert(alert, world.ctx)).toMatchObject({ opened: true, incident: { id: "inc-2" } });
    await world.close();
  });
});

describe("what people do with an incident", () => {
  it("is acknowledging, silencing and closing, each once and audited", async () => {
    const world = await coreWorld();
    const olga = personIn(world.ctx.policy, "olga");
    await raiseAlert(memoryAlert(), world.ctx);
    expect(await acknowledge("inc-1", olga, world.ctx)).toMatchObject({
      ok: true,
      incident: { status: "acknowledged", acknowledgedBy: "Olga" },
    });
    expect(await acknowledge("1", olga, world.ctx)).toMatchObject({ ok: false, reason: "acknowledged" });
    expect(await silence("inc-1", world.now + 2 * minute, olga, world.ctx)).toMatchObject({ ok: true });
    expect(await silence("inc-1", world.now, olga, world.ctx)).toMatchObject({ ok: false, reason: "past" });
    expect(await endSilences(world.ctx)).toEqual([]);
    world.now += 2 * minute;
    expect(await endSilences(world.ctx)).toEqual(["inc-1"]);
    expect(await resolve("inc-1", olga, null, world.ctx)).toMatchObject({
      ok: true,
      incident: { resolvedBy: "Olga" },
    });
    expect(await resolve("inc-1", olga, null, world.ctx)).toMatchObject({ ok: false, reason: "resolved" });
    expect(await resolve("inc-9", olga, null, world.ctx)).toMatchObject({
      ok: false,
      reason: "unknown_incident",
    });
    const verbs = (await listAudit({ subject: "inc-1", limit: 20 }, world.ctx))
      .map((entry) => entry.verb)
      .reverse();
    expect(verbs).toEqual([
      "open",
      "acknowledge",
      "refused acknowledge",
      "silence",
      "end silence",
      "resolve",
      "refused resolve",
    ]);
    await world.close();
  });

  it("is refused to viewers and strangers, and that is audited too", async () => {
    const world = await coreWorld();
    await raiseAlert(memoryAlert(), world.ctx);
    for (const person of [
      personIn(world.ctx.policy, "vic"),
      { id: "slack:T1/U77", name: "?", role: null, identities: [] },
    ]) {
      expect(await acknowledge("inc-1", person, world.ctx)).toMatchObject({
        ok: false,
        reason: "not_allowed",
      });
      expect(await resolve("inc-1", person, null, world.ctx)).toMatchObject({
        ok: false,
        reason: "not_allowed",
      });
    }
    expect((await getIncident("inc-1", world.ctx))?.status).toBe("open");
    expect((await listAudit({ limit: 4 }, world.ctx)).map((entry) => entry.actor)).toEqual([
      "slack:T1/U77",
      "slack:T1/U77",
      "vic",
      "vic",
    ]);
    await world.close();
  });

  it("cancels the plan that waits when the incident is closed", async () => {
    const world = await coreWorld();
    await raiseAlert(memoryAlert(), world.ctx);
    await propose(
      { runbook: "restart-service", target: "web-1", incident: "inc-1", requester: "system" },
      world.ctx,
    );
    await resolve("inc-1", personIn(world.ctx.policy, "olga"), "false alarm", world.ctx);
    expect(await getPlan("plan-1", world.ctx)).toMatchObject({
      status: "cancelled",
      notes: ["inc-1 was closed by Olga"],
    });
    expect(world.changes).toContainEqual({ plan: "plan-1" });
    await world.close();
  });
});

/** Columns of an incident that a second row may take over. */
const copied = [
  "target",
  "active_target",
  "status",
  "cause",
  "severity",
  "title",
  "summary",
  "signals",
  "detail",
  "opened_at",
  "opened_metric_at",
  "updated_at",
] as const;

function insertRival(db: Awaited<ReturnType<typeof coreWorld>>["ctx"]["store"]["db"]) {
  return db
    .insertInto("incidents")
    .columns(["number", ...copied])
    .expression((build) =>
      build.selectFrom("incidents").select((row) => [row.val(50).as("number"), ...copied]),
    )
    .execute();
}
