import { approvalNeeded } from "./approvals.ts";
import { appendAudit } from "./audit.ts";
import { autonomyOff, reaches, trustOf } from "./autonomy.ts";
import { breakerRefusal } from "./breaker.ts";
import { quietNow } from "./choose-rule.ts";
import { refuse, type Context, type Refusal } from "./context.ts";
import { decisionSeal, isIntact, same } from "./digest.ts";
import { checkLimits } from "./guards.ts";
import { getIncident } from "./incident.ts";
import { isPaused } from "./pause.ts";
import { ruleActor } from "./people.ts";
import { incidentNumber, type Decision, type Plan } from "./plan.ts";
import { stillFires } from "./still-fires.ts";
import type { Db, Trx } from "./store.ts";
import { incidentByNumber } from "./store/incident-rows.ts";
import { duePlans } from "./store/autonomy-rows.ts";
import { decisionsOf, insertDecision } from "./store/decisions.ts";
import { planByNumber } from "./store/plan-rows.ts";
import { movePlan } from "./store/plans.ts";

/** What a plan is before it is written, as far as deciding alone is concerned. */
type Asked = {
  requester: unknown;
  pressedBy: unknown;
  rule: string | null;
  risk: number;
  approvalsNeeded: number;
  runbook: { name: string };
  targets: readonly { service: string }[];
};

/** How and from when a new plan may be run by its rule alone; null: it waits for people, as all do by default. */
export async function aloneFrom(db: Db, draft: Asked, ctx: Context): Promise<Plan["runsAlone"]> {
  const [target, ...others] = draft.targets;
  if (draft.requester !== "system" || draft.pressedBy !== null || draft.rule === null) return null;
  if (target === undefined || others.length > 0 || draft.approvalsNeeded !== 1 || draft.risk > 2) return null;
  const key = { rule: draft.rule, runbook: draft.runbook.name, service: target.service };
  const { level } = await trustOf(db, key, ctx);
  if ((level !== "veto" && level !== "auto") || (await autonomyOff(db)) !== null) return null;
  return { level, at: ctx.clock.wall() + (level === "veto" ? ctx.policy.autonomy.objection : 0) };
}

/**
 * Decides for the rules what is due: every plan that its rule may run alone and nobody objected to. Everything is asked
 * again in the transaction that decides; what stands in the way is said on the card, and people decide then. Answers
 * the plans that may run now.
 */
export async function decideAlone(ctx: Context): Promise<string[]> {
  const approved: string[] = [];
  for (const number of await duePlans(ctx.store.db, ctx.clock.wall())) {
    const plan = await planByNumber(ctx.store.db, number);
    // Outside the transaction: it asks Prometheus. Nothing is decided while nobody can see whether it helps.
    if (plan === null || isNoted(plan) || !(await isSeen(plan, ctx))) continue;
    const blind = await whyBlind(plan, ctx);
    const outcome = await ctx.store.transaction((trx) => decide(trx, number, blind, ctx));
    if (outcome !== "nothing") ctx.changed({ plan: `plan-${number}` });
    if (outcome === "approved") approved.push(`plan-${number}`);
  }
  return approved;
}

/** Whether a rule's own decision still lets a plan run: sealed for exactly this plan, and the rule has that autonomy now. */
export async function stillAlone(db: Db, plan: Plan, ctx: Context): Promise<{ ok: true } | Refusal> {
  const actor = plan.rule === null ? null : ruleActor(plan.rule);
  const decision = (await decisionsOf(db, plan.number)).find(
    (each) => each.person === actor && each.decision === "approve",
  );
  if (decision === undefined || !same(decision.seal, decisionSeal(decision, plan, ctx.store.key)))
    return refuse("approval", "nobody approved it");
  return (await whyNotAlone(db, plan, ctx)) ?? { ok: true };
}

const newestSeconds = 60;

/** Whether there is a fresh and whole answer about the metric that the verdict will rest on. */
async function isSeen({ id, metric, targets: [target] }: Plan, ctx: Context): Promise<boolean> {
  if (metric === null || target === undefined) return true;
  const now = ctx.clock.metric();
  try {
    const seen = await ctx.measure(target.name, metric, { start: now - newestSeconds, end: now });
    return !seen.partial && seen.samples > 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    ctx.log({ level: "warn", event: "rule waits", message, plan: id });
    return false;
  }
}

/** Nobody clicks here, so an alert of Alertmanager's that nobody can be asked about is left to people. */
async function whyBlind(plan: Plan, ctx: Context): Promise<Refusal | null> {
  const incident = plan.incident === null ? null : await getIncident(plan.incident, ctx);
  if (incident === null) return null;
  for (const { name } of plan.targets) {
    const fires = await stillFires(name, incident, ctx);
    if (fires.state === "unknown") return refuse("alert_unknown", fires.because);
  }
  return null;
}

