import { beganAt, type Incident } from "../../remediation/incident.ts";
import type { Plan } from "../../remediation/plan.ts";
import { type CardDraft, draft } from "../card.ts";
import { plural } from "../format.ts";
import { showPlanButtons } from "./plan-buttons.ts";
import { footer, metricSince, type Scene } from "./scene.ts";

/** "What's on fire": every unresolved incident in one line. */
export function incidentsCard(
  incidents: readonly Incident[],
  plans: readonly Plan[],
  /** Why the watch cannot see, or null: then no incident says nothing about the targets. */
  blindBecause: string | null,
  scene: Scene,
): CardDraft {
  if (incidents.length === 0) {
    return draft({
      title: blindBecause === null ? "No open incidents" : "No open incidents, but I cannot see the targets",
      tone: blindBecause === null ? "ok" : "warning",
      text: blindBecause ?? 'The watch has raised none. "check" looks at this moment.',
      footer: footer(scene),
    });
  }
  const lines = incidents.slice(0, 20).map((incident) => {
    const plan = plans.find((each) => each.incident === incident.id);
    const waits = plan?.status === "proposed" ? ` · ${plan.id} waits for approval` : "";
    return `${incident.id} ${incident.title} · ${metricSince(scene, beganAt(incident))} · ${incident.status}${waits}`;
  });
  const more = incidents.length > 20 ? [`and ${incidents.length - 20} more`] : [];
  const single =
    incidents.length === 1 ? plans.find((plan) => plan.incident === incidents[0]?.id) : undefined;
  return draft({
    title: `${plural(incidents.length, "open incident")}`,
    tone: incidents.some((incident) => incident.severity === "critical") ? "critical" : "warning",
    text: [...lines, ...more, ...(blindBecause === null ? [] : [blindBecause])].join("\n"),
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
