import { changeMoment } from "../remediation/blast-radius.ts";
import { changesBefore, changesOf, changeText } from "../remediation/changes.ts";
import { beganAt, type Incident } from "../remediation/incident.ts";
import { nextOption } from "../remediation/options.ts";
import { standingPause } from "../remediation/pause.ts";
import type { Plan } from "../remediation/plan.ts";
import { getPlan } from "../remediation/plans.ts";
import { wayBackOf } from "../remediation/rollback.ts";
import type { Bot } from "./bot.ts";
import type { FollowUp } from "./cards/outcome-parts.ts";
import type { ChartSpec } from "./chart-spec.ts";
import { unreachedSentence } from "./reach.ts";

const mostNamed = 2;
const mostMarks = 5;
const markLength = 28;

/** What a card says beyond the incident and its plan: the way back, the next remedy, and what changed before. */
export async function followUp(
  incident: Incident | null,
  plan: Plan | null,
  bot: Pick<Bot, "core" | "homes">,
): Promise<FollowUp> {
  const { core } = bot;
  const backOf = plan?.status === "proposed" ? plan.rollsBack : null;
  const takesBack = backOf === null ? null : await getPlan(backOf, core);
  const told = takesBack ?? plan;
  return {
    pause: await standingPause(core.store.db),
    unreached: plan?.status === "proposed" ? unreachedSentence(plan.escalated?.to ?? [], bot) : "",
    takesBack,
    wayBack: told?.verdict === "worse" && told.rollsBack === null ? wayBackOf(told, core) : null,
    next: incident !== null && asksForMore(told) ? await nextOption(incident, core) : null,
    changes: incident === null ? "" : await changesSentence(incident, core),
  };
}

/** What did not help, and what only took something back, leave the trouble where it was. */
function asksForMore(plan: Plan | null): boolean {
  if (plan === null || plan.verdict === null) return false;
  return plan.verdict === "unchanged" || (plan.rollsBack !== null && plan.verdict === "improved");
}

async function changesSentence(incident: Incident, core: Bot["core"]): Promise<string> {
  const target = core.findTarget(incident.target);
  if (target === null) return "";
  const began = beganAt(incident);
  const changes = (await changesBefore(target, began, core)).slice(0, mostNamed);
  if (changes.length === 0) return "";
  return `Changed before this: ${changes.map((change) => changeMoment(change, began)).join("; ")}.`;
}

/** The changes of a target within a window of metric time, as marks of its charts; the newest ones where there are many. */
export async function changeMarks(
  name: string,
  window: { start: number; end: number },
  { core }: Pick<Bot, "core">,
): Promise<ChartSpec["marks"]> {
  const target = core.findTarget(name);
  if (target === null) return [];
  const changes = await changesOf(target, window, core);
  return changes.slice(0, mostMarks).map((change) => {
    const label = changeText({ ...change, by: null });
    return {
      time: change.metricAt,
      label: label.length > markLength ? `${label.slice(0, markLength - 1)}…` : label,
    };
  });
}
