import { glassCovering } from "./break-glass.ts";
import type { Context } from "./context.ts";
import { decisionSeal, same } from "./digest.ts";
import { approvalAsked, atLeast, certainlyDistinct, isSystem, listedRole } from "./people.ts";
import type { Plan } from "./plan.ts";
import type { Policy } from "./policy.ts";
import type { Db } from "./store.ts";
import { decisionsOf, type SealedDecision } from "./store/decisions.ts";

type Asking = Pick<Context, "policy" | "findTarget">;

/** How many approvals a plan needs and of which role, by today's policy; never less than when it was proposed. */
export function approvalNeeded(plan: Plan, ctx: Asking): { approvers: number; role: "approver" | "admin" } {
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

/** Who of the policy could give the next approval of a plan: their ids, and names for a card, groups included. */
export function whoMayDecide(plan: Plan, ctx: Asking): { people: string[]; names: string[] } {
  const { policy } = ctx;
  const { role } = approvalNeeded(plan, ctx);
  if (policy.denied !== null) return { people: [], names: [] };
  const others = [
    ...(mayApproveOwn(plan, policy) ? [] : [plan.requester.id]),
    ...plan.decisions.filter(({ decision }) => decision === "approve").map(({ person }) => person),
  ];
  const able = Object.entries(policy.people).filter(
    ([id, person]) =>
      atLeast(person.role, role) && others.every((other) => certainlyDistinct(policy, id, other)),
  );
  const groups = Object.entries(policy.groups).filter(([, given]) => atLeast(given, role));
  return {
    people: able.map(([id]) => id),
    names: [
      ...able.map(([id, person]) => person.name ?? id),
      ...groups.map(([group]) => `members of ${group}`),
    ],
  };
}

/** How many approvals count and how many are needed; under an emergency one person's word is enough. */
export async function approvalStanding(
  db: Db,
  plan: Plan,
  ctx: Asking & Pick<Context, "store">,
): Promise<{ given: number; needed: number }> {
  const needed = approvalNeeded(plan, ctx).approvers;
  const given = (await countedApprovals(db, plan, ctx)).length;
  if (given >= needed || !(await hasEmergencyApproval(db, plan, ctx))) return { given, needed };
  return { given: needed, needed };
}

/**
 * The approvals that count now: sealed by this program for exactly this plan, by people who may still approve, each
 * certainly somebody else than the others and, where that is asked, than the requester.
 */
export async function countedApprovals(
  db: Db,
  plan: Plan,
  ctx: Asking & Pick<Context, "store">,
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

/**
 * Whether somebody approved alone in an emergency that was really declared: the decision's own seal says so, it fell
 * inside that person's stretch, and the policy still allows both the person and the emergency.
 */
async function hasEmergencyApproval(
  db: Db,
  plan: Plan,
  ctx: Asking & Pick<Context, "store">,
): Promise<boolean> {
  const { role } = approvalNeeded(plan, ctx);
  for (const decision of await decisionsOf(db, plan.number)) {
    if (!decision.breakGlass || isSystem(decision.person) || decision.decision !== "approve") continue;
    if (!counts(decision, plan, role, ctx)) continue;
    if ((await glassCovering(db, decision.person, decision.at, ctx)) !== null) return true;
  }
  return false;
}

function counts(
  decision: SealedDecision,
  plan: Plan,
  role: "approver" | "admin",
  ctx: Pick<Context, "policy" | "store">,
): boolean {
  if (!same(decision.seal, decisionSeal(decision, plan, ctx.store.key))) return false;
  // The right was checked at the click under this very policy, and the plan runs soon; else the policy must know the
  // person now.
  if (decision.policyHash === ctx.policy.hash && plan.window === null) return true;
  return ctx.policy.denied === null && atLeast(listedRole(ctx.policy, decision.person), role);
}
