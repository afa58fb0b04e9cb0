import { isPractice, type Plan } from "../../remediation/plan.ts";
import { type CardDraft, draft, type Tone } from "../card.ts";
import type { ChartSpec } from "../chart-spec.ts";
import { followButtons, type FollowUp, noFollowUp, outcomeSentence } from "./outcome-parts.ts";
import {
  concludeButtons,
  decisionButtons,
  escalateButtons,
  onlyReads,
  outcomeTitle,
  outputOf,
  planLine,
  titleOf,
  verdictFields,
  verdictSentence,
} from "./plan-parts.ts";
import { proposalFields } from "./proposal-fields.ts";
import { footer, type Scene, wallMoment } from "./scene.ts";

/** A plan by itself: asked for by a person, or looked up. `approval` says who may decide. */
export function planCard(
  plan: Plan,
  approval: string,
  chart: ChartSpec | null,
  scene: Scene,
  follow: FollowUp = noFollowUp,
): CardDraft {
  return draft({
    title: outcomeTitle(plan) ?? standingTitle(plan),
    tone: planTone(plan),
    text: planText(plan, scene, follow),
    fields: plan.verdictDetail === null ? proposalFields(plan, approval) : verdictFields(plan, scene),
    buttons: [
      ...decisionButtons(plan),
      ...concludeButtons(plan),
      ...followButtons(plan, follow, plan.targets[0]?.name ?? ""),
      ...escalateButtons(plan),
      ...undecidedButtons(plan),
    ],
    chart,
    footer: footer(scene, planFooter(plan, scene)),
    incident: plan.incident,
    plan: plan.id,
  });
}

function planText(plan: Plan, scene: Scene, follow: FollowUp): string {
  const sentences = [
    verdictSentence(plan, scene),
    askedFor(plan),
    planLine(plan, scene),
    outcomeSentence(plan, follow, scene.nowMs),
  ];
  const output = onlyReads(plan) ? outputOf(plan) : "";
  return [sentences.filter(Boolean).join(" "), output].filter(Boolean).join("\n");
}

/** Why it is proposed: the rule's reason, or who asked and what for. */
function askedFor(plan: Plan): string {
  if (plan.status !== "proposed") return "";
  if (plan.rule !== null) return plan.reason ?? "";
  if (plan.rollsBack !== null && plan.requester.id === "system")
    return plan.reason === null ? "" : `${plan.reason}.`;
  return `${plan.requester.name} asked for it${plan.reason === null ? "" : `: ${plan.reason}`}.`;
}

/** "plan-17 · expires in 15 min (03:29) · proposed by rule memory-leak". */
export function planFooter(plan: Plan, scene: Scene): string {
  const origin =
    plan.rule !== null
      ? `proposed by rule ${plan.rule}`
      : plan.requester.id === "system"
        ? "proposed by me"
        : `asked for by ${plan.requester.name}`;
  const expiry =
    plan.status === "proposed"
      ? `expires in ${Math.max(0, Math.ceil((plan.expiresAt - scene.nowMs) / 60_000))} min`
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
  scene: Scene,
): CardDraft {
  const [only] = plans;
  if (only === undefined) {
    return draft({
      title: "Nothing is waiting for approval",
      text: 'Say "incidents" for what is open, or "history" for what was decided.',
      tone: "ok",
    });
  }
  return draft({
    title: `Which plan do you want to ${verb}?`,
    text: "I decide nothing without the plan's id.",
    fields: plans.slice(0, 4).map((plan) => ({
      label: plan.id,
      value: `${titleOf(plan)} · asked ${wallMoment(scene, plan.createdAt)}`,
    })),
    buttons: plans.slice(0, 4).flatMap((plan) => buttonsFor(verb, plan)),
    footer: footer(scene),
    plan: plans.length === 1 ? only.id : null,
  });
}

function buttonsFor(verb: "approve" | "deny" | "cancel", plan: Plan): CardDraft["buttons"] {
  if (verb === "cancel") {
    return [{ label: `Cancel ${plan.id}`, style: "default", intent: { kind: "cancel", id: plan.id } }];
  }
  return decisionButtons(plan)
    .filter(({ intent }) => verb === "approve" || intent.kind === "deny")
    .map((button) => ({ ...button, label: `${button.label} ${plan.id}` }));
}

function standingTitle(plan: Plan): string {
  const title = titleOf(plan);
  return plan.status === "proposed" ? `${title}?` : `${title}: ${plan.status}`;
}

function undecidedButtons(plan: Plan): CardDraft["buttons"] {
  if (plan.status !== "proposed") return [];
  return [{ label: "Details", style: "default", intent: { kind: "history", id: plan.id } }];
}
