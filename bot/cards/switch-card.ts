import type { Refusal } from "../../remediation/context.ts";
import { type CardDraft, draft } from "../card.ts";
import { refusalCard } from "./refusals.ts";
import { footer, type Scene } from "./scene.ts";

/** What the kill switch is at now. */
export function switchCard(
  position: "paused" | "resumed",
  moved: { ok: true } | Refusal,
  scene: Scene,
): CardDraft {
  if (!moved.ok) return refusalCard(`Automation was not ${position}`, moved.message);
  return position === "paused"
    ? draft({
        title: "Automation is paused",
        text: 'No step begins until somebody says "resume". What was already called is followed to its end.',
        tone: "warning",
        buttons: [{ label: "Resume automation", style: "default", intent: { kind: "resume" } }],
        footer: footer(scene),
      })
    : draft({ title: "Automation is on again", tone: "ok", footer: footer(scene) });
}
