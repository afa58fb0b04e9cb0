import type { Context } from "./context.ts";
import type { Alert, Incident } from "./incident.ts";
import { labelsOf } from "./silences.ts";

/** Whether what an incident tells of a target fires now; `unknown`: nobody can say, and why. */
type Fires = { state: "firing" | "over" } | { state: "unknown"; because: string };

/**
 * Asked now of whoever raised the alerts that fire: our own watch knows its own, Alertmanager is asked about its, for
 * that no end was heard of proves nothing (ends may be late or switched off). One that fires is enough; without it, one
 * that nobody can be asked about makes it unknown.
 */
export async function stillFires(target: string, incident: Incident, ctx: Context): Promise<Fires> {
  const alerts = incident.alerts.filter((alert) => alert.target === target && alert.status === "firing");
  if (alerts.length === 0) return { state: "over" };
  const asked: Fires[] = [];
  for (const alert of alerts) asked.push(await ask(alert, incident, ctx));
  return (
    asked.find(({ state }) => state === "firing") ??
    asked.find(({ state }) => state === "unknown") ?? { state: "over" }
  );
}

async function ask(alert: Alert, incident: Incident, ctx: Context): Promise<Fires> {
  if (!alert.detail.alertmanager) return { state: "firing" };
  const labels = labelsOf(alert);
  const unknown = (why: string): Fires => {
    const because = `whether ${alert.title} still fires cannot be asked: ${why}`;
    ctx.log({ level: "warn", event: "alert not asked", message: because, incident: incident.id });
    return { state: "unknown", because };
  };
  if (labels === null) return unknown("its labels are not known");
  if (ctx.firesOutside === undefined) return unknown("no Alertmanager is configured (ALERTMANAGER_URL)");
  const told = await ctx.firesOutside(labels);
  return told.ok ? { state: told.value ? "firing" : "over" } : unknown(told.message);
}
