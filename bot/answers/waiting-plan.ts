import { incidentOfTarget } from "../../remediation/incident.ts";
import { listPlans } from "../../remediation/plans.ts";
import type { Bot } from "../bot.ts";
import type { CardDraft } from "../card.ts";
import { showPlanButtons } from "../cards/plan-buttons.ts";

/**
 * What every card about a target carries: its open incident, and the way to the plan that waits. Such a card does not
 * say what the plan does, so nobody approves from it, nor by a bare "approve" in its thread.
 */
export async function waitingOn(
  target: string,
  bot: Bot,
): Promise<Pick<CardDraft, "buttons" | "incident" | "plan">> {
  const [plan] = await listPlans({ target, statuses: ["proposed"] }, bot.core);
  const incident = await incidentOfTarget(target, bot.core);
  return {
    buttons: plan === undefined ? [] : showPlanButtons([plan]),
    incident: incident?.id ?? null,
    plan: null,
  };
}
