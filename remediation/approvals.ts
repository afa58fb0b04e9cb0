import type { Context } from "./context.ts";
import { decisionSeal, same } from "./digest.ts";
import { approvalAsked, atLeast, certainlyDistinct, isSystem, listedRole } from "./people.ts";
import type { Plan } from "./plan.ts";
import type { Policy } from "./policy.ts";
import type { Db } from "./store.ts";
import { decisionsOf, type SealedDecision } from "./store/plan-rows.ts";

/** How many approvals a plan needs and of which role, by today's policy; never less than when it was proposed. */
export function approvalNeeded(
  plan: Plan,
  ctx: Pick<Context, "policy" | "findTarget">,
): { approvers: number; role: "approver" | "admin" } {
  const tags = plan.targets.flatMap(({ name }) =>
    Object.entries(ctx.findTarget(name)?.tags ?? {}).map(([key, value]) => `${key}=${value}`),
  );
  const actions = plan.steps.map((step) => step.action);
  const asked = approvalAsked(ctx.policy, { risk: plan.risk, actions, tags });
  return { approvers: Math.max(asked.approvers, plan.approvalsNeeded), role: asked.role };
}

/** Whether the one who asked for a plan may approve it; only at risk 2 this is the policy's to say, at risk 3 never. */
export function mayApproveOwn(plan: Pick<Plan, "risk">, policy: Policy): boolean {
  return plan.risk < 2 || (plan.risk === 2 && policy.requesterMayApprove);
}

/**
 * The approvals that count now: sealed by this program for exactly this plan, by people who may still approve, each
 * certainly somebody else than the others and, where that is asked, than the requester.
 */
export async function countedApprovals(
  db: Db,
  plan: Plan,
  ctx: Pick<Context, "policy" | "findTarget" | "store">,
): Promise<string[]> {
  const { role } = approvalNeeded(plan, ctx);
  const counted: string[] = [];
  for (const decision of await decisionsOf(db, plan.number)) {
    // What a rule decided alone is no person's approval; whether it holds is asked by `stillAlone`.
    if (isSystem(decision.person)) continue;
    if (decision.decision !== "approve" || !counts(decision, plan, role, ctx)) continue;
    const others = mayApproveOwn(plan, ctx.policy) ? counted : [...counted, plan.requester.id];
    if (others.every((other) => certainlyDistinct(ctx.policy, decision.person, other)))
      counted.push(decision.person);
  }
  return counted;
}

function counts(
  decision: SealedDecision,
  plan: Plan,
  role: "approver" | "admin",
  ctx: Pick<Context, "policy" | "store">,
): boolean {
  if (!same(decision.seal, decisionSeal(decision, plan, ctx.store.key))) return false;
  // The right was checked at the click under this very policy; another policy must still know the person.
  if (decision.policyHash === ctx.policy.hash) return true;
  return ctx.policy.denied === null && atLeast(listedRole(ctx.policy, decision.person), role);
}
