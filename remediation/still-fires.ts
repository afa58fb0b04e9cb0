import type { Context } from "./context.ts";
import type { Alert, Incident } from "./incident.ts";
import { labelsOf } from "./silences.ts";

/**
 * Whether everything that an incident tells of a target came from Alertmanager and has ended there, asked now: that no
 * end was heard of proves nothing, for ends may be late or switched off. What cannot be asked counts as firing.
 */
export async function isOverOutside(target: string, incident: Incident, ctx: Context): Promise<boolean> {
  const firing = incident.alerts.filter((alert) => alert.target === target && alert.status === "firing");
  if (firing.length === 0) return false;
  for (const alert of firing) if (!(await isOver(alert, incident, ctx))) return false;
  return true;
}

async function isOver(alert: Alert, incident: Incident, ctx: Context): Promise<boolean> {
  const labels = labelsOf(alert);
  if (labels === null || ctx.firesOutside === undefined) return false;
  const told = await ctx.firesOutside(labels);
  if (told.ok) return !told.value;
  const message = `whether ${alert.key} still fires cannot be asked: ${told.message}`;
  ctx.log({ level: "warn", event: "alert not asked", message, incident: incident.id });
  return false;
}
