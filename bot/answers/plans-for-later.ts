import type { Plan } from "../../remediation/plan.ts";
import { listPlans } from "../../remediation/plans.ts";
import type { Bot } from "../bot.ts";

/** More than anybody has open at once: counts on cards are counts, not the length of a first page. */
const most = 20_000;

/** Plans that will run later: approved and not begun, or proposed for a window. */
export async function plansForLater(bot: Pick<Bot, "core">): Promise<Plan[]> {
  const plans = await listPlans({ statuses: ["proposed", "approved"], limit: most }, bot.core);
  return plans.filter(({ status, window }) => status === "approved" || window !== null);
}
