import { execute, finish } from "./execute.ts";
import { expire } from "./expire.ts";
import { lease, type Lease } from "./journal.ts";
import type { Context } from "./context.ts";
import type { Plan } from "./plan.ts";
import { appendAudit } from "./audit.ts";
import { selectPlans } from "./store/plan-rows.ts";

/**
 * What a start does before anything else may begin: expires what is over, finds out from evidence what became of calls
 * that were under way (they are never made again), works on, and begins what was approved and is still in time. Only
 * for the one process that owns the database: it takes over leases that a dead process left. Resolves as soon as all
 * of them are taken, so that nothing else may begin before; `ended` resolves when they ended, which may take minutes.
 */
export async function recover(ctx: Context): Promise<{ ended: Promise<Plan[]> }> {
  await expire(ctx);
  const begun = await selectPlans(ctx.store.db, { statuses: ["executing"], limit: 10_000 });
  const taken: Lease[] = [];
  for (const plan of begun) taken.push(await takeOver(plan, ctx));
  return { ended: workOn(taken, ctx) };
}

async function workOn(taken: readonly Lease[], ctx: Context): Promise<Plan[]> {
  const [ended, started] = await Promise.all([
    Promise.all(taken.map((held) => finish(held, ctx))),
    executeApproved(ctx),
  ]);
  return [...ended.flatMap((outcome) => outcome.plan ?? []), ...started];
}

/** Begins what was approved and has not begun, such as after a pause; safe to call at any time, answers their plans. */
export async function executeApproved(ctx: Context): Promise<Plan[]> {
  const waiting = await selectPlans(ctx.store.db, { statuses: ["approved"], limit: 10_000 });
  const ended = await Promise.all(waiting.map((plan) => execute(plan.id, ctx)));
  return ended.flatMap((outcome) => (outcome.ok ? outcome.plan : []));
}

function takeOver(plan: Plan, ctx: Context): Promise<Lease> {
  return ctx.store.transaction(async (trx) => {
    const taken = await lease(trx, plan.number, true, ctx);
    if (!taken) throw new Error(`the lease of ${plan.id} cannot be taken`);
    const detail = { fence: taken.fence, holder: taken.holder };
    await appendAudit(trx, { actor: "system", verb: "recover", subject: plan.id, detail }, ctx);
    return taken;
  });
}
