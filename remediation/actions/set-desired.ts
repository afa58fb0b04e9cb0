import { refuse, type Context } from "../context.ts";
import type { Step } from "../plan.ts";
import { uncertainPatienceMs, type Action, type Precheck, type Probe, type ProbeMoment } from "./action.ts";
import { groupActivity } from "./group-activity.ts";
import { takes } from "./refusal.ts";
import type { TargetState } from "./target-state.ts";

const patienceMs = 15 * 60_000;

/** Names of Auto Scaling groups as people give them; AWS allows more, but nothing here needs it. */
export const groupPattern = /^[A-Za-z0-9][A-Za-z0-9._:/ -]{0,254}$/;
const parameters = { Group: groupPattern, Desired: /^(0|[1-9]\d{0,3})$/ };

/** Sets how many members an Auto Scaling group should have, within its own limits. */
export const setDesired: Action = {
  name: "set-desired",
  risk: 1,
  // Fewer members lose what they serve; which of them goes is the group's choice.
  riskFor: (step, { group }) => (group !== null && wanted(step) > group.desired ? 1 : 3),
  idempotency: "convergent",
  complaint: takes("set-desired", parameters),
  precheck: async (step, state) => mayScale(step, state),
  postState: (step, before) =>
    before.group === null ? before : { ...before, group: { ...before.group, desired: wanted(step) } },
  inverse: (step, { group }) =>
    group === null
      ? null
      : { action: "set-desired", params: { ...step.params, Desired: String(group.desired) } },
  async call(step, ctx) {
    await ctx.cloud.setDesired(step.params["Group"] ?? "", wanted(step));
    return { reference: null };
  },
  probe,
  pollMs: 10_000,
  patienceMs: ({ calledAt }) => (calledAt === null ? uncertainPatienceMs : patienceMs),
};

function wanted({ params }: Step): number {
  return Number(params["Desired"]);
}

function mayScale(step: Step, { group }: TargetState): Precheck {
  if (group === null || group.name !== step.params["Group"])
    return refuse("no_member", `${step.target} is no member of ${step.params["Group"]}.`);
  const desired = wanted(step);
  if (desired === group.desired) {
    const already = `${group.name} has ${desired} as its desired capacity already.`;
    return { ok: true, proof: "capacity is as wanted", evidence: {}, nothingToDo: already };
  }
  if (desired < group.min || desired > group.max) {
    const message = `${group.name} takes ${group.min} to ${group.max} members, not ${desired}; change its limits first if that is meant.`;
    return refuse("group_limits", message);
  }
  return { ok: true, proof: "group limits allow it", evidence: { desired_before: String(group.desired) } };
}

async function probe(step: Step, { overdue }: ProbeMoment, ctx: Context): Promise<Probe> {
  const name = step.params["Group"] ?? "";
  const group = await ctx.cloud.group(name);
  if (group === null)
    return { state: "failed", message: `There is no group ${name} any more.`, evidence: {} };
  const inService = group.members.filter(({ lifecycle }) => lifecycle === "InService").length;
  const evidence = { desired: String(group.desired), in_service: String(inService) };
  const message = `${name} has ${inService} in service of ${group.desired} desired.`;
  if (group.desired === wanted(step) && inService === group.desired)
    return { state: "done", message, evidence };
  // After a call without an answer the capacity says that somebody set it: for a person to say who, and no failure.
  const isSet = group.desired === wanted(step) && step.calledAt === null;
  if (!overdue || isSet) return { state: "running", message, evidence };
  // Where the capacity is set, what the group does not reach in time is trouble of its own, and its activities tell why.
  const told = await groupActivity(step, ctx);
  return { state: "failed", message: message + told.words, evidence: { ...evidence, ...told.evidence } };
}
