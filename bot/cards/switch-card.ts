import { type CardDraft, draft } from "../card.ts";
import { capital, list } from "../format.ts";
import { footer, type Scene } from "./scene.ts";

/** The kill switch is on: what that means, and who may end it. */
export function pausedCard(
  { by, reason, able }: { by: string; reason: string; able: readonly string[] },
  scene: Scene,
): CardDraft {
  const who = able.length === 0 ? "" : ` (${list(able.slice(0, 5))})`;
  return draft({
    title: `Automation is paused by ${by}`,
    text: [
      reason === "" ? "" : `The reason given: "${reason}".`,
      `Nothing can be approved and no step begins until an approver resumes${who}. What was already called is followed to its end.`,
    ]
      .filter(Boolean)
      .join(" "),
    tone: "warning",
    buttons: [{ label: "Resume automation", style: "default", intent: { kind: "resume" } }],
    footer: footer(scene),
  });
}

export function resumedCard(by: string, scene: Scene): CardDraft {
  return draft({
    title: "Automation is on again",
    text: `${capital(by)} resumed it. What was approved and may begin now, begins; what waits for its time waits on.`,
    footer: footer(scene),
  });
}
