import type { Context } from "./context.ts";
import { incidentNumber, planNumber, type Plan, type PlanStatus } from "./plan.ts";
import { planByNumber, selectPlans } from "./store/plan-rows.ts";

type Reading = Pick<Context, "store">;

/** Null when the id is none or nothing has it. */
export async function getPlan(id: string, ctx: Reading): Promise<Plan | null> {
  const number = planNumber(id);
  return number === null ? null : planByNumber(ctx.store.db, number);
}

/** Newest first. */
export async function listPlans(
  wanted: { statuses?: readonly PlanStatus[]; incident?: string; target?: string; limit?: number },
  ctx: Reading,
): Promise<Plan[]> {
  const { statuses, target, limit = 200 } = wanted;
  const incident = wanted.incident === undefined ? undefined : (incidentNumber(wanted.incident) ?? 0);
  return selectPlans(ctx.store.db, { statuses, target, incident, limit });
}
