import { isNoted } from "../../remediation/decide-alone.ts";
import type { Pause } from "../../remediation/pause.ts";
import { isPractice, type Plan } from "../../remediation/plan.ts";
import type { CardDraft } from "../card.ts";

type Buttons = CardDraft["buttons"];

/**
 * Approve and Deny, while the plan waits. Red only where something stops. During a pause nobody can approve, so no card
 * offers it.
 */
export function decisionButtons(plan: Plan, pause: Pause | null): Buttons {
  const { id, digest, effect } = plan;
  if (plan.status === "approved" && plan.window !== null)
    return [{ label: `Cancel ${effect}`, style: "default", intent: { kind: "cancel", id } }];
  if (plan.status !== "proposed") return [];
  return [
    ...(pause === null
      ? [
          {
            label: `Approve ${effect}${isForLater(plan) ? " for later" : ""}`,
            style: plan.risk >= 2 && !isPractice(plan) ? "danger" : "primary",
            intent: { kind: "approve", id, digest },
          } as const,
        ]
      : []),
    { label: "Deny", style: "default", intent: { kind: "deny", id, digest } },
    ...(runsByItself(plan)
      ? [{ label: "Object", style: "default", intent: { kind: "cancel", id } } as const]
      : []),
  ];
}

/** Whether it was asked for another time than now: its button must not look like one that acts at once. */
function isForLater({ window, createdAt }: Plan): boolean {
  return window !== null && window.from > createdAt;
}

/** The same where a card tells of something else: each button says of which plan. */
export function namedDecisionButtons(plan: Plan, pause: Pause | null): Buttons {
  return decisionButtons(plan, pause).map((button) => ({ ...button, label: `${button.label} ${plan.id}` }));
}

/** The way to a plan from a card that is about something else: what waits is read before it is decided. */
export function showPlanButtons(plans: readonly Pick<Plan, "id" | "effect">[]): Buttons {
  return plans.map(({ id, effect }) => ({
    label: `Show ${id}: ${effect}`,
    style: "default",
    intent: { kind: "incidents", id },
  }));
}

/** Everything about a plan, for whoever reads before deciding. */
export function detailsButtons(plan: Plan): Buttons {
  if (plan.status !== "proposed") return [];
  return [{ label: "Details", style: "default", intent: { kind: "explain", id: plan.id } }];
}

/** Whether a plan that waits will be run by its rule unless somebody objects; what stands in its way is in its notes. */
export function runsByItself(plan: Plan): boolean {
  return plan.status === "proposed" && !!plan.runsAlone && !isNoted(plan);
}

/** For what did not help or needs a person: more people can be asked. */
export function escalateButtons(plan: Plan): Buttons {
  const stuck = plan.status === "needs_human" || plan.verdict === "unchanged" || plan.verdict === "worse";
  if (!stuck) return [];
  const id = plan.status === "needs_human" ? plan.id : plan.incident;
  return id === null ? [] : [{ label: "Escalate", style: "default", intent: { kind: "escalate", id } }];
}

/** What a person settles when the machine cannot know. */
export function concludeButtons(plan: Plan): Buttons {
  if (plan.status !== "needs_human") return [];
  return [
    {
      label: "It happened",
      style: "default",
      intent: { kind: "conclude", id: plan.id, outcome: "happened" },
    },
    {
      label: "It did not happen",
      style: "default",
      intent: { kind: "conclude", id: plan.id, outcome: "did_not_happen" },
    },
  ];
}
