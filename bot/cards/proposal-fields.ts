import type { Plan } from "../../remediation/plan.ts";
import type { CardDraft } from "../card.ts";

type Fields = CardDraft["fields"];

/** One below the other, each with a point; a single one stands as it is. */
function listed(lines: readonly string[]): string {
  return lines.length === 1 ? (lines[0] ?? "") : lines.map((line) => `• ${line}`).join("\n");
}

/** What an approver must know before the click: what it does, how grave it is, who may decide. */
export function proposalFields(plan: Plan, approval: string): Fields {
  return [
    { label: "If approved", value: listed([...plan.blastRadius, ...plan.notes]) || plan.title },
    { label: "Approval", value: `risk ${plan.risk}, ${approval}` },
  ];
}

/** The same beside a finding: the card's title is the finding, so the plan is named here. */
export function waitingFields(plan: Plan, approval: string): Fields {
  return [
    { label: `If approved: ${plan.title}`, value: listed([...plan.blastRadius, ...plan.notes]) },
    { label: "Approval", value: `risk ${plan.risk}, ${approval}` },
  ];
}
