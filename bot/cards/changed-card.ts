import type { Incident } from "../../remediation/incident.ts";
import { type CardDraft, draft } from "../card.ts";
import { footer, type Scene, wallClock } from "./scene.ts";

/** What a person's word did to an incident; its own card shows the same and everything else. */
export function changedCard(incident: Incident, scene: Scene): CardDraft {
  const { id, title, status } = incident;
  const { now, means } = standing(incident, scene);
  return draft({
    title: `${id} ${now}`,
    text: `${title}. ${means}`,
    buttons: [
      { label: `Show ${id}`, style: "default", intent: { kind: "incidents", id } },
      ...(status === "silenced"
        ? [{ label: "End silence", style: "default", intent: { kind: "silence", id, over: true } } as const]
        : []),
    ],
    footer: footer(scene, id),
    incident: id,
  });
}

function standing(incident: Incident, scene: Scene): { now: string; means: string } {
  switch (incident.status) {
    case "open":
      return { now: "is open again", means: "People are told of it as before." };
    case "acknowledged":
      return {
        now: `is with ${incident.acknowledgedBy ?? "somebody"} now`,
        means: "The others know who looks after it; a plan that waits still needs its approval.",
      };
    case "silenced":
      return {
        now: `is silenced until ${wallClock(scene, incident.silencedUntil ?? scene.nowMs)}`,
        means: "Nobody is told of it until then; it is not over, and opens again afterwards.",
      };
    case "resolved":
      return {
        now: `is resolved by ${incident.resolvedBy ?? "somebody"}`,
        means: "A plan for it that had not begun is cancelled. What still goes on opens a new incident.",
      };
  }
}
