import { incidentOfTarget } from "../../remediation/incident.ts";
import { listPlans } from "../../remediation/plans.ts";
import type { Bot } from "../bot.ts";
import type { CardDraft } from "../card.ts";
import { decisionButtons } from "../cards/plan-parts.ts";

/**
 * What every card about a target carries: its open incident, and the plan that waits for a decision with its Approve
 * and Deny.
 */
export async function waitingOn(
  target: string,
  bot: Bot,
): Promise<Pick<CardDraft, "buttons" | "incident" | "plan">> {
  const [plan] = await listPlans({ target, statuses: ["proposed"] }, bot.core);
  const incident = await incidentOfTarget(target, bot.core);
  return {
    buttons: plan === undefined ? [] : decisionButtons(plan),
    incident: incident?.id ?? null,
    plan: plan?.id ?? null,
  };
}
