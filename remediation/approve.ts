import { approvalStanding, whoMayDecide } from "./approvals.ts";
import { appendAudit } from "./audit.ts";
import { refuse, type Context, type Refusal } from "./context.ts";
import { decisionSeal, isIntact, same } from "./digest.ts";
import { checkLimits } from "./guards.ts";
import { emergencyFor, mayApprove } from "./may-approve.ts";
import { may, type Person } from "./people.ts";
import { planNumber, standing, type Decision, type Plan } from "./plan.ts";
import type { Trx } from "./store.ts";
import type { Glass } from "./store/glass-rows.ts";
import { insertDecision, tellReason } from "./store/decisions.ts";
import { planByNumber } from "./store/plan-rows.ts";
import { movePlan } from "./store/plans.ts";
import { orTakeBack, takeBack } from "./take-back.ts";

export type DecisionAsked = {
  /** "plan-17" */
  plan: string;
  /** What the person saw; a plan that is not that one is refused. */
  digest?: string;
  person: Person;
  /** "slack", "discord", "console" or "http". */
  surface: string;
  reason?: string | null;
};

/** `approvals` of `needed` are given; the plan is `approved` when they are equal. */
export type Decided =
  { ok: true; plan: Plan; approvals: number; needed: number } | (Refusal & { plan: Plan | null });

/**
 * Counts one person's approval. One conditional UPDATE of the plan's row picks the single winner among any number of
 * clicks: still proposed, unchanged, not expired, no newer plan. Every refusal is a value, and audited.
 */
export async function approve(asked: DecisionAsked, ctx: Context): Promise<Decided> {
  return decide("approve", asked, ctx, async (trx, plan, told) => {
    const allowed = may(asked.person, "approve", ctx.policy, whoMayDecide(plan, ctx).names);
    if (!allowed.ok) return allowed;
    const unfit = await mayApprove(trx, plan, asked.person, ctx);
    const glass = await emergencyFor(trx, plan, asked.person, unfit, ctx);
    const refusal =
      undecided(plan, asked, ctx) ??
      (glass === null ? unfit : null) ??
      intact(plan, ctx) ??
      (await checkLimits(trx, plan, ctx));
    if (refusal) return refusal;
    if (glass !== null) told.detail = { break_glass: glass.reason };
    const conditions = { digest: plan.digest, decidableAt: ctx.clock.wall(), current: true };
    if (!(await movePlan(trx, plan.number, ["proposed"], { status: "proposed" }, conditions))) {
      return refuse("stale", `${plan.id} is not the newest plan for its target any more.`);
    }
    await record(trx, plan, "approve", asked, ctx, glass);
    const { given, needed } = await approvalStanding(trx, plan, ctx);
    if (given < needed) return null;
    const won = await movePlan(trx, plan.number, ["proposed"], { status: "approved" }, conditions);
    return won ? null : takeBack(refuse("stale", `${plan.id} was decided in this moment.`));
  });
}

/** Says no: the plan will never run. Who said so without a reason may say it again with one, and it is added. */
export async function deny(asked: DecisionAsked, ctx: Context): Promise<Decided> {
  return decide("deny", asked, ctx, async (trx, plan, told) => {
    const allowed = may(asked.person, "deny", ctx.policy);
    if (!allowed.ok) return allowed;
    if (plan.status === "denied" && asked.reason && (await saidWhy(trx, plan, asked))) {
      told.verb = "say why";
      return null;
    }
    const refusal = undecided(plan, asked, ctx);
    if (refusal) return refusal;
    const note = `denied by ${asked.person.name}${asked.reason ? `: ${asked.reason}` : ""}`;
    const won = await movePlan(
      trx,
      plan.number,
      ["proposed"],
      { status: "denied", note },
      { decidableAt: ctx.clock.wall() },
    );
    if (!won) return refuse("stale", `${plan.id} was decided in this moment.`);
    await record(trx, plan, "deny", asked, ctx);
    return null;
  });
}

/** Takes back a plan that has not begun: by its requester, or by whoever may propose. */
export async function cancel(asked: DecisionAsked, ctx: Context): Promise<Decided> {
  return decide("cancel", asked, ctx, async (trx, plan) => {
    const allowed = may(asked.person, "cancel", ctx.policy);
    if (!allowed.ok && asked.person.id !== plan.requester.id) return allowed;
    const note = `cancelled by ${asked.person.name}${asked.reason ? `: ${asked.reason}` : ""}`;
    if (await movePlan(trx, plan.number, ["proposed", "approved"], { status: "cancelled", note })) {
      await record(trx, plan, "cancel", asked, ctx);
      return null;
    }
    const message =
      plan.status === "executing"
        ? `${plan.id} is running; a call that was made cannot be taken back. "pause" stops what comes after it.`
        : `${standing(plan)} already.`;
    return refuse(plan.status, message);
  });
}

