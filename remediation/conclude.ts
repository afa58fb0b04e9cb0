import { appendAudit } from "./audit.ts";
import type { Context, Refusal } from "./context.ts";
import { may, type Person } from "./people.ts";
import { happened, planNumber, standing, type Plan } from "./plan.ts";
import type { Trx } from "./store.ts";
import { planByNumber } from "./store/plan-rows.ts";
import { movePlan } from "./store/plans.ts";
import { moveStep } from "./store/steps.ts";

export type Concluded = { ok: true; plan: Plan } | (Refusal & { plan: Plan | null });

/**
 * A person says what became of a plan that the bot could not settle. "happened" ends it as `done`, and its verdict is
 * measured from now on; "did_not_happen" ends it as `failed`. Nothing is called either way.
 */
export async function conclude(
  asked: { plan: string; outcome: "happened" | "did_not_happen"; person: Person; reason?: string | null },
  ctx: Context,
): Promise<Concluded> {
  const number = planNumber(asked.plan);
  const allowed = may(asked.person, "conclude", ctx.policy);
  const refusal = await ctx.store.transaction(async (trx): Promise<Refusal | null> => {
    const plan = number === null ? null : await planByNumber(trx, number);
    const refused = allowed.ok ? await settle(trx, plan, asked, ctx) : allowed;
    const detail = { outcome: asked.outcome, reason: refused?.reason ?? asked.reason ?? null };
    const note = { actor: asked.person.id, subject: plan?.id ?? asked.plan.slice(0, 40), detail };
    await appendAudit(trx, { ...note, verb: refused ? "refused conclude" : "conclude" }, ctx);
    return refused;
  });
  const plan = number === null ? null : await planByNumber(ctx.store.db, number);
  if (refusal) return { ...refusal, plan };
  if (!plan) throw new Error(`${asked.plan} was concluded and cannot be read`);
  ctx.changed({ plan: plan.id, ...(plan.incident === null ? {} : { incident: plan.incident }) });
  return { ok: true, plan };
}

async function settle(
  trx: Trx,
  plan: Plan | null,
  asked: { plan: string; outcome: "happened" | "did_not_happen"; person: Person },
  ctx: Context,
): Promise<Refusal | null> {
  if (!plan) return { ok: false, reason: "unknown_plan", message: `There is no ${asked.plan.slice(0, 40)}.` };
  const step = plan.steps.find((candidate) => candidate.state === "needs_human");
  if (plan.status !== "needs_human" || !step) {
    return {
      ok: false,
      reason: plan.status,
      message: `${standing(plan)}; there is nothing to settle.`,
    };
  }
  const didHappen = asked.outcome === "happened";
  const rest = plan.steps.some((candidate) => candidate.state === "ready");
  const now = { wall: ctx.clock.wall(), metric: ctx.clock.metric() };
  const message = `According to ${asked.person.name}, it ${didHappen ? "happened" : "did not happen"}.`;
  await moveStep(trx, plan.number, step.n, ["needs_human"], {
    state: didHappen ? "done" : "failed",
    fence: step.fence,
    finishedAt: now.wall,
    metricAt: now.metric,
    evidence: { ...step.evidence, [happened]: didHappen ? "yes" : "no" },
    message,
  });
  const note = didHappen && rest ? `${message} The steps after it were not run.` : message;
  const to =
    didHappen && !rest
      ? { status: "done" as const, doneAt: now.wall, doneMetricAt: now.metric, note }
      : { status: "failed" as const, note };
  if (await movePlan(trx, plan.number, ["needs_human"], to)) return null;
  return { ok: false, reason: "stale", message: `${plan.id} was settled in this moment.` };
}
