import { approvalNeeded, approvalStanding, mayApproveOwn, whoMayDecide } from "./approvals.ts";
import { openGlass } from "./break-glass.ts";
import { refuse, type Context, type Refusal } from "./context.ts";
import { refusedByPause } from "./pause.ts";
import { atLeast, certainlyDistinct, listedRole, type Person } from "./people.ts";
import type { Plan } from "./plan.ts";
import type { Trx } from "./store.ts";
import type { Glass } from "./store/glass-rows.ts";

/** Why this person may not approve this plan, or null. */
export async function mayApprove(
  trx: Trx,
  plan: Plan,
  person: Person,
  ctx: Context,
): Promise<Refusal | null> {
  const { role } = approvalNeeded(plan, ctx);
  if (!atLeast(person.role, role)) return refuse("not_allowed", `${plan.id} must be approved by an ${role}.`);
  const paused = await refusedByPause(trx, "approved", ctx);
  if (paused !== null) return paused;
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

/**
 * The emergency this person declared, where the approval needs it: because the plan is the person's own, or needs
 * somebody else too. It bends nothing but that: without the role, or while automation is paused, nobody approves.
 */
export async function emergencyFor(
  trx: Trx,
  plan: Plan,
  person: Person,
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
