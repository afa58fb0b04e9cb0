import type { Alert, IncidentStatus } from "../incident.ts";
import type { Trx } from "../store.ts";

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
