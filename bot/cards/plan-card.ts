import type { Pause } from "../../remediation/pause.ts";
import { isPractice, type Plan, statusWord } from "../../remediation/plan.ts";
import { type CardDraft, draft, type Tone } from "../card.ts";
import type { ChartSpec } from "../chart-spec.ts";
import { sentence } from "../format.ts";
import { followButtons, type FollowUp, noFollowUp, outcomeSentence } from "./outcome-parts.ts";
import {
  concludeButtons,
  decisionButtons,
  detailsButtons,
  escalateButtons,
  namedDecisionButtons,
} from "./plan-buttons.ts";
import { planLine } from "./plan-line.ts";
import { onlyReads, outcomeTitle, outputOf, titleOf, verdictSentence } from "./plan-parts.ts";
import { pausedSentence } from "./plan-waiting.ts";
import { proposalFields, startedFields } from "./proposal-fields.ts";
import { footer, type Scene, wallClock, wallMoment } from "./scene.ts";

/** A plan by itself: asked for by a person, or looked up. `approval` says who may decide. */
export function planCard(
  plan: Plan,
  approval: string,
  chart: ChartSpec | null,
  scene: Scene,
  follow: FollowUp = noFollowUp,
): CardDraft {
  return draft({
    title: outcomeTitle(plan) ?? standingTitle(plan, follow),
    tone: planTone(plan),
    text: planText(plan, scene, follow),
    fields: plan.status === "proposed" ? proposalFields(plan, approval) : startedFields(plan),
    buttons: [
      ...decisionButtons(plan, follow.pause),
      ...concludeButtons(plan),
      ...followButtons(plan, follow, plan.targets[0]?.name ?? ""),
      ...escalateButtons(plan),
      ...detailsButtons(plan),
    ],
    chart,
    footer: footer(scene, planFooter(plan, scene)),
    incident: plan.incident,
    plan: plan.id,
  });
}

function planText(plan: Plan, scene: Scene, follow: FollowUp): string {
  const waits = plan.status === "proposed" || plan.status === "approved";
  const sentences = [
    verdictSentence(plan, scene),
    askedFor(plan),
    planLine(plan, scene),
    ...(plan.status === "proposed" ? plan.notes.map(sentence) : []),
    follow.unreached,
    outcomeSentence(plan, follow, scene.nowMs),
  ];
  const output = onlyReads(plan) ? outputOf(plan) : "";
  const paused = waits ? pausedSentence(follow.pause, scene) : "";
  return [paused, sentences.filter(Boolean).join(" "), output].filter(Boolean).join("\n");
}

/** Why it is proposed: the rule's reason, or who asked and what for. */
function askedFor(plan: Plan): string {
  if (plan.status !== "proposed") return "";
  if (plan.rule !== null || (plan.rollsBack !== null && plan.requester.id === "system"))
    return sentence(plan.reason ?? "");
  return sentence(`${plan.requester.name} asked for it${plan.reason === null ? "" : `: ${plan.reason}`}`);
}

/** "plan-17 · decide within 15 min, by 03:29 UTC · proposed by rule memory-leak". */
export function planFooter(plan: Plan, scene: Scene): string {
  const origin =
    plan.rule !== null
      ? `proposed by rule ${plan.rule}`
      : plan.requester.id === "system"
        ? "proposed by me"
        : `asked for by ${plan.requester.name}`;
  const expiry =
    plan.status === "proposed"
      ? `decide within ${Math.max(0, Math.ceil((plan.expiresAt - scene.nowMs) / 60_000))} min, by ${wallClock(scene, plan.expiresAt)}`
      : null;
  return [plan.incident, plan.id, expiry, origin].filter((part) => part !== null).join(" · ");
}

function planTone(plan: Plan): Tone {
  switch (plan.status) {
    case "done":
      if (plan.verdict === "improved" || isPractice(plan)) return "ok";
      if (plan.verdict === "worse") return "critical";
      return plan.verdict === null ? "info" : "warning";
    case "failed":
    case "needs_human":
      return "critical";
    case "proposed":
    case "approved":
    case "executing":
      return "warning";
    case "denied":
    case "expired":
    case "cancelled":
      return "info";
  }
}

/** The list behind a bare "approve", "deny" or "cancel": what waits, each with the button that was asked for. */
export function pendingPlansCard(
  plans: readonly Plan[],
  verb: "approve" | "deny" | "cancel",
  pause: Pause | null,
  scene: Scene,
): CardDraft {
  const [only] = plans;
  if (only === undefined) {
    return draft({
      title: "Nothing is waiting for approval",
      text: 'Say "incidents" for what is open, or "history" for what was decided.',
    });
  }
  return draft({
    title: `Which plan do you want to ${verb}?`,
    text: [pausedSentence(pause, scene), "I decide nothing without the plan's id."].filter(Boolean).join(" "),
    fields: plans.slice(0, 4).map((plan) => ({
      label: plan.id,
      value: `${titleOf(plan)} · asked ${wallMoment(scene, plan.createdAt)}`,
    })),
    buttons: plans.slice(0, 4).flatMap((plan) => buttonsFor(verb, plan, pause)),
    footer: footer(scene),
    plan: plans.length === 1 ? only.id : null,
  });
}

function buttonsFor(
  verb: "approve" | "deny" | "cancel",
  plan: Plan,
  pause: Pause | null,
): CardDraft["buttons"] {
  if (verb === "cancel") {
    return [{ label: `Cancel ${plan.id}`, style: "default", intent: { kind: "cancel", id: plan.id } }];
  }
  return namedDecisionButtons(plan, pause).filter(
    ({ intent }) => verb === "approve" || intent.kind === "deny",
  );
}

function standingTitle(plan: Plan, { pause }: FollowUp): string {
  const title = titleOf(plan);
  const about = plan.incident === null ? "" : ` · for ${plan.incident}`;
  if (plan.status !== "proposed") return `${title}: ${statusWord(plan.status)}`;
  return pause === null ? `${title}?${about}` : `Paused: ${title}?${about}`;
}
