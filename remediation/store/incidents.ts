import type { Selectable } from "kysely";
import type { Alert, Incident, IncidentStatus } from "../incident.ts";
import type { Db, Trx } from "../store.ts";
import type { AlertsTable, IncidentsTable } from "../tables.ts";

export async function incidentByNumber(db: Db, number: number): Promise<Incident | null> {
  const row = await db.selectFrom("incidents").selectAll().where("number", "=", number).executeTakeFirst();
  return row ? toIncident(row, await alertsOf(db, row.number, row.target)) : null;
}

/** The one unresolved incident of a target. */
export async function activeIncident(db: Db, target: string): Promise<Incident | null> {
  const row = await db
    .selectFrom("incidents")
    .selectAll()
    .where("active_target", "=", target)
    .executeTakeFirst();
  return row ? toIncident(row, await alertsOf(db, row.number, row.target)) : null;
}

/** Newest first. */
export async function selectIncidents(
  db: Db,
  wanted: { unresolvedOnly: boolean; limit: number },
): Promise<Incident[]> {
  let query = db.selectFrom("incidents").selectAll().orderBy("number", "desc").limit(wanted.limit);
  if (wanted.unresolvedOnly) query = query.where("active_target", "is not", null);
  const incidents: Incident[] = [];
  for (const row of await query.execute()) {
    incidents.push(toIncident(row, await alertsOf(db, row.number, row.target)));
  }
  return incidents;
}

/** Fails on the unique `active_target` when the target has an unresolved incident already. */
export async function insertIncident(
  trx: Trx,
  number: number,
  alert: Alert,
  at: { wall: number; metric: number },
): Promise<void> {
  await trx
    .insertInto("incidents")
    .values({
      number,
      target: alert.target,
      active_target: alert.target,
      status: "open",
      cause: alert.cause,
      ...headline(alert),
      opened_at: at.wall,
      opened_metric_at: at.metric,
      updated_at: at.wall,
      acknowledged_by: null,
      silenced_until: null,
      resolved_at: null,
      resolved_metric_at: null,
      resolved_by: null,
      resolution: null,
    })
    .execute();
}

/** The newest alert row of that key, whichever incident it belongs to. */
export async function latestAlert(db: Db, key: string): Promise<{ alert: Alert; incident: number } | null> {
  const row = await db
    .selectFrom("alerts")
    .innerJoin("incidents", "incidents.number", "alerts.incident")
    .selectAll("alerts")
    .select("incidents.target")
    .where("alerts.key", "=", key)
    .orderBy("alerts.incident", "desc")
    .limit(1)
    .executeTakeFirst();
  return row ? { alert: toAlert(row, row.target), incident: row.incident } : null;
}

/** Inserts the alert or updates the row of its key in this incident. */
export async function putAlert(trx: Trx, incident: number, alert: Alert, wall: number): Promise<void> {
  const values = {
    cause: alert.cause,
    status: alert.status,
    ...headline(alert),
    starts_at: alert.startsAt,
    ends_at: alert.endsAt,
    updated_at: wall,
  };
  await trx
    .insertInto("alerts")
    .values({ incident, key: alert.key, ...values })
    .onConflict((conflict) => conflict.columns(["incident", "key"]).doUpdateSet(values))
    .execute();
}

/** What an incident says follows its first alert; its severity is the worst of its firing ones. */
export async function setHeadline(
  trx: Trx,
  incident: number,
  alert: Alert | null,
  severity: string,
  wall: number,
): Promise<void> {
  await trx
    .updateTable("incidents")
    .set({ ...(alert ? headline(alert) : {}), severity, updated_at: wall })
    .where("number", "=", incident)
    .where("active_target", "is not", null)
    .execute();
}

/** True when the incident was in one of the expected states and is now in the new one. */
export async function moveIncident(
  trx: Trx,
  number: number,
  from: readonly IncidentStatus[],
  to: { status: IncidentStatus; wall: number; by?: string; until?: number | null },
): Promise<boolean> {
  const result = await trx
    .updateTable("incidents")
    .set({
      status: to.status,
      updated_at: to.wall,
      silenced_until: to.until ?? null,
      ...(to.by === undefined ? {} : { acknowledged_by: to.by }),
    })
    .where("number", "=", number)
    .where("status", "in", [...from])
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Ends the incident and its firing alerts; false when it was resolved already. */
export async function closeIncident(
  trx: Trx,
  number: number,
  end: { wall: number; metric: number; by: string; resolution: string },
): Promise<boolean> {
  const result = await trx
    .updateTable("incidents")
    .set({
      status: "resolved",
      active_target: null,
      silenced_until: null,
      updated_at: end.wall,
      resolved_at: end.wall,
      resolved_metric_at: end.metric,
      resolved_by: end.by,
      resolution: end.resolution,
    })
    .where("number", "=", number)
    .where("active_target", "is not", null)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) return false;
  await trx
    .updateTable("alerts")
    .set({ status: "resolved", ends_at: end.metric, updated_at: end.wall })
    .where("incident", "=", number)
    .where("status", "=", "firing")
    .execute();
  return true;
}

/** Numbers of silenced incidents whose silence is over. */
export async function overdueSilences(db: Db, wall: number): Promise<number[]> {
  const rows = await db
    .selectFrom("incidents")
    .select("number")
    .where("status", "=", "silenced")
    .where("silenced_until", "<=", wall)
    .execute();
  return rows.map((row) => row.number);
}

async function alertsOf(db: Db, incident: number, target: string): Promise<Alert[]> {
  const rows = await db
    .selectFrom("alerts")
    .selectAll()
    .where("incident", "=", incident)
    .orderBy("starts_at")
    .orderBy("key")
    .execute();
  return rows.map((row) => toAlert(row, target));
}

function headline(alert: Alert) {
  return {
    severity: alert.severity,
    title: alert.title,
    summary: alert.summary,
    metric: alert.metric,
    direction: alert.direction,
    signals: JSON.stringify(alert.signals),
    detail: JSON.stringify(alert.detail),
  };
}

// The words of a row were written by this file; they are read back as what they are.
function toAlert(row: Selectable<AlertsTable>, target: string): Alert {
  return {
    key: row.key,
    target,
    cause: row.cause as Alert["cause"],
    status: row.status as Alert["status"],
    severity: row.severity as Alert["severity"],
    title: row.title,
    summary: row.summary,
    metric: row.metric,
    direction: row.direction as Alert["direction"],
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    signals: JSON.parse(row.signals) as Alert["signals"],
    detail: JSON.parse(row.detail) as Alert["detail"],
  };
}

function toIncident(row: Selectable<IncidentsTable>, alerts: Alert[]): Incident {
  return {
    id: `inc-${row.number}`,
    number: row.number,
    target: row.target,
    status: row.status as Incident["status"],
    cause: row.cause as Incident["cause"],
    severity: row.severity as Incident["severity"],
    title: row.title,
    summary: row.summary,
    metric: row.metric,
    direction: row.direction as Incident["direction"],
    signals: JSON.parse(row.signals) as Incident["signals"],
    detail: JSON.parse(row.detail) as Incident["detail"],
    openedAt: row.opened_at,
    openedMetricAt: row.opened_metric_at,
    updatedAt: row.updated_at,
    acknowledgedBy: row.acknowledged_by,
    silencedUntil: row.silenced_until,
    resolvedAt: row.resolved_at,
    resolvedMetricAt: row.resolved_metric_at,
    resolvedBy: row.resolved_by,
    resolution: row.resolution,
    alerts,
  };
}
