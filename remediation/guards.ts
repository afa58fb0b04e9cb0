import { breakerRefusal } from "./breaker.ts";
import type { Context, Refusal } from "./context.ts";
import { formatDuration } from "./duration.ts";
import { isPractice, planNumber } from "./plan.ts";
import type { Risk } from "./policy.ts";
import { quarantineOf } from "./quarantine.ts";
import type { Db } from "./store.ts";
import {
  disruptedNow,
  disruptionsSince,
  lastRunOf,
  pressedSince,
  proposalsSince,
  slotHolders,
} from "./store/steps.ts";

type Guarded = {
  /** Of the plan itself when it exists already, so that it does not stand in its own way; else 0. */
  number: number;
  risk: Risk;
  targets: readonly { name: string; service: string }[];
  /** A way back (`undoes`) is no run of its own. */
  steps: readonly { action: string; target: string; undoes: number | null }[];
  /** The plan that this one takes back: its own cooldown and its disruption do not hold its way back up. */
  rollsBack?: string | null;
  /** Where it may begin only later (wall ms): what time heals is asked then. */
  window?: { from: number } | null;
};

export type LimitRefusal = Refusal<
  "cooldown" | "quarantine" | "breaker" | "ceiling" | "service_busy" | "disruption_budget"
>;

/**
 * The limits of the policy, read in the transaction that depends on them: cooldown per target and action, tries per
 * target (then quarantine), the breaker of each action, a tenth of a service or group, one disruption at a time per
 * service, disruptions per account. Plans that read or act on nothing are free. A call that certainly did not happen
 * starts no cooldown and is no try.
 */
export async function checkLimits(
  db: Db,
  plan: Guarded,
  ctx: Pick<Context, "policy" | "clock" | "fleet" | "findTarget">,
): Promise<LimitRefusal | null> {
  if (plan.risk === 0 || isPractice(plan)) return null;
  if (plan.window && plan.window.from > ctx.clock.wall()) return standingLimits(db, plan, ctx);
  for (const step of plan.steps.filter(({ undoes }) => undoes === null)) {
    const refusal = await cooldown(db, plan, step, ctx);
    if (refusal) return refusal;
  }
  const held = await standingLimits(db, plan, ctx);
  if (held) return held;
  for (const action of new Set(plan.steps.map((step) => step.action))) {
    const refusal = await breakerRefusal(db, action, ctx);
    if (refusal) return refusal;
  }
  return (plan.risk >= 2 ? await disruptions(db, plan, ctx) : null) ?? ceiling(db, plan, ctx);
}

/** What only a person ends: asked also of what may begin later. */
async function standingLimits(
  db: Db,
  plan: Guarded,
  ctx: Pick<Context, "policy" | "clock">,
): Promise<LimitRefusal | null> {
  for (const target of plan.targets) {
    const refusal = await quarantineOf(db, target.name, plan.number, ctx);
    if (refusal) return refusal;
  }
  return null;
}

/** How often one person may ask for plans, by own choice or by the rules. */
export async function checkProposals(
  db: Db,
  requester: string,
  ctx: Pick<Context, "policy" | "clock">,
): Promise<Refusal<"too_many_proposals"> | null> {
  const most = ctx.policy.limits.proposals_per_10m;
  const since = ctx.clock.wall() - tenMinutes;
  const asked = (await proposalsSince(db, requester, since)) + (await pressedSince(db, requester, since));
  if (asked < most) return null;
  const message = `You proposed ${asked} plans in the last 10 minutes and the limit is ${most}; wait a little.`;
  return { ok: false, reason: "too_many_proposals", message };
}

const tenMinutes = 600_000;
const hour = 3_600_000;

async function cooldown(
  db: Db,
  plan: Guarded,
  step: { action: string; target: string },
  { policy, clock }: Pick<Context, "policy" | "clock">,
): Promise<LimitRefusal | null> {
  const before = planNumber(plan.rollsBack ?? "");
  const except = [plan.number, ...(before === null ? [] : [before])];
  const last = await lastRunOf(db, step.target, step.action, except);
  if (last === null) return null;
  const left = last + policy.limits.cooldown - clock.wall();
  if (left <= 0) return null;
  const message = `${step.action} ran on ${step.target} ${formatDuration(clock.wall() - last)} ago; it cools down for another ${formatDuration(left)}.`;
  return { ok: false, reason: "cooldown", message };
}

/**
 * Never more than a tenth of a service or an Auto Scaling group at once (and one at least), whatever the limits of the
 * policy say: what is disrupted by other plans counts too.
 */
async function ceiling(
  db: Db,
  plan: Guarded,
  ctx: Pick<Context, "fleet" | "findTarget">,
): Promise<LimitRefusal | null> {
  const named = plan.targets.map(({ name }) => name);
  for (const [what, members] of fellowship(named, ctx)) {
    const most = Math.max(1, Math.floor(members.length / 10));
    const disturbed = new Set([...named, ...(await disruptedNow(db, plan.number))]);
    const count = members.filter((name) => disturbed.has(name)).length;
    if (count <= most) continue;
    const message = `That would disturb ${count} of the ${members.length} targets of ${what} at once, and the ceiling is ${most} (a tenth, and one at least).`;
    return { ok: false, reason: "ceiling", message };
  }
  return null;
}

/** The services and groups of some targets, each with all its members in the fleet. */
function fellowship(
  names: readonly string[],
  ctx: Pick<Context, "fleet" | "findTarget">,
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const name of names)
    for (const tag of ["service", "aws:autoscaling:groupName"]) {
      const value = ctx.findTarget(name)?.tags[tag];
      if (value === undefined) continue;
      const members = ctx.fleet().filter(({ tags }) => tags[tag] === value);
      found.set(
        `${tag === "service" ? "the service" : "the group"} ${value}`,
        members.map((each) => each.name),
      );
    }
  return found;
}

async function disruptions(
  db: Db,
  plan: Guarded,
  { policy, clock }: Pick<Context, "policy" | "clock">,
): Promise<LimitRefusal | null> {
  for (const service of new Set(plan.targets.map((target) => target.service))) {
    const takenBack = planNumber(plan.rollsBack ?? "");
    const holders = (await slotHolders(db, service, plan.number)).filter((number) => number !== takenBack);
    if (holders.length < policy.limits.disruptions_per_service) continue;
    const names = holders.map((number) => `plan-${number}`).join(", ");
    const message = `${names} disrupts ${service} now, until its verdict is known; ask again then.`;
    return { ok: false, reason: "service_busy", message };
  }
  const windows = [
    { span: tenMinutes, most: policy.limits.disruptions_per_10m },
    { span: hour, most: policy.limits.disruptions_per_hour },
  ];
  for (const { span, most } of windows) {
    const done = await disruptionsSince(db, clock.wall() - span, plan.number);
    if (done < most) continue;
    const message = `${done} disruptions in the last ${formatDuration(span)} and the limit is ${most}; ask again later.`;
    return { ok: false, reason: "disruption_budget", message };
  }
  return null;
}
