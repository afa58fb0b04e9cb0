import { standingPause } from "../../remediation/pause.ts";
import { getPlan } from "../../remediation/plans.ts";
import { answer, type Bot, type Response } from "../bot.ts";
import { planDetailsCard } from "../cards/plan-details.ts";
import { approvalText } from "./approval-text.ts";
import { unknownId } from "./incidents.ts";
import { showPlan } from "./show.ts";

/** The plan's own card. */
export async function lookUpPlan(id: string, bot: Bot): Promise<Response> {
  return (await getPlan(id, bot.core)) === null ? unknownId(id) : showPlan(id);
}

/**
 * All that stands in a plan that waits: its card says what most need to know, this the rest. Of every other plan its card
 * tells what came of it.
 */
export async function explainPlan(id: string, bot: Bot): Promise<Response> {
  const plan = await getPlan(id, bot.core);
  if (plan === null) return unknownId(id);
  if (plan.status !== "proposed") return showPlan(id);
  const pause = await standingPause(bot.core.store.db);
  return answer(planDetailsCard(plan, approvalText(plan, bot), pause, bot.scene()));
}
