import type { ExpressionBuilder, Selectable } from "kysely";
import type { Alert, Incident, IncidentStatus } from "../incident.ts";
import type { Db } from "../store.ts";
import type { AlertsTable, IncidentsTable, RemediationTables } from "../tables.ts";

export async function incidentByNumber(db: Db, number: number): Promise<Incident | null> {
  const row = await db.selectFrom("incidents").selectAll().where("number", "=", number).executeTakeFirst();
  return row ? toIncident(row, (await alertsOf(db, [row])).get(row.number) ?? []) : null;
}

/** The one unresolved incident of a target. */
export async function activeIncident(db: Db, target: string): Promise<Incident | null> {
  const row = await db
    .selectFrom("incidents")
    .selectAll()
    .where("active_target", "=", target)
    .executeTakeFirst();
  return row ? toIncident(row, (await alertsOf(db, [row])).get(row.number) ?? []) : null;
}

/** Which incidents are meant: all that is given must be true of them. */
export type IncidentsWanted = {
  unresolvedOnly: boolean;
  statuses?: readonly IncidentStatus[];
  targets?: readonly string[];
  /** Unresolved, or opened since then (wall ms). */
  since?: number;
};

/** Newest first, but before all others the unresolved ones of the targets in `first`. */
export async function selectIncidents(
  db: Db,
  wanted: IncidentsWanted & { first?: readonly string[]; limit: number },
): Promise<Incident[]> {
  const { first = [], limit } = wanted;
  let query = db
    .selectFrom("incidents")
    .selectAll()
    .where((where) => where.and(meant(where, wanted)));
  if (first.length > 0)
    query = query.orderBy((by) =>
      by
        .case()
        .when("active_target", "in", [...first])
        .then(0)
        .else(1)
        .end(),
    );
  const rows = await query.orderBy("number", "desc").limit(limit).execute();
  const alerts = await alertsOf(db, rows);
  return rows.map((row) => toIncident(row, alerts.get(row.number) ?? []));
}

export async function countIncidents(db: Db, wanted: IncidentsWanted): Promise<number> {
  const row = await db
    .selectFrom("incidents")
    .select((select) => select.fn.countAll<number>().as("incidents"))
    .where((where) => where.and(meant(where, wanted)))
    .executeTakeFirstOrThrow();
  return Number(row.incidents);
}

function meant(
  where: ExpressionBuilder<RemediationTables, "incidents">,
  { unresolvedOnly, statuses, targets, since }: IncidentsWanted,
) {
  return [
    ...(unresolvedOnly ? [where("active_target", "is not", null)] : []),
    ...(statuses === undefined ? [] : [where("status", "in", [...statuses])]),
    // An empty list is no SQL everywhere, and no number is below 1.
    ...(targets === undefined
      ? []
      : [targets.length === 0 ? where("number", "<", 1) : where("target", "in", [...targets])]),
    ...(since === undefined
      ? []
      : [where.or([where("active_target", "is not", null), where("opened_at", ">=", since)])]),
  ];
}

/** Numbers of unresolved incidents that have alerts, none of which fires. */
export async function quietIncidents(db: Db): Promise<number[]> {
  const rows = await db
    .selectFrom("incidents")
    .innerJoin("alerts", "alerts.incident", "incidents.number")
    .select("incidents.number")
    .where("incidents.active_target", "is not", null)
    .groupBy("incidents.number")
    .having((having) =>
      having(having.fn.sum(having.case().when("alerts.status", "=", "firing").then(1).else(0).end()), "=", 0),
    )
    .orderBy("incidents.number", "desc")
    .execute();
  return rows.map(({ number }) => number);
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

/** So many numbers fit into one statement everywhere. */
const asked = 500;

/** The alerts of some incidents by number, oldest first. */
async function alertsOf(
  db: Db,
  incidents: readonly { number: number; target: string }[],
): Promise<Map<number, Alert[]>> {
  const found = new Map<number, Alert[]>(incidents.map(({ number }) => [number, []]));
  const targets = new Map(incidents.map(({ number, target }) => [number, target]));
  const numbers = [...found.keys()];
  for (let from = 0; from < numbers.length; from += asked) {
    const rows = await db
      .selectFrom("alerts")
      .selectAll()
      .where("incident", "in", numbers.slice(from, from + asked))
      .orderBy("incident")
      .orderBy("starts_at")
      .orderBy("key")
      .execute();
    for (const row of rows) found.get(row.incident)?.push(toAlert(row, targets.get(row.incident) ?? ""));
  }
  return found;
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
