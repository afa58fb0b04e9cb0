import { approvalNeeded, approvalStanding, mayApproveOwn, whoMayDecide } from "./approvals.ts";
import { appendAudit } from "./audit.ts";
import { openGlass } from "./break-glass.ts";
import type { Context, Refusal } from "./context.ts";
import { decisionSeal, isIntact, same } from "./digest.ts";
import { checkLimits } from "./guards.ts";
import { isPaused } from "./pause.ts";
import { atLeast, certainlyDistinct, listedRole, may, type Person } from "./people.ts";
import { planNumber, standing, type Decision, type Plan } from "./plan.ts";
import type { Trx } from "./store.ts";
import type { Glass } from "./store/glass-rows.ts";
import { insertDecision, planByNumber, tellReason } from "./store/plan-rows.ts";
import { movePlan } from "./store/plans.ts";

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
    const allowed = may(asked.person, "approve", ctx.policy);
    if (!allowed.ok) return allowed;
    const unfit = await mayApprove(trx, plan, asked, ctx);
    const glass = await emergencyFor(trx, plan, asked, unfit, ctx);
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
    if (given >= needed) await movePlan(trx, plan.number, ["proposed"], { status: "approved" }, conditions);
    return null;
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
  const refusal = await ctx.store.transaction(async (trx) => {
    const plan = number === null ? null : await planByNumber(trx, number);
    const refused = plan
      ? await attempt(trx, plan, told)
      : refuse("unknown_plan", `There is no ${asked.plan.slice(0, 40)}; "incidents" shows what waits.`);
    const detail = {
      surface: asked.surface,
      ...(plan ? { digest: plan.digest } : {}),
      ...(asked.reason ? { said: asked.reason } : {}),
      ...(refused ? { reason: refused.reason } : told.detail),
    };
    const subject = plan?.id ?? asked.plan.slice(0, 40);
    await appendAudit(
      trx,
      { actor: asked.person.id, verb: refused ? `refused ${verb}` : told.verb, subject, detail },
      ctx,
    );
    if (
      refused?.reason === "expired" &&
      plan &&
      (await movePlan(trx, plan.number, ["proposed"], { status: "expired" }))
    ) {
      await appendAudit(trx, { actor: "system", verb: "expire", subject: plan.id }, ctx);
    }
    return refused;
  });
  const plan = number === null ? null : await planByNumber(ctx.store.db, number);
  if (refusal?.reason === "expired" || !refusal) ctx.changed({ plan: plan?.id ?? asked.plan });
  if (refusal) return { ...refusal, plan };
  if (!plan) throw new Error(`${asked.plan} was decided and cannot be read`);
  const { given, needed } = await approvalStanding(ctx.store.db, plan, ctx);
  return { ok: true, plan, approvals: given, needed };
}

/**
 * The emergency this person declared, where the approval needs it: because the plan is the person's own, or needs
 * somebody else too. It bends nothing but that: without the role, or while automation is paused, nobody approves.
 */
async function emergencyFor(
  trx: Trx,
  plan: Plan,
  { person }: DecisionAsked,
  unfit: Refusal | null,
  ctx: Context,
): Promise<Glass | null> {
  if (unfit !== null && unfit.reason !== "own_plan" && unfit.reason !== "already_approved") return null;
  const { given, needed } = await approvalStanding(trx, plan, ctx);
  if (unfit === null && given + 1 >= needed) return null;
  // Fifteen minutes of emergency must not let something run days later.
  if (plan.window !== null && plan.window.from > ctx.clock.wall()) return null;
  return openGlass(trx, person.id, ctx);
}

function saidWhy(trx: Trx, plan: Plan, { person, reason }: DecisionAsked): Promise<boolean> {
  return tellReason(trx, { plan: plan.number, person: person.id, reason: reason ?? "" });
}

async function mayApprove(
  trx: Trx,
  plan: Plan,
  { person }: DecisionAsked,
  ctx: Context,
): Promise<Refusal | null> {
  const { role } = approvalNeeded(plan, ctx);
  if (!atLeast(person.role, role)) return refuse("not_allowed", `${plan.id} must be approved by an ${role}.`);
  if (await isPaused(trx))
    return refuse("paused", 'Automation is paused, so nothing can be approved; "resume" ends that.');
  if (plan.window !== null && listedRole(ctx.policy, person.id) === null) {
    const message = `${plan.id} runs later, when a group may have other members: somebody whom the policy names must approve it.`;
    return refuse("not_listed", message);
  }
  const others = whoMayDecide(plan, ctx).names;
  const now =
    others.length > 0
      ? `${role === "admin" ? "Admins" : "Approvers"} now: ${others.join(", ")}.`
      : 'The policy names nobody else who may; in an emergency say "break glass: REASON".';
  if (!mayApproveOwn(plan, ctx.policy) && !certainlyDistinct(ctx.policy, person.id, plan.requester.id)) {
    const asker =
      person.id === plan.requester.id ? "You asked" : "Somebody who may be you on another surface asked";
    return refuse("own_plan", `${asker} for this plan, so someone else must approve it. ${now}`);
  }
  const earlier = plan.decisions.filter((decision) => decision.decision === "approve");
  if (earlier.some((decision) => !certainlyDistinct(ctx.policy, person.id, decision.person))) {
    return refuse("already_approved", `You approved ${plan.id} already; it needs a second person. ${now}`);
  }
  return null;
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

function refuse<Reason extends string>(reason: Reason, message: string): Refusal<Reason> {
  return { ok: false, reason, message };
}
