import { execute, finish } from "./execute.ts";
import { expire } from "./expire.ts";
import { lease, type Lease } from "./journal.ts";
import type { Context } from "./context.ts";
import type { Plan } from "./plan.ts";
import { appendAudit } from "./audit.ts";
import { isAtWork } from "./at-work.ts";
import { planByNumber, selectPlans } from "./store/plan-rows.ts";

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
  for (const plan of begun) {
    const held = await takeOver(plan, true, ctx);
    if (!held) throw new Error(`the lease of ${plan.id} cannot be taken`);
    taken.push(held);
  }
  return { ended: workOn(taken, ctx) };
}

/**
 * What an error of the store may have left behind while the process went on: begins what is approved, and works on
 * executing plans that nobody executes, from evidence as after a start. Never takes over a lease that still holds, nor a
 * plan at work in this process; safe to call at any time. Resolves when all are taken, `ended` when they ended.
 */
export async function resumeStranded(ctx: Context): Promise<{ ended: Promise<Plan[]> }> {
  const begun = await selectPlans(ctx.store.db, { statuses: ["executing"], limit: 10_000 });
  const taken: Lease[] = [];
  for (const plan of begun) {
    const held = await takeOver(plan, false, ctx);
    if (held) taken.push(held);
  }
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

/** Null when another works on the plan or it ended meanwhile; `seize` takes it also from a holder that is dead. */
function takeOver(plan: Plan, seize: boolean, ctx: Context): Promise<Lease | null> {
  return ctx.store.transaction(async (trx) => {
    if (!seize && isAtWork(plan.number, ctx)) return null;
    if ((await planByNumber(trx, plan.number))?.status !== "executing") return null;
    const taken = await lease(trx, plan.number, seize, ctx);
    if (!taken) return null;
    const detail = { fence: taken.fence, holder: taken.holder };
    await appendAudit(trx, { actor: "system", verb: "recover", subject: plan.id, detail }, ctx);
    return taken;
  });
}