/** What the audit says of a decision that counts, beside who and about what. */
type Told = { verb: string; detail: Record<string, unknown> };

async function decide(
  verb: Decision["decision"],
  asked: DecisionAsked,
  ctx: Context,
  attempt: (trx: Trx, plan: Plan, told: Told) => Promise<Refusal | null>,
): Promise<Decided> {
  const number = planNumber(asked.plan);
  const told: Told = { verb, detail: {} };
  const read = async (trx: Trx) => (number === null ? null : planByNumber(trx, number));
  const refusal = await orTakeBack<Refusal | null>(
    ctx.store,
    async (trx) => {
      const plan = await read(trx);
      const refused = plan
        ? await attempt(trx, plan, told)
        : refuse("unknown_plan", `There is no ${asked.plan.slice(0, 40)}; "incidents" shows what waits.`);
      return writeDown(trx, { verb, asked, plan, refused, told }, ctx);
    },
    async (trx, refused) => writeDown(trx, { verb, asked, plan: await read(trx), refused, told }, ctx),
  );
  const plan = number === null ? null : await planByNumber(ctx.store.db, number);
  if (refusal?.reason === "expired" || !refusal) ctx.changed({ plan: plan?.id ?? asked.plan });
  if (refusal) return { ...refusal, plan };
  if (!plan) throw new Error(`${asked.plan} was decided and cannot be read`);
  const { given, needed } = await approvalStanding(ctx.store.db, plan, ctx);
  return { ok: true, plan, approvals: given, needed };
}

/** The audit entry of a decision or a refusal; what is found to have run out is expired on the way. */
async function writeDown(
  trx: Trx,
  {
    verb,
    asked,
    plan,
    refused,
    told,
  }: { verb: string; asked: DecisionAsked; plan: Plan | null; refused: Refusal | null; told: Told },
  ctx: Context,
): Promise<Refusal | null> {
  const detail = {
    surface: asked.surface,
    ...(plan ? { digest: plan.digest } : {}),
    ...(asked.reason ? { said: asked.reason } : {}),
    ...(refused ? { reason: refused.reason } : told.detail),
  };
  const subject = plan?.id ?? asked.plan.slice(0, 40);
  const note = { actor: asked.person.id, verb: refused ? `refused ${verb}` : told.verb, subject, detail };
  await appendAudit(trx, note, ctx);
  const isOver = refused?.reason === "expired" && plan !== null;
  if (isOver && (await movePlan(trx, plan.number, ["proposed"], { status: "expired" })))
    await appendAudit(trx, { actor: "system", verb: "expire", subject: plan.id }, ctx);
  return refused;
}

function saidWhy(trx: Trx, plan: Plan, { person, reason }: DecisionAsked): Promise<boolean> {
  return tellReason(trx, { plan: plan.number, person: person.id, reason: reason ?? "" });
}

const decided = { approve: "approved", deny: "denied", cancel: "cancelled" } as const;

/** Why a plan cannot be decided now, or null. */
function undecided(plan: Plan, asked: DecisionAsked, ctx: Context): Refusal | null {
  if (plan.status !== "proposed") {
    const by = plan.decisions.at(-1);
    const who = by ? ` (${decided[by.decision]} by ${by.name})` : "";
    return refuse("decided", `${standing(plan)} already${who}.`);
  }
  if (plan.expiresAt < ctx.clock.wall()) {
    return refuse("expired", `${plan.id} expired; "Propose a fix" makes a new one from what is true now.`);
  }
  if (asked.digest !== undefined && !same(asked.digest, plan.digest)) {
    return refuse("digest", `${plan.id} is not the plan you were shown; look at it again.`);
  }
  return null;
}

function intact(plan: Plan, ctx: Context): Refusal | null {
  if (isIntact(plan, ctx.store.key)) return null;
  return refuse(
    "tampered",
    `${plan.id} is not what was proposed any more; it will not run. Look at the audit.`,
  );
}

async function record(
  trx: Trx,
  plan: Plan,
  decision: Decision["decision"],
  { person, surface, reason }: DecisionAsked,
  ctx: Context,
  glass: Glass | null = null,
): Promise<void> {
  const made: Decision = {
    person: person.id,
    name: person.name,
    decision,
    at: ctx.clock.wall(),
    reason: glass?.reason ?? reason ?? null,
    surface,
    policyHash: ctx.policy.hash,
    breakGlass: glass !== null,
  };
  await insertDecision(trx, plan.number, { ...made, seal: decisionSeal(made, plan, ctx.store.key) });
}
