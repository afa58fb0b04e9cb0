import type { Target } from "../infra/inventory.ts";
import { differences } from "./actions/target-state.ts";
import { appendAudit } from "./audit.ts";
import { blastRadius, radiusLines, riskOf } from "./blast-radius.ts";
import { chooseRule } from "./choose-rule.ts";
import { refuse, type Context, type Refusal } from "./context.ts";
import type { States } from "./expected-state.ts";
import { gatherFacts } from "./gather-facts.ts";
import { getIncident, type Incident } from "./incident.ts";
import { approvalAsked, may, peopleWith, type Person } from "./people.ts";
import type { Risk } from "./policy.ts";
import type { Plan, Step } from "./plan.ts";
import { stepsOf, type Named } from "./plan-steps.ts";
import { look, precheck, statesOf, type Seen } from "./preflight.ts";
import { askerOf, writePlan, type Draft } from "./write-plan.ts";
import { serviceOf } from "./service.ts";
import { fillParams, fillText, findRunbook, type Runbook } from "./runbook.ts";

export type Proposal = {
  /** A runbook's name or alias. */
  runbook: string;
  params?: Record<string, string>;
  /** Exact names of the inventory; never a pattern. */
  target: string | readonly string[];
  /** "inc-12", when it is for an incident. */
  incident?: string | null;
  /** Who chose the action: `system` when runbook and parameters come from a rule, whoever pressed. */
  requester: Person | "system";
  /** Who asked for what the rules say; null or absent when the watch did. */
  pressedBy?: Person | null;
  rule?: string | null;
  reason?: string | null;
  /** Wall ms between which it may begin; null or absent: as soon as it is approved. */
  window?: { from: number; to: number } | null;
};

/** `existing`: the same remedy was proposed already and is still undecided; nothing new was written. */
export type Proposed = { ok: true; plan: Plan; existing: boolean } | (Refusal & { plan?: string });

/**
 * Makes a plan for named targets: resolves them, fills and checks the parameters, looks at the live state, runs the
 * prechecks and the limits, and writes the plan with its digest. Nothing is changed in the cloud. A plan of risk 0 is
 * born `approved`; every other waits for people.
 */
export async function propose(proposal: Proposal, ctx: Context): Promise<Proposed> {
  const proposed = await attempt(proposal, ctx);
  const { runbook, target } = proposal;
  const asker = askerOf(proposal);
  // A rule asks again with every look of the watch; what it is refused is no news. A person's refusal is kept.
  if (proposed.ok || asker === null) return proposed;
  const subject = proposed.plan ?? proposal.incident ?? [target].flat().join(",");
  const detail = { runbook: runbook.slice(0, 60), reason: proposed.reason };
  const note = { actor: asker.id, verb: "refused propose", subject: subject.slice(0, 200), detail };
  await ctx.store.transaction((trx) => appendAudit(trx, note, ctx));
  return proposed;
}

async function attempt(proposal: Proposal, ctx: Context): Promise<Proposed> {
  const refusal = mayPropose(proposal, ctx);
  if (refusal) return refusal;
  const runbook = findRunbook(ctx.runbooks, proposal.runbook);
  if (!runbook) {
    const known = ctx.runbooks.map((candidate) => candidate.name).join(", ");
    return refuse(
      "unknown_runbook",
      `There is no runbook "${proposal.runbook.slice(0, 60)}"; there are: ${known}.`,
    );
  }
  const resolved = resolveTargets(proposal.target, ctx);
  if (!resolved.ok) return resolved;
  const filled = fillParams(runbook, proposal.params ?? {}, resolved.targets[0]?.tags ?? {});
  if (!filled.ok) return refuse("params", filled.message);
  const incident = await incidentFor(proposal, resolved.targets, ctx);
  if ("ok" in incident) return incident;
  return proposeRecipe({ proposal, runbook, params: filled.params, ...resolved, ...incident }, ctx);
}

/** What was resolved of a proposal: a recipe with its parameters for targets there are. */
type Ordered = {
  proposal: Proposal;
  runbook: Runbook;
  params: Record<string, string>;
  targets: readonly Named[];
  incident: Incident | null;
  /** Of a plan that takes another one back: that one, what its effect is measured on, and how it left its targets. */
  rollsBack?: Pick<Plan, "id" | "runbook" | "metric" | "direction"> & { left: States };
};

/** The rest of a proposal, for whatever recipe: live state, steps, prechecks, blast radius, limits, and the plan. */
export async function proposeRecipe(ordered: Ordered, ctx: Context): Promise<Proposed> {
  const { runbook, params, targets, incident } = ordered;
  const looked = await look(targets, incident, ctx);
  if (!looked.ok) return looked;
  const { seen } = looked;
  const changed = changedSince(ordered, seen);
  if (changed !== null) return changed;
  const steps = stepsOf(runbook, params, targets, statesOf(seen), ctx);
  if (!steps.ok) return steps;
  const checked = await precheck(steps.steps, statesOf(seen), ctx);
  if (!checked.ok) return checked;
  const risk = riskOf([runbook.risk, ...steps.risks], targets);
  const takesBack = ordered.rollsBack?.runbook ?? null;
  const facts = await gatherFacts({ ...ordered, ...checked, seen, risk, takesBack }, ctx);
  const lines = radiusLines(blastRadius(facts));
  return writePlan(draftOf(ordered, { seen, steps: checked.steps, risk, lines }, ctx), ctx);
}

/**
 * Proposes what the first matching rule says for an incident; null when no rule matches or it only suggests, a refusal
 * when one would but for the time, how long it lasts, or telemetry that is missing. The requester is the system;
 * whoever pressed stands in the audit as `pressed_by`, and the plan counts among theirs.
 */
