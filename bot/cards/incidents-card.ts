import { beganAt, type Incident } from "../../remediation/incident.ts";
import type { Plan } from "../../remediation/plan.ts";
import { type CardDraft, draft } from "../card.ts";
import { plural } from "../format.ts";
import { planStory } from "../history-words.ts";
import { showPlanButtons } from "./plan-buttons.ts";
import { startsWhen } from "./plan-waiting.ts";
import { footer, metricSince, type Scene } from "./scene.ts";

const mostShown = 20;

/** "What's on fire": every unresolved incident in one line. */
export function incidentsCard(
  incidents: readonly Incident[],
  plans: readonly Plan[],
  /** Why the watch cannot see, or null: then no incident says nothing about the targets. */
  blindBecause: string | null,
  scene: Scene,
  /** How many are open, where not all of them are given. */
  open: number = incidents.length,
): CardDraft {
  const later = plans
    .filter(({ incident, status, window }) => {
      const shown = incidents.slice(0, mostShown).some(({ id }) => id === incident);
      return !shown && (status === "approved" || window !== null);
    })
    .map((plan) => planStory(plan, scene));
  if (incidents.length === 0) {
    return draft({
      title: blindBecause === null ? "No open incidents" : "No open incidents, but I cannot see the targets",
      tone: blindBecause === null ? "ok" : "warning",
      text: [blindBecause ?? 'The watch has raised none. "check" looks at this moment.', ...later].join("\n"),
      footer: footer(scene),
    });
  }
  const lines = incidents.slice(0, mostShown).map((incident) => {
    const plan = plans.find((each) => each.incident === incident.id);
    const waits = plan === undefined ? "" : ` · ${plan.id} ${standing(plan, scene)}`;
    return `${incident.id} ${incident.title} · ${metricSince(scene, beganAt(incident))} · ${incident.status}${waits}`;
  });
  const more = open > lines.length ? [`and ${open - lines.length} more`] : [];
  const single =
    incidents.length === 1 ? plans.find((plan) => plan.incident === incidents[0]?.id) : undefined;
  return draft({
    title: `${plural(open, "open incident")}`,
    tone: incidents.some((incident) => incident.severity === "critical") ? "critical" : "warning",
    text: [...lines, ...more, ...later, ...(blindBecause === null ? [] : [blindBecause])].join("\n"),
    buttons: [
      ...(single?.status === "proposed" ? showPlanButtons([single]) : []),
      ...incidents.slice(0, 3).map((incident) => ({
        label: `Show ${incident.id}`,
        style: "default" as const,
        intent: { kind: "incidents" as const, id: incident.id },
      })),
    ],
    footer: footer(scene),
    incident: incidents.length === 1 ? (incidents[0]?.id ?? null) : null,
    plan: single?.id ?? null,
  });
}

function standing(plan: Plan, scene: Scene): string {
  return plan.status === "approved" ? startsWhen(plan, scene).replace(/^it /, "") : "waits for approval";
}
