import type { Pause } from "../../remediation/pause.ts";
import type { Plan, Step } from "../../remediation/plan.ts";
import { undoWords } from "../../remediation/undo-words.ts";
import { type CardDraft, draft } from "../card.ts";
import { duration, list, sentence } from "../format.ts";
import { decisionButtons } from "./plan-buttons.ts";
import { planFooter } from "./plan-card.ts";
import { planLine } from "./plan-line.ts";
import { titleOf } from "./plan-parts.ts";
import { pausedSentence } from "./plan-waiting.ts";
import { proposalFields } from "./proposal-fields.ts";
import { footer, metricTitle, type Scene, wallClock, wallMoment } from "./scene.ts";

/** So much of a digest tells two plans apart for a reader; the button carries all of it. */
const shownDigest = 12;

/** Everything that was written down about a plan when it was made, for whoever reads before deciding. */
export function planDetailsCard(plan: Plan, approval: string, pause: Pause | null, scene: Scene): CardDraft {
  return draft({
    title: `${plan.id} in full: ${titleOf(plan)}`,
    tone: plan.status === "proposed" ? "warning" : "info",
    text: [
      plan.status === "proposed" ? pausedSentence(pause, scene) : "",
      sentence(plan.reason ?? ""),
      planLine(plan, scene),
      ...(plan.status === "proposed" ? plan.notes.map(sentence) : []),
    ]
      .filter(Boolean)
      .join(" "),
    fields: [
      ...proposalFields(plan, approval),
      { label: "Steps", value: plan.steps.map(stepText).join("\n") || "none" },
      { label: "Parameters", value: pairs(plan.params) || "none" },
      { label: "Targets", value: list(plan.targets.map(targetText)) || "none" },
      { label: "Times", value: timesText(plan, scene) },
      { label: "Judged by", value: judgedText(plan, scene) },
      {
        label: "Runbook and digest",
        value: `${plan.runbook} ${plan.version.slice(0, shownDigest)}, digest ${plan.digest.slice(0, shownDigest)}`,
      },
    ],
    buttons: decisionButtons(plan, pause),
    footer: footer(scene, planFooter(plan, scene)),
    incident: plan.incident,
    plan: plan.id,
  });
}

function stepText(step: Step): string {
  const given = pairs(step.params);
  const what = `${step.n}. ${step.action} on ${step.target}${given === "" ? "" : ` (${given})`}`;
  return step.undoes === null
    ? what
    : `${what}: only if it stops after step ${step.undoes}, to ${undoWords(step)}`;
}

function pairs(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}

function targetText({ name, instanceId, region, service }: Plan["targets"][number]): string {
  const where = region === null ? instanceId : `${instanceId} in ${region}`;
  return `${name} (${where}, service ${service})`;
}

function timesText(plan: Plan, scene: Scene): string {
  const { window } = plan;
  return [
    `proposed ${wallMoment(scene, plan.createdAt)}`,
    `to be decided by ${wallClock(scene, plan.expiresAt)}`,
    window === null
      ? `to begin by ${wallClock(scene, plan.runBy)}`
      : `to begin between ${wallClock(scene, window.from)} and ${wallClock(scene, window.to)}`,
  ].join("; ");
}

function judgedText({ metric, settleSeconds }: Plan, scene: Scene): string {
  if (metric === null || settleSeconds === 0) return "nothing, it changes nothing that is measured";
  return `${metricTitle(scene, metric)}, over ${duration(settleSeconds)} after it ran`;
}
