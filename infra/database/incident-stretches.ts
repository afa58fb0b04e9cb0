import { type Kysely, sql } from "kysely";
import type { RemediationTables } from "../../remediation/tables.ts";

/** When an incident was going on, in unix seconds of metric time, both inclusive; `end` is infinite while it is. */
type IncidentStretch = { incident: string; target: string; cause: string; start: number; end: number };

/**
 * The incidents that touch a window, by target and time. One begins with the first of its alerts, which is earlier than
 * it was noticed, and ends with the last of them, which is earlier than it was closed: a plan's verdict takes a while.
 */
export async function incidentStretches(
  db: Kysely<RemediationTables>,
  { start, end, target }: { start: number; end: number; target?: string },
): Promise<IncidentStretch[]> {
  let query = db
    .selectFrom("incidents")
    .leftJoin("alerts", "alerts.incident", "incidents.number")
    .groupBy([
      "incidents.number",
      "incidents.target",
      "incidents.cause",
      "incidents.opened_metric_at",
      "incidents.resolved_metric_at",
    ])
    .select(({ fn }) => [
      "incidents.number",
      "incidents.target",
      "incidents.cause",
      "incidents.opened_metric_at",
      "incidents.resolved_metric_at",
      fn.min("alerts.starts_at").as("first_alert_at"),
      fn.max("alerts.ends_at").as("last_alert_end_at"),
      sql<number>`sum(case when alerts.incident is not null and alerts.ends_at is null then 1 else 0 end)`.as(
        "alerts_going_on",
      ),
    ])
    .where(({ or, eb }) =>
      or([eb("incidents.resolved_metric_at", "is", null), eb("incidents.resolved_metric_at", ">=", start)]),
    )
    .orderBy("incidents.target")
    .orderBy("incidents.number");
  if (target !== undefined) query = query.where("incidents.target", "=", target);
  const stretches = (await query.execute()).map((row): IncidentStretch => {
    const isOver = Number(row.alerts_going_on) === 0 && row.last_alert_end_at !== null;
    return {
      incident: `inc-${row.number}`,
      target: row.target,
      cause: row.cause,
      start: Math.min(row.opened_metric_at, row.first_alert_at ?? Number.POSITIVE_INFINITY),
      end: (isOver ? row.last_alert_end_at : row.resolved_metric_at) ?? Number.POSITIVE_INFINITY,
    };
  });
  return stretches.filter((each) => each.start <= end && each.end >= start);
}
