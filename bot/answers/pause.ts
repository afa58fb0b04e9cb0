import { pause, resume } from "../../remediation/pause.ts";
import { peopleWith } from "../../remediation/people.ts";
import { listPlans } from "../../remediation/plans.ts";
import { answer, type Asker, type Bot, privately, type Response } from "../bot.ts";
import { refusalCard } from "../cards/refusals.ts";
import { pausedCard, resumedCard } from "../cards/switch-card.ts";

/** The kill switch: nothing begins until an approver resumes, and every card of a plan that waits says so. */
export async function pauseAll(reason: string | null, { person }: Asker, bot: Bot): Promise<Response> {
  const moved = await pause(person, reason, bot.core);
  if (!moved.ok) return privately(refusalCard("Automation was not paused", moved.message));
  await redrawWaiting(bot);
  const able = peopleWith(bot.core.policy, "approver");
  return answer(pausedCard({ by: person.name, reason: reason ?? "", able }, bot.scene()));
}

/** Releases the kill switch; what was approved meanwhile and may begin now, begins. */
export async function resumeAll(reason: string | null, { person }: Asker, bot: Bot): Promise<Response> {
  const moved = await resume(person, reason, bot.core);
  if (!moved.ok) return privately(refusalCard("Automation was not resumed", moved.message));
  bot.runApproved();
  await redrawWaiting(bot);
  return answer(resumedCard(person.name, bot.scene()));
}

async function redrawWaiting({ core }: Bot): Promise<void> {
  for (const { id, incident } of await listPlans({ statuses: ["proposed", "approved"] }, core))
    core.changed({ plan: id, ...(incident === null ? {} : { incident }) });
}
