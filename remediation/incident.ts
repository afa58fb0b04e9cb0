import { withoutSecrets } from "./alert-secrets.ts";
import { appendAudit } from "./audit.ts";
import type { Context } from "./context.ts";
import { incidentNumber } from "./plan.ts";
import type { Trx } from "./store.ts";
import {
  activeIncident,
  countIncidents as count,
  type IncidentsWanted,
  incidentByNumber,
  latestAlert,
  quietIncidents,
  selectIncidents,
} from "./store/incident-rows.ts";
import { insertIncident, putAlert, setHeadline } from "./store/incidents.ts";
import { resolveQuietRow } from "./resolve-quiet.ts";
import { hasRemedy } from "./store/plan-rows.ts";
import { nextNumber } from "./store/switches.ts";

export type Cause = "anomaly" | "alert" | "predicted_breach" | "failure_risk" | "person";
export type Severity = "info" | "warning" | "critical";
export type Direction = "above" | "below";
export type IncidentStatus = "open" | "acknowledged" | "silenced" | "resolved";

/** A metric that explains the trouble: which side of usual it is on and its share of the explanation, 0..1. */
export type Signal = { metric: string; direction: Direction; share: number };

/** What a rule or model raised. The key says which alert it is: the same key updates, it never opens a second one. */
export type Alert = {
  key: string;
  target: string;
  cause: Cause;
  status: "firing" | "resolved";
  severity: Severity;
  title: string;
  summary: string;
  /** The metric that explains most, and its side of usual; null where the alert names none. */
  metric: string | null;
  direction: Direction | null;
  /** Unix seconds of metric time; one episode keeps its startsAt. */
  startsAt: number;
  endsAt: number | null;
  /** What explains it, largest share first. */
  signals: Signal[];
  /** What the card draws (explanation rows, window, score); opaque to the core. */
  detail: Record<string, unknown>;
};

/** The story around the alerts on one target; at most one per target is unresolved. */
export type Incident = {
  id: string;
  number: number;
  target: string;
  status: IncidentStatus;
  cause: Cause;
  severity: Severity;
  title: string;
  summary: string;
  metric: string | null;
  direction: Direction | null;
  signals: Signal[];
  detail: Record<string, unknown>;
  openedAt: number;
  openedMetricAt: number;
  updatedAt: number;
  acknowledgedBy: string | null;
  silencedUntil: number | null;
  resolvedAt: number | null;
  resolvedMetricAt: number | null;
  resolvedBy: string | null;
  resolution: string | null;
  alerts: Alert[];
};

/** When the trouble began, metric time: a little before it was noticed. */
export function beganAt({ openedMetricAt, alerts }: Incident): number {
  return Math.min(openedMetricAt, ...alerts.map(({ startsAt }) => startsAt));
}

/** An alert of a hard limit that our own watch raised and that goes on; null when there is none. */
export function firingLimit({ alerts }: Incident): Alert | null {
  return alerts.find((alert) => isLimit(alert) && alert.status === "firing") ?? null;
}

function isLimit({ key }: Pick<Alert, "key">): boolean {
  return key.startsWith("limit:");
}

/** How long (metric seconds) an alert that was ended by a verdict or a person may go on before it counts as new. */
const afterglowSeconds = 600;

type Raised = { incident: Incident; opened: boolean; joined: boolean };

/**
 * Opens an incident, joins the target's unresolved one, or updates the alert of the same key. A late delivery (an
 * older startsAt, or an Alertmanager episode that ended already) changes nothing.
 */
export async function raiseAlert(given: Alert, ctx: Context): Promise<Raised> {
  const alert = withoutSecrets(given, ctx.store.redact);
  const raised = await ctx.store.transaction(async (trx) => {
    const known = await latestAlert(trx, alert.key);
    if (known && isOver(known.alert, alert, ctx.clock.metric())) {
      return { number: known.incident, opened: false, joined: false, late: true };
    }
    const active = await activeIncident(trx, alert.target);
    if (!active) return { ...(await open(trx, alert, ctx)), late: false };
    return { ...(await join(trx, active, alert, ctx)), late: false };
  });
  const incident = await incidentByNumber(ctx.store.db, raised.number);
  if (!incident) throw new Error(`inc-${raised.number} was written and cannot be read`);
  if (!raised.late) ctx.changed({ incident: incident.id });
  return { incident, opened: raised.opened, joined: raised.joined };
}

/**
 * Ends an alert; the incident resolves itself when that leaves it quiet. Null when no such alert fires, or only a later
 * episode than the one that began at `startsAt` (unix seconds). `endsAt` is when it ended, where that was told: news
 * come late, and what began after that end is another episode.
 */
