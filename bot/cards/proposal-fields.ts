import type { Plan } from "../../remediation/plan.ts";
import type { CardDraft } from "../card.ts";

type Fields = CardDraft["fields"];

/** What an approver must know before the click: what it does, how grave it is, who may decide. */
export function proposalFields(plan: Plan, approval: string): Fields {
  return [
    { label: "If approved", value: listed(plan.blastRadius) || plan.title },
    { label: "Who may approve", value: `${approval}; risk ${plan.risk}` },
  ];
}

/**
 * The same beside a finding: the card's title is the finding, so the plan is named here. What was checked before stands
 * in its details.
 */
export function waitingFields(plan: Plan, approval: string): Fields {
  const [first, second] = proposalFields({ ...plan, blastRadius: withoutChecks(plan) }, approval);
  return [
    ...(first === undefined ? [] : [{ ...first, label: `Proposed: ${plan.title} (${plan.id})` }]),
    ...(second === undefined ? [] : [second]),
  ];
}

/** What a plan under way, or one that stopped, does to its targets; nothing of one that never ran. */
export function startedFields(plan: Plan): Fields {
  const started = ["approved", "executing", "failed", "needs_human"].includes(plan.status);
  const lines = withoutChecks(plan);
  return started && lines.length > 0 ? [{ label: "What it does", value: listed(lines) }] : [];
}

/** The checks were passed, and what was changed before was told, at the moment of proposing. */
function withoutChecks({ blastRadius }: Plan): string[] {
  return blastRadius.filter((line) => !line.startsWith("Precheck passed"));
}

/** One below the other, each with a point; a single one stands as it is. */
function listed(lines: readonly string[]): string {
  return lines.length === 1 ? (lines[0] ?? "") : lines.map((line) => `• ${line}`).join("\n");
}
