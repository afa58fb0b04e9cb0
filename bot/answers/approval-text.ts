import { approvalNeeded, mayApproveOwn, whoMayDecide } from "../../remediation/approvals.ts";
import { peopleWith } from "../../remediation/people.ts";
import type { Plan } from "../../remediation/plan.ts";
import type { Bot } from "../bot.ts";
import { list } from "../format.ts";

const mostNamed = 5;

/** What the policy asks now and who can give it, such as "one approver, not the requester: Mara or Jon". */
export function approvalText(plan: Plan, { core }: Pick<Bot, "core">): string {
  const { policy } = core;
  const { approvers, role } = approvalNeeded(plan, core);
  if (approvers === 0) return "none needed";
  const count = approvers === 1 ? `one ${role}` : `${approvers} ${role}s`;
  const own = mayApproveOwn(plan, policy) ? " (the requester may approve)" : ", not the requester";
  const asked = `${count}${plan.risk < 2 ? "" : own}`;
  const { names } = whoMayDecide(plan, core);
  if (names.length > 0) return `${asked}: ${list(names.slice(0, mostNamed))}`;
  const none =
    policy.denied ?? `the policy names no ${peopleWith(policy, role).length > 0 ? "other " : ""}${role}`;
  return `${asked}. Nobody may approve, ${none}`;
}
