import { beganAt, type Incident } from "../../remediation/incident.ts";
import type { Plan } from "../../remediation/plan.ts";
import { type CardDraft, draft } from "../card.ts";
import { plural } from "../format.ts";
import { decisionButtons } from "./plan-parts.ts";
import { footer, metricSince, type Scene } from "./scene.ts";

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
  const more = open > lines.length ? [`and ${open - lines.length} more`] : [];
  const single =
    incidents.length === 1 ? plans.find((plan) => plan.incident === incidents[0]?.id) : undefined;
  return draft({
    title: `${plural(open, "open incident")}`,
    tone: incidents.some((incident) => incident.severity === "critical") ? "critical" : "warning",
    text: [...lines, ...more, ...(blindBecause === null ? [] : [blindBecause])].join("\n"),
    buttons: [
      ...(single === undefined ? [] : decisionButtons(single)),
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