async function decide(
  trx: Trx,
  number: number,
  blind: Refusal | null,
  ctx: Context,
): Promise<"approved" | "noted" | "nothing"> {
  const plan = await planByNumber(trx, number);
  if (plan?.status !== "proposed" || plan.rule === null || !plan.runsAlone) return "nothing";
  if (plan.expiresAt < ctx.clock.wall() || isNoted(plan)) return "nothing";
  const conditions = { digest: plan.digest, decidableAt: ctx.clock.wall(), current: true };
  const obstacle = (await whyNotAlone(trx, plan, ctx)) ?? (await checkLimits(trx, plan, ctx)) ?? blind;
  if (obstacle !== null) {
    const note = `${notRunBy(plan.rule)} ${obstacle.message}`;
    if (!(await movePlan(trx, number, ["proposed"], { status: "proposed", note }, conditions)))
      return "nothing";
    const because = { rule: plan.rule, reason: obstacle.reason };
    const left = { actor: ruleActor(plan.rule), verb: "leave to people", subject: plan.id, detail: because };
    await appendAudit(trx, left, ctx);
    return "noted";
  }
  if (!(await movePlan(trx, number, ["proposed"], { status: "approved" }, conditions))) return "nothing";
  const made: Decision = {
    person: ruleActor(plan.rule),
    name: `rule ${plan.rule}`,
    decision: "approve",
    at: ctx.clock.wall(),
    reason: plan.runsAlone.level === "veto" ? "nobody objected" : "auto",
    surface: "rule",
    policyHash: ctx.policy.hash,
    breakGlass: false,
  };
  await insertDecision(trx, number, { ...made, seal: decisionSeal(made, plan, ctx.store.key) });
  const detail = { digest: plan.digest, rule: plan.rule, level: plan.runsAlone.level };
  await appendAudit(trx, { actor: made.person, verb: "approve", subject: plan.id, detail }, ctx);
  return "approved";
}

/** Whether something stood in the way once: from then on people decide, also when it is gone. */
export function isNoted({ rule, notes }: Pick<Plan, "rule" | "notes">): boolean {
  return rule !== null && notes.some((note) => note.startsWith(notRunBy(rule)));
}

/** How the note begins that says why a plan waits for people after all. */
function notRunBy(rule: string): string {
  return `Not run by rule ${rule}:`;
}

async function whyNotAlone(db: Db, plan: Plan, ctx: Context): Promise<Refusal | null> {
  const [target, ...others] = plan.targets;
  const { rule, runsAlone } = plan;
  if (rule === null || !runsAlone || plan.requester.id !== "system" || runsAlone.at > ctx.clock.wall())
    return refuse("not_alone", "no rule may decide it alone");
  const asked = approvalNeeded(plan, ctx);
  if (
    target === undefined ||
    others.length > 0 ||
    plan.risk > 2 ||
    asked.approvers > 1 ||
    asked.role === "admin"
  )
    return refuse("too_grave", "the policy asks for more than one approver's word");
  if (plan.metric === null)
    return refuse("unverifiable", "it names no metric on which one could see that it helped");
  if (ctx.policy.denied !== null) return refuse("no_policy", ctx.policy.denied);
  if (!isIntact(plan, ctx.store.key)) return refuse("tampered", "it is not what was proposed any more");
  if (await isPaused(db)) return refuse("paused", "automation is paused");
  const off = await autonomyOff(db);
  if (off !== null) return refuse("autonomy_off", `autonomy is off: ${off.reason}`);
  const trust = await trustOf(db, { rule, runbook: plan.runbook, service: target.service }, ctx);
  if (!reaches(trust.level, runsAlone.level))
    return refuse("demoted", `the rule ${rule} has only the level ${trust.level} on ${target.service} now`);
  for (const { action } of plan.steps) {
    const breaker = await breakerRefusal(db, action, ctx, "rule");
    if (breaker !== null) return breaker;
  }
  const tags = ctx.findTarget(target.name)?.tags ?? {};
  return quietNow(rule, tags, ctx) ?? (await somebodyIsOnIt(db, plan));
}

/** A rule works for an incident that nobody looks after; where somebody does, that person decides. */
async function somebodyIsOnIt(db: Db, plan: Plan): Promise<Refusal | null> {
  const number = plan.incident === null ? null : incidentNumber(plan.incident);
  const incident = number === null ? null : await incidentByNumber(db, number);
  if (incident === null) return refuse("no_incident", "it belongs to no incident");
  if (incident.status === "open") return null;
  return refuse(incident.status, `${incident.id} is ${incident.status}`);
}
