import { whoMayDecide } from "./approvals.ts";
import { appendAudit } from "./audit.ts";
import type { Context } from "./context.ts";
import { isNoted } from "./decide-alone.ts";
import { escalatePlan, onCallFor } from "./escalate.ts";
import { isPaused } from "./pause.ts";
import { isPractice, type Plan } from "./plan.ts";
import { insertNotice } from "./store/notices.ts";
import { planByNumber, selectPlans } from "./store/plan-rows.ts";
import { markReminded } from "./store/waiting-plans.ts";

/**
 * Reminds people of plans that nobody decided, and asks the people on call where nobody answers still: each once, told
 * on every home channel. Nothing while automation is paused, and nothing about plans that run by themselves unless
 * somebody objects. Safe to call at any time; answers the plans that were spoken of.
 */
export async function remind(ctx: Context): Promise<string[]> {
  const { after, escalate_after: escalateAfter } = ctx.policy.reminders;
  const spokenOf: string[] = [];
  if (await isPaused(ctx.store.db)) return spokenOf;
  for (const plan of await selectPlans(ctx.store.db, { statuses: ["proposed"], limit: 10_000 })) {
    const waited = ctx.clock.wall() - plan.createdAt;
    if (isDecidedByRule(plan)) continue;
    const isDue = escalateAfter > 0 && waited >= escalateAfter && !plan.escalated && !isPractice(plan);
    const escalates = isDue && onCallFor(plan, null, ctx).length > 0;
    const reminds = after > 0 && waited >= after && !plan.remindedAt && !plan.escalated;
    if (!escalates && !reminds) continue;
    const spoken = escalates
      ? (await escalatePlan(plan.number, null, ctx)).ok
      : await remindOf(plan.number, ctx);
    if (!spoken) continue;
    ctx.changed({ plan: plan.id, ...(plan.incident === null ? {} : { incident: plan.incident }) });
    spokenOf.push(plan.id);
  }
  return spokenOf;
}

/** A plan that its rule runs by itself waits for nobody. */
function isDecidedByRule(plan: Plan): boolean {
  return !!plan.runsAlone && !isNoted(plan);
}

async function remindOf(number: number, ctx: Context): Promise<boolean> {
  return ctx.store.transaction(async (trx) => {
    const at = ctx.clock.wall();
    const plan = await planByNumber(trx, number);
    if (plan === null || (await isPaused(trx)) || !(await markReminded(trx, number, at))) return false;
    const people = whoMayDecide(plan, ctx).names;
    await insertNotice(trx, { id: ctx.random(), kind: "reminder", subject: plan.id, detail: { people }, at });
    await appendAudit(trx, { actor: "system", verb: "remind", subject: plan.id }, ctx);
    return true;
  });
}