export async function clearAlert(
  key: string,
  ctx: Context,
  startsAt = Number.POSITIVE_INFINITY,
  endsAt: number | null = null,
): Promise<Incident | null> {
  const withdrawn: string[] = [];
  const number = await ctx.store.transaction(async (trx) => {
    const known = await latestAlert(trx, key);
    if (!known || known.alert.status !== "firing" || known.alert.startsAt > startsAt) return null;
    const now = ctx.clock.metric();
    const end = Math.min(now, Math.max(known.alert.startsAt, endsAt ?? now));
    const ended = { ...known.alert, status: "resolved" as const, endsAt: end };
    await putAlert(trx, known.incident, ended, ctx.clock.wall());
    const subject = `inc-${known.incident}`;
    await appendAudit(trx, { actor: "system", verb: "clear alert", subject, detail: { key } }, ctx);
    await resolveQuietRow(trx, known.incident, withdrawn, ctx);
    return known.incident;
  });
  if (number === null) return null;
  for (const plan of withdrawn) ctx.changed({ plan });
  ctx.changed({ incident: `inc-${number}` });
  return incidentByNumber(ctx.store.db, number);
}

/**
 * Resolves every incident whose alerts all ended and whose target no plan holds; answers their ids. A plan that was made
 * while an alert fired and has not begun is withdrawn after a while: it would act on a trouble that is over.
 */
export async function resolveIfQuiet(ctx: Context): Promise<string[]> {
  const [resolved, withdrawn]: [string[], string[]] = [[], []];
  for (const number of await quietIncidents(ctx.store.db)) {
    if (await ctx.store.transaction((trx) => resolveQuietRow(trx, number, withdrawn, ctx)))
      resolved.push(`inc-${number}`);
  }
  for (const plan of withdrawn) ctx.changed({ plan });
  for (const incident of resolved) ctx.changed({ incident });
  return resolved;
}

/** Null when the id is none or nothing has it. */
export async function getIncident(id: string, ctx: Pick<Context, "store">): Promise<Incident | null> {
  const number = incidentNumber(id);
  return number === null ? null : incidentByNumber(ctx.store.db, number);
}

/** Newest first, at most `limit` (200), but before all others the unresolved ones of the targets in `first`. */
export async function listIncidents(
  wanted: IncidentsWanted & { first?: readonly string[]; limit?: number },
  ctx: Pick<Context, "store">,
): Promise<Incident[]> {
  return selectIncidents(ctx.store.db, { ...wanted, limit: wanted.limit ?? 200 });
}

/** How many there are, however many are listed. */
export async function countIncidents(wanted: IncidentsWanted, ctx: Pick<Context, "store">): Promise<number> {
  return count(ctx.store.db, wanted);
}

/** The unresolved incident of a target, if it has one. */
export async function incidentOfTarget(
  target: string,
  ctx: Pick<Context, "store">,
): Promise<Incident | null> {
  return activeIncident(ctx.store.db, target);
}

async function open(trx: Trx, alert: Alert, ctx: Context) {
  const number = await nextNumber(trx, "incident");
  const at = { wall: ctx.clock.wall(), metric: ctx.clock.metric() };
  await insertIncident(trx, number, alert, at);
  await putAlert(trx, number, alert, at.wall);
  const detail = { target: alert.target, cause: alert.cause, key: alert.key, severity: alert.severity };
  await appendAudit(trx, { actor: "system", verb: "open", subject: `inc-${number}`, detail }, ctx);
  return { number, opened: true, joined: false };
}

async function join(trx: Trx, incident: Incident, alert: Alert, ctx: Context) {
  const wall = ctx.clock.wall();
  const before = incident.alerts.find((known) => known.key === alert.key);
  await putAlert(trx, incident.number, alert, wall);
  const joined = before?.status !== "firing";
  if (joined) {
    const detail = { cause: alert.cause, key: alert.key, severity: alert.severity };
    await appendAudit(trx, { actor: "system", verb: "join", subject: incident.id, detail }, ctx);
  }
  const others = incident.alerts.filter((known) => known.key !== alert.key && known.status === "firing");
  const leads = incident.alerts[0]?.key === alert.key || others.length === 0;
  const headline = leads ? await headlineOf(trx, incident, alert) : null;
  await setHeadline(trx, incident.number, headline, worst([alert, ...others]), wall);
  return { number: incident.number, opened: false, joined };
}

/**
 * What an incident says of its leading alert. From the first plan for it on it keeps its name: the plan is bound to
 * that metric by its digest, and its cure may well make another metric lead (a restart frees memory and costs errors).
 * Where nothing came of the plans, it follows the trouble again.
 */
async function headlineOf(trx: Trx, incident: Incident, alert: Alert): Promise<Alert> {
  if (alert.metric === incident.metric || !(await hasRemedy(trx, incident.number))) return alert;
  const { title, summary, metric, direction, signals } = incident;
  return { ...alert, title, summary, metric, direction, signals };
}

/** Whether a delivery belongs to an episode that is over, or is older than what is known. */
function isOver(known: Alert, alert: Alert, now: number): boolean {
  if (alert.startsAt < known.startsAt) return true;
  if (known.status === "firing" || alert.startsAt > (known.endsAt ?? known.startsAt)) return false;
  // Alertmanager delivers late and out of order; our own watch does not, so a trouble that goes on is trouble again.
  const fromOutside = alert.cause === "alert" && !isLimit(alert);
  return fromOutside || now < (known.endsAt ?? now) + afterglowSeconds;
}

function worst(alerts: readonly Alert[]): Severity {
  const order: readonly Severity[] = ["info", "warning", "critical"];
  return order[Math.max(...alerts.map((alert) => order.indexOf(alert.severity)))] ?? "warning";
}
