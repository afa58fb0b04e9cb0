import { type Incident, listIncidents } from "../../remediation/incident.ts";
import type { Plan } from "../../remediation/plan.ts";
import { listPlans } from "../../remediation/plans.ts";
import type { Bot } from "../bot.ts";

/** More than anybody has open at once: counts on cards are counts, not the length of a first page. */
const most = 20_000;

/** Every incident that is not resolved, newest first. */
export function openIncidents(bot: Pick<Bot, "core">): Promise<Incident[]> {
  return listIncidents({ unresolvedOnly: true, limit: most }, bot.core);
}

/** Plans that will run later: approved and not begun, or proposed for a window. */
export async function plansForLater(bot: Pick<Bot, "core">): Promise<Plan[]> {
  const plans = await listPlans({ statuses: ["proposed", "approved"], limit: most }, bot.core);
  return plans.filter(({ status, window }) => status === "approved" || window !== null);
}
