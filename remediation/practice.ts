import { appendAudit } from "./audit.ts";
import type { Context } from "./context.ts";
import { approvalAsked, type Person } from "./people.ts";
import { practice } from "./actions/practice.ts";
import { stepOf } from "./plan-steps.ts";
import { mayPropose, type Proposed } from "./propose.ts";
import { parseRunbook } from "./runbook.ts";
import { writePlan } from "./write-plan.ts";

/** Part of the program and of no folder: no rule can propose it, and every operator has it. */
const runbook = parseRunbook(
  `
name: practice
title: Practise an approval (nothing will be touched)
effect: practice
cures: Nothing; people try their buttons and rights by day.
way_back: none needed, nothing happens
steps:
  - action: practice
`,
  "practice",
);

/**
 * Proposes a plan that does nothing: from the buttons through rights, record and end it is like every plan of risk 2, and
 * it knows no target, no cooldown and no verdict.
 */
export async function proposePractice(
  { requester, window }: { requester: Person; window?: { from: number; to: number } | null },
  ctx: Context,
): Promise<Proposed> {
  const proposed = mayPropose({ requester }, ctx) ?? (await write(requester, window ?? null, ctx));
  if (proposed.ok) return proposed;
  const note = { actor: requester.id, verb: "refused propose", subject: "practice" };
  const detail = { runbook: "practice", reason: proposed.reason };
  await ctx.store.transaction((trx) => appendAudit(trx, { ...note, detail }, ctx));
  return proposed;
}

function write(
  requester: Person,
  window: { from: number; to: number } | null,
  ctx: Context,
): Promise<Proposed> {
  const asked = approvalAsked(ctx.policy, { risk: practice.risk, actions: [practice.name], tags: [] });
  return writePlan(
    {
      requester,
      pressedBy: null,
      incident: null,
      targets: [],
      runbook,
      title: runbook.title,
      params: {},
      steps: [{ ...stepOf(practice.name, { target: "nothing", instanceId: "none" }, {}, ctx), n: 1 }],
      risk: practice.risk,
      approvalsNeeded: asked.approvers,
      fingerprint: {},
      window,
      rollsBack: null,
      rule: null,
      reason: null,
      metric: null,
      direction: null,
      blastRadius: [
        "Nothing will be touched: no call leaves this program, whatever you press.",
        "It tries the buttons, the rights and the record, like every plan of risk 2.",
      ],
    },
    ctx,
  );
}
