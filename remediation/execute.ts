import { approvalStanding } from "./approvals.ts";
import { whileAtWork } from "./at-work.ts";
import { appendAudit } from "./audit.ts";
import { cloudNow, refuse, type Context, type Refusal } from "./context.ts";
import { stillAlone } from "./decide-alone.ts";
import { isIntact } from "./digest.ts";
import { checkLimits } from "./guards.ts";
import { getIncident } from "./incident.ts";
import { endLease, lease, LeaseLost, type Lease } from "./journal.ts";
import { isPaused } from "./pause.ts";
import { planNumber, standing, type Plan, type PlanStatus } from "./plan.ts";
import { notYet } from "./run-later.ts";
import { runPlan } from "./run-plan.ts";
import { requireRunning } from "./stopping.ts";
import type { Trx } from "./store.ts";
import { planByNumber } from "./store/plan-rows.ts";
import { movePlan } from "./store/plans.ts";
import { orTakeBack, takeBack } from "./take-back.ts";

type Executed = { ok: true; plan: Plan } | (Refusal & { plan: Plan | null });

/**
 * Runs an approved plan to its end (`done`, `failed`, `needs_human`, or `cancelled` before the first call) and answers
 * the plan. Of many callers one claims it; the others are refused. May take minutes; everything it knows is in the
 * journal, so that it may be killed at any moment.
 */
export async function execute(planId: string, ctx: Context): Promise<Executed> {
  const number = planNumber(planId);
  if (number === null)
    return { ok: false, reason: "unknown_plan", message: `"${planId}" is no plan.`, plan: null };
  requireRunning(ctx);
  const claimed = await orTakeBack<Claim>(
    ctx.store,
    (trx) => claim(trx, number, ctx),
    async (_trx, refusal) => ({ refusal, moved: false }),
  );
  if ("refusal" in claimed) {
    const plan = await planByNumber(ctx.store.db, number);
    if (claimed.moved) ctx.changed({ plan: planId });
    return { ...claimed.refusal, plan };
  }
  ctx.changed({ plan: `plan-${number}` });
  return finish(claimed.lease, ctx);
}

/** Works through the steps that are still ready, ends the plan accordingly, and gives the lease back. */
export async function finish(held: Lease, ctx: Context): Promise<Executed> {
  return whileAtWork(held.plan, ctx, () => work(held, ctx));
}

async function work(held: Lease, ctx: Context): Promise<Executed> {
  try {
    await runPlan(held, ctx);
    await endLease(held, ctx);
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
    ctx.log({ level: "warn", event: "lease lost", message: error.message, plan: `plan-${held.plan}` });
    return {
      ok: false,
      reason: "lease_lost",
      message: error.message,
      plan: await planByNumber(ctx.store.db, held.plan),
    };
  }
  const plan = await planByNumber(ctx.store.db, held.plan);
  if (!plan) throw new Error(`plan-${held.plan} ran and cannot be read`);
  ctx.changed({ plan: plan.id, ...(plan.incident === null ? {} : { incident: plan.incident }) });
  return { ok: true, plan };
}

type Claim = { lease: Lease } | { refusal: Refusal; moved: boolean };

/** approved -> executing, for one caller, after everything that may have changed since the approval was read again. */
async function claim(trx: Trx, number: number, ctx: Context): Promise<Claim> {
  const plan = await planByNumber(trx, number);
  if (!plan) return { refusal: refuse("unknown_plan", `There is no plan-${number}.`), moved: false };
  if (plan.status !== "approved") {
    return {
      refusal: refuse("not_approved", `${standing(plan)}.`),
      moved: false,
    };
  }
  if (await isPaused(trx)) {
    return {
      refusal: refuse("paused", `Automation is paused; ${plan.id} begins if it is resumed in time.`),
      moved: false,
    };
  }
  const early = await notYet(trx, plan, ctx);
  if (early) return { refusal: early, moved: false };
  const changed = await whatChanged(trx, plan, ctx);
  if (changed) return { refusal: await drop(trx, plan, changed.status, changed.refusal, ctx), moved: true };
  const now = ctx.clock.wall();
  const held = await lease(trx, number, false, ctx);
  const to = { status: "executing" as const, startedAt: now };
  const conditions = { digest: plan.digest, runnableAt: now, current: true };
  if (!held || !(await movePlan(trx, number, ["approved"], to, conditions)))
    takeBack(refuse("stale", `${plan.id} was claimed elsewhere or is not the newest any more.`));
  await appendAudit(
    trx,
    { actor: "system", verb: "execute", subject: plan.id, detail: { digest: plan.digest } },
    ctx,
  );
  return { lease: held };
}

async function whatChanged(
  trx: Trx,
  plan: Plan,
  ctx: Context,
): Promise<{ status: "expired" | "cancelled"; refusal: Refusal } | null> {
  const cancelled = (reason: string, message: string) => ({
    status: "cancelled" as const,
    refusal: refuse(reason, message),
  });
  if (plan.runBy < ctx.clock.wall()) {
    return { status: "expired", refusal: refuse("expired", `${plan.id} did not begin in time.`) };
  }
  if (!isIntact(plan, ctx.store.key)) return cancelled("tampered", "its rows are not what was approved");
  if (plan.cloud !== cloudNow(ctx))
    return cancelled("other_cloud", `it was made for the ${plan.cloud} cloud`);
  const { given, needed } = await approvalStanding(trx, plan, ctx);
  if (given < needed) {
    const alone = await stillAlone(trx, plan, ctx);
    const why = alone.ok || alone.reason === "approval" ? "" : `; ${alone.message}`;
    if (!alone.ok) return cancelled("approval", `${given} of ${needed} approvals still count${why}`);
  }
  const incident =
    plan.incident === null ? null : await getIncident(plan.incident, { store: { ...ctx.store, db: trx } });
  if (incident?.status === "resolved")
    return cancelled("incident_resolved", `${incident.id} was resolved meanwhile`);
  const limit = await checkLimits(trx, plan, ctx);
  return limit ? { status: "cancelled", refusal: limit } : null;
}

async function drop(
  trx: Trx,
  plan: Plan,
  status: PlanStatus,
  refusal: Refusal,
  ctx: Context,
): Promise<Refusal> {
  const note = `not run: ${refusal.message}`;
  if (!(await movePlan(trx, plan.number, ["approved"], { status, note })))
    takeBack(refuse("stale", `${plan.id} was decided in this moment.`));
  const verb = status === "expired" ? "expire" : "cancel";
  await appendAudit(
    trx,
    { actor: "system", verb, subject: plan.id, detail: { reason: refusal.reason } },
    ctx,
  );
  return refuse(refusal.reason, `${plan.id} will not run: ${refusal.message}`);
}
