import type { JudgedAlarm } from "../ml/feedback.ts";
import { listIncidents } from "../remediation/incident.ts";
import type { Plan } from "../remediation/plan.ts";
import { listPlans } from "../remediation/plans.ts";
import type { Bot } from "./bot.ts";
import { anomalyDetail } from "./cards/incident-parts.ts";

/** An alarm with what people made of it. `at` is when it was judged, wall ms. */
export type Judged = JudgedAlarm & { incident: string; target: string; at: number };

const mostIncidents = 1_000;

/**
 * The alarms that people judged, of one target or of all. An explicit word counts; without one, who approved a remedy
 * called it real, and who denied every remedy called it none. Those two are read from the decisions, not stored again.
 * Incidents that no model raised have no score and are left out.
 */
export async function judgedAlarms(bot: Bot, target?: string): Promise<Judged[]> {
  const said = await bot.feedback.verdictsOf(target);
  const plans = await listPlans(
    { ...(target === undefined ? {} : { target }), limit: mostIncidents },
    bot.core,
  );
  const decided = new Map<string, Plan[]>();
  for (const plan of plans)
    if (plan.incident !== null && plan.decisions.length > 0)
      decided.set(plan.incident, [...(decided.get(plan.incident) ?? []), plan]);
  const explicit = said.flatMap(({ incident, target: of, verdict, at, score }): Judged[] =>
    score === null ? [] : [{ incident, target: of, at, peak: score, real: verdict === "problem" }],
  );
  const known = new Set(said.map(({ incident }) => incident));
  const waiting = [...decided.keys()].filter((incident) => !known.has(incident));
  if (waiting.length === 0) return explicit;
  const incidents = await listIncidents({ unresolvedOnly: false, limit: mostIncidents }, bot.core);
  const derived = incidents.flatMap((incident): Judged[] => {
    const own = known.has(incident.id) ? undefined : decided.get(incident.id);
    const detail = anomalyDetail(incident);
    const verdict = own === undefined ? null : byDecisions(own);
    if (detail === null || verdict === null) return [];
    return [
      { incident: incident.id, target: incident.target, peak: detail.peak ?? detail.score, ...verdict },
    ];
  });
  return [...explicit, ...derived];
}

/** One approval makes it real; only denials make it none; anything else says nothing. */
function byDecisions(plans: readonly Plan[]): { real: boolean; at: number } | null {
  const made = plans.flatMap(({ decisions }) => decisions);
  const at = Math.max(...made.map((decision) => decision.at));
  if (made.some(({ decision }) => decision === "approve")) return { real: true, at };
  return made.some(({ decision }) => decision === "deny") ? { real: false, at } : null;
}