export async function proposeForIncident(
  incident: Incident,
  ctx: Context,
  pressedBy: Person | null = null,
): Promise<Proposed | null> {
  const target = ctx.findTarget(incident.target);
  if (!target) return refuse("unknown_target", `${incident.target} is not in the inventory any more.`);
  const chosen = await chooseRule(incident, target, ctx);
  if (chosen === null || !chosen.ok) return chosen;
  const { rule } = chosen;
  // A rule that only suggests makes no plan by itself: its remedy is behind "Propose a fix".
  if (rule.autonomy === "suggest" && pressedBy === null) return null;
  return propose(
    {
      runbook: rule.runbook,
      params: rule.params,
      target: incident.target,
      incident: incident.id,
      requester: "system",
      pressedBy,
      rule: rule.name,
      reason: rule.why === "" ? null : rule.why,
    },
    ctx,
  );
}

/** What a plan is to take back must still be as that one left it: later changes are somebody else's. */
function changedSince({ rollsBack }: Ordered, seen: readonly Seen[]): Refusal | null {
  if (rollsBack === undefined) return null;
  const changes = seen.flatMap(({ target, state }) => {
    const left = rollsBack.left[target.name];
    const different =
      left === undefined ? ["its state was not recorded"] : differences({ ...left, alert: "none" }, state);
    return different.length === 0 ? [] : [`${target.name}: ${different.join(", ")}`];
  });
  if (changes.length === 0) return null;
  const message = `${rollsBack.id} cannot be taken back, because something changed since (${changes.join("; ")}).`;
  return refuse("changed_since", message);
}

/** Whether this person may propose, and anybody could approve. */
export function mayPropose(
  proposal: Pick<Proposal, "requester" | "pressedBy">,
  ctx: Context,
): Refusal | null {
  const asker = askerOf(proposal);
  const allowed = asker === null ? { ok: true as const } : may(asker, "propose", ctx.policy);
  if (!allowed.ok) return allowed;
  if (peopleWith(ctx.policy, "approver").length > 0) return null;
  const why = ctx.policy.denied ?? "the policy names no approver";
  return refuse("no_approver", `Nothing can be proposed, because nobody could approve it: ${why}.`);
}

/** Exact names of the inventory, each once, no more than the cap; never a protected one. */
export function resolveTargets(
  asked: string | readonly string[],
  ctx: Context,
): { ok: true; targets: Named[] } | Refusal {
  const names = [...new Set(typeof asked === "string" ? [asked] : asked)];
  const cap = ctx.policy.limits.targets_per_plan;
  if (names.length === 0) return refuse("no_target", "Name the target to act on.");
  if (names.length > cap) {
    return refuse(
      "too_many_targets",
      `${names.length} targets, and one plan may name ${cap} (limits.targets_per_plan).`,
    );
  }
  const targets: Named[] = [];
  for (const name of names) {
    const target = ctx.findTarget(name);
    if (!target)
      return refuse("unknown_target", `There is no target "${name.slice(0, 60)}"; "status" lists them.`);
    if (target.protectedBecause !== null) {
      return refuse("protected", `I never act on ${target.name}: ${target.protectedBecause}.`);
    }
    if (target.instanceId === null) {
      return refuse("protected", `I cannot act on ${target.name}: it has no EC2 instance id.`);
    }
    targets.push({ ...target, instanceId: target.instanceId });
  }
  return { ok: true, targets };
}

async function incidentFor(
  proposal: Proposal,
  targets: readonly Target[],
  ctx: Context,
): Promise<{ incident: Incident | null } | Refusal> {
  if (proposal.incident === undefined || proposal.incident === null) return { incident: null };
  const incident = await getIncident(proposal.incident, ctx);
  if (!incident) return refuse("unknown_incident", `There is no ${proposal.incident.slice(0, 60)}.`);
  if (incident.status === "resolved")
    return refuse("incident_resolved", `${incident.id} is resolved already.`);
  if (!targets.some((target) => target.name === incident.target)) {
    return refuse("other_target", `${incident.id} is about ${incident.target}, not about the named target.`);
  }
  return { incident };
}

function draftOf(
  { proposal, runbook, params, targets, incident, rollsBack }: Ordered,
  { seen, steps, risk, lines }: { seen: readonly Seen[]; steps: Step[]; risk: Risk; lines: string[] },
  ctx: Context,
): Draft {
  const tags = targets.flatMap((target) =>
    Object.entries(target.tags).map(([key, value]) => `${key}=${value}`),
  );
  const asked = approvalAsked(ctx.policy, { risk, actions: steps.map((step) => step.action), tags });
  const group = seen.find(({ state }) => state.group !== null)?.state.group?.name;
  const named = { ...params, target: targets.map((target) => target.name).join(", ") };
  const names = group === undefined ? named : { ...named, group };
  return {
    requester: proposal.requester,
    pressedBy: proposal.pressedBy ?? null,
    incident: incident?.id ?? null,
    targets: targets.map((target) => ({ ...target, service: serviceOf(target) })),
    runbook,
    title: fillText(runbook.title, names),
    params,
    steps,
    risk,
    approvalsNeeded: asked.approvers,
    fingerprint: statesOf(seen),
    window: proposal.window ?? null,
    rollsBack: rollsBack?.id ?? null,
    rule: proposal.rule ?? null,
    reason: proposal.reason ?? null,
    metric: rollsBack?.metric ?? incident?.metric ?? runbook.verify[0] ?? null,
    direction: rollsBack?.direction ?? (incident?.metric ? incident.direction : null),
    blastRadius: lines,
  };
}
