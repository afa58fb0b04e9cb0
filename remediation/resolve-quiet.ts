import { appendAudit } from "./audit.ts";
import type { Context } from "./context.ts";
import { mayHaveHappened } from "./plan.ts";
import type { Trx } from "./store.ts";
import { incidentByNumber } from "./store/incident-rows.ts";
import { closeIncident } from "./store/incidents.ts";
import { selectPlans } from "./store/plan-rows.ts";
import { busyPlanOf, movePlan } from "./store/plans.ts";

/** Metric seconds without any alert after which a plan that waits is withdrawn: alerts flicker. */
const calmSeconds = 120;

/**
 * Resolves an incident whose alerts all ended and whose target no plan holds; true when it did. Plans that are
 * withdrawn on the way are added to `withdrawn`.
 */
export async function resolveQuietRow(
  trx: Trx,
  number: number,
  withdrawn: string[],
  ctx: Context,
): Promise<boolean> {
  const incident = await incidentByNumber(trx, number);
  if (!incident || incident.status === "resolved" || incident.alerts.length === 0) return false;
  if (incident.alerts.some((alert) => alert.status === "firing")) return false;
  const over = Math.max(...incident.alerts.map(({ endsAt, startsAt }) => endsAt ?? startsAt));
  if (ctx.clock.metric() >= over + calmSeconds) withdrawn.push(...(await withdraw(trx, number, ctx)));
  if ((await busyPlanOf(trx, incident.target)) !== null) return false;
  const acted = await lastToAct(trx, number);
  const end = {
    wall: ctx.clock.wall(),
    metric: ctx.clock.metric(),
    by: "system",
    resolution: acted === null ? "it went away by itself" : `its alerts ended after ${acted}`,
  };
  if (!(await closeIncident(trx, number, end))) return false;
  await appendAudit(
    trx,
    { actor: "system", verb: "resolve", subject: incident.id, detail: { quiet: true } },
    ctx,
  );
  return true;
}

/** Cancels the plans of an incident that were made while its alert fired and have not begun; answers their ids. */
async function withdraw(trx: Trx, incident: number, ctx: Context): Promise<string[]> {
  const waiting = await selectPlans(trx, { incident, statuses: ["proposed", "approved"], limit: 100 });
  const made = waiting.filter((plan) =>
    Object.values(plan.fingerprint).some(({ alert }) => alert === "firing"),
  );
  const withdrawn: string[] = [];
  for (const plan of made) {
    const to = { status: "cancelled" as const, note: "not run: its alert is over" };
    if (!(await movePlan(trx, plan.number, ["proposed", "approved"], to))) continue;
    const note = { actor: "system", verb: "cancel", subject: plan.id, detail: { reason: "alert_over" } };
    await appendAudit(trx, note, ctx);
    withdrawn.push(plan.id);
  }
  return withdrawn;
}

/** The newest plan for an incident that may have changed something, or null. */
async function lastToAct(trx: Trx, incident: number): Promise<string | null> {
  const plans = await selectPlans(trx, { incident, limit: 1000 });
  return plans.find((plan) => plan.risk > 0 && plan.steps.some(mayHaveHappened))?.id ?? null;
}
