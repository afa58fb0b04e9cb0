import { appendAudit } from "./audit.ts";
import type { Context } from "./context.ts";
import type { PlanStatus } from "./plan.ts";
import { selectPlans } from "./store/plan-rows.ts";
import { movePlan } from "./store/plans.ts";

/**
 * Marks what ran out: proposals past their expiry and approved plans past their `run_by`; answers their ids. Nothing
 * depends on how soon it runs: a decision and a claim test the time themselves.
 */
export async function expire(ctx: Context): Promise<string[]> {
  const expired: string[] = [];
  for (const plan of await selectPlans(ctx.store.db, { statuses: ["proposed", "approved"], limit: 10_000 })) {
    const end = plan.status === "proposed" ? plan.expiresAt : plan.runBy;
    if (end >= ctx.clock.wall()) continue;
    if (await expireOne(plan.number, plan.status, ctx)) expired.push(plan.id);
  }
  for (const plan of expired) ctx.changed({ plan });
  return expired;
}

async function expireOne(number: number, from: PlanStatus, ctx: Context): Promise<boolean> {
  return ctx.store.transaction(async (trx) => {
    const note = from === "proposed" ? "nobody decided in time" : "approved, but it did not begin in time";
    if (!(await movePlan(trx, number, [from], { status: "expired", note }))) return false;
    await appendAudit(
      trx,
      { actor: "system", verb: "expire", subject: `plan-${number}`, detail: { from } },
      ctx,
    );
    return true;
  });
}
