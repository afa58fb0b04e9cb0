import type { Plan } from "../../remediation/plan.ts";
import { type CardDraft, draft, type Tone } from "../card.ts";
import type { ChartSpec } from "../chart-spec.ts";
import { list } from "../format.ts";
import {
  concludeButtons,
  decisionButtons,
  outcomeTitle,
  planLine,
  proposalFields,
  verdictFields,
  verdictSentence,
} from "./plan-parts.ts";
import { footer, type Scene, wallMoment } from "./scene.ts";

/** A plan by itself: asked for by a person, or looked up. `approval` says who may decide. */
export function planCard(plan: Plan, approval: string, chart: ChartSpec | null, scene: Scene): CardDraft {
  return draft({
    title: outcomeTitle(plan) ?? standingTitle(plan),
    tone: planTone(plan),
    text: [verdictSentence(plan, scene), planLine(plan, scene), whatNext(plan)].filter(Boolean).join(" "),
    fields: plan.status === "proposed" ? proposalFields(plan, approval) : verdictFields(plan, scene),
    buttons: [...decisionButtons(plan), ...concludeButtons(plan), ...undecidedButtons(plan)],
    chart,
    footer: footer(scene, planFooter(plan, scene)),
    incident: plan.incident,
    plan: plan.id,
  });
}

/** "plan-17 · expires in 15 min (03:29) · proposed by rule memory-leak". */
export function planFooter(plan: Plan, scene: Scene): string {
  const origin = plan.rule === null ? `asked for by ${plan.requester.name}` : `proposed by rule ${plan.rule}`;
  const expiry =
    plan.status === "proposed"
      ? `expires in ${Math.max(0, Math.ceil((plan.expiresAt - scene.nowMs) / 60_000))} min`
      : null;
  return [plan.incident, plan.id, expiry, origin].filter((part) => part !== null).join(" · ");
}

export function planTone(plan: Plan): Tone {
  switch (plan.status) {
    case "done":
      if (plan.verdict === "improved") return "ok";
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

/** The list behind a bare "approve": what waits, each with its buttons. */
export function pendingPlansCard(plans: readonly Plan[], verb: "approve" | "deny", scene: Scene): CardDraft {
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
      value: `${plan.title} on ${list(plan.targets.map((target) => target.name))} · asked ${wallMoment(scene, plan.createdAt)}`,
    })),
    buttons: plans
      .slice(0, 4)
      .flatMap((plan) =>
        decisionButtons(plan).map((button) => ({ ...button, label: `${button.label} ${plan.id}` })),
      ),
    footer: footer(scene),
    plan: plans.length === 1 ? only.id : null,
  });
}

function standingTitle(plan: Plan): string {
  const targets = list(plan.targets.map((target) => target.name));
  const title = plan.title.includes(targets) ? plan.title : `${plan.title} on ${targets}`;
  return plan.status === "proposed" ? `${title}?` : `${title}: ${plan.status}`;
}

function undecidedButtons(plan: Plan): CardDraft["buttons"] {
  if (plan.status !== "proposed") return [];
  return [{ label: "Details", style: "default", intent: { kind: "history", id: plan.id } }];
}

function whatNext(plan: Plan): string {
  if (plan.verdict === "unchanged") return "I have not tried anything else.";
  return plan.verdict === "unverified" ? "Look for yourself before you trust it." : "";
}
