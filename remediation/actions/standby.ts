import { refuse, type Context } from "../context.ts";
import type { Step } from "../plan.ts";
import { uncertainPatienceMs, type Action, type Precheck, type Probe, type ProbeMoment } from "./action.ts";
import { groupPattern } from "./set-desired.ts";
import { groupActivity } from "./group-activity.ts";
import { takes } from "./refusal.ts";
import type { TargetState } from "./target-state.ts";

const patienceMs = 10 * 60_000;

type Group = NonNullable<TargetState["group"]>;

/** Takes a member out of its Auto Scaling group's service, so that the group does not replace it meanwhile. */
export const enterStandby: Action = {
  name: "enter-standby",
  risk: 2,
  idempotency: "convergent",
  complaint: takes("enter-standby", { Group: groupPattern }),
  precheck: async (step, state, ctx) => {
    const checked = mayEnter(step, memberOf(step, state));
    return checked.ok && checked.nothingToDo === undefined ? othersServe(step, checked, ctx) : checked;
  },
  postState: (_step, before) => moved(before, "Standby", -1),
  inverse: ({ params }) => ({ action: "exit-standby", params }),
  async call(step, ctx) {
    await ctx.cloud.enterStandby(step.params["Group"] ?? "", step.instanceId);
    return { reference: null };
  },
  probe: (step, moment, ctx) =>
    reached(step, moment, { goal: "Standby", onTheWay: ["EnteringStandby"] }, ctx),
  pollMs: 5_000,
  patienceMs: ({ calledAt }) => (calledAt === null ? uncertainPatienceMs : patienceMs),
};

/** Puts a member back into its Auto Scaling group's service. */
export const exitStandby: Action = {
  name: "exit-standby",
  risk: 1,
  idempotency: "convergent",
  complaint: takes("exit-standby", { Group: groupPattern }),
  precheck: async (step, state) => mayExit(step, state, memberOf(step, state)),
  postState: (_step, before) => moved(before, "InService", 1),
  inverse: ({ params }) => ({ action: "enter-standby", params }),
  async call(step, ctx) {
    await ctx.cloud.exitStandby(step.params["Group"] ?? "", step.instanceId);
    return { reference: null };
  },
  probe: (step, moment, ctx) =>
    reached(
      step,
      moment,
      { goal: "InService", onTheWay: ["Pending", "Pending:Wait", "Pending:Proceed"] },
      ctx,
    ),
  pollMs: 5_000,
  patienceMs: ({ calledAt }) => (calledAt === null ? uncertainPatienceMs : patienceMs),
};

function memberOf({ params }: Step, { group }: TargetState): Group | null {
  return group !== null && group.name === params["Group"] ? group : null;
}

function mayEnter({ target, params }: Step, group: Group | null): Precheck {
  if (group === null) return refuse("no_member", `${target} is no member of ${params["Group"]}.`);
  if (group.lifecycle === "Standby") {
    return {
      ok: true,
      proof: "in Standby already",
      evidence: {},
      nothingToDo: `${target} is in Standby already.`,
    };
  }
  if (group.lifecycle !== "InService")
    return refuse("not_in_service", `${target} is ${group.lifecycle} in ${group.name}, not InService.`);
  if (group.desired - 1 < group.min) {
    const message = `${group.name} is at its smallest capacity (${group.desired} of ${group.min} to ${group.max}): without ${target} it would be too small.`;
    return refuse("group_minimum", message);
  }
  return { ok: true, proof: "group limits allow one member less", evidence: {} };
}

/** The group must not be left with members that do not serve. */
async function othersServe(
  { instanceId, target, params }: Step,
  checked: Precheck,
  ctx: Context,
): Promise<Precheck> {
  const group = await ctx.cloud.group(params["Group"] ?? "");
  const others = group?.members.filter((each) => each.instanceId !== instanceId) ?? [];
  if (others.some(({ lifecycle, healthy }) => lifecycle === "InService" && healthy)) return checked;
  const message = `No other member of ${params["Group"]} is healthy and in service: without ${target} nothing would serve.`;
  return refuse("last_healthy", message);
}

function mayExit({ target, params }: Step, { state }: TargetState, group: Group | null): Precheck {
  if (group === null) return refuse("no_member", `${target} is no member of ${params["Group"]}.`);
  if (group.lifecycle === "InService") {
    return {
      ok: true,
      proof: "in service already",
      evidence: {},
      nothingToDo: `${target} is in service already.`,
    };
  }
  if (group.lifecycle !== "Standby")
    return refuse("not_in_standby", `${target} is ${group.lifecycle} in ${group.name}, not in Standby.`);
  // A member that does not run is unhealthy in service, and an unhealthy member is terminated.
  if (state !== "running")
    return refuse("not_running", `${target} is ${state}; in service ${group.name} would terminate it.`);
  if (group.desired + 1 > group.max) {
    return refuse(
      "group_maximum",
      `${group.name} is at its largest capacity (${group.desired} of ${group.max}).`,
    );
  }
  return { ok: true, proof: "group limits allow one member more", evidence: {} };
}

function moved(before: TargetState, lifecycle: string, by: number): TargetState {
  const { group } = before;
  if (group === null || group.lifecycle === lifecycle) return before;
  return { ...before, group: { ...group, lifecycle, desired: group.desired + by } };
}

async function reached(
  step: Step,
  { overdue }: ProbeMoment,
  { goal, onTheWay }: { goal: string; onTheWay: readonly string[] },
  ctx: Context,
): Promise<Probe> {
  const { target, instanceId, params } = step;
  const group = await ctx.cloud.group(params["Group"] ?? "");
  const lifecycle =
    group?.members.find((member) => member.instanceId === instanceId)?.lifecycle ?? "no member";
  const evidence = { lifecycle };
  const message = `Auto Scaling says ${target} is ${lifecycle}.`;
  if (lifecycle === goal) return { state: "done", message, evidence };
  if (!overdue) return { state: "running", message, evidence };
  const told = await groupActivity(step, ctx);
  const state = onTheWay.includes(lifecycle) ? "running" : "failed";
  return { state, message: message + told.words, evidence: { ...evidence, ...told.evidence } };
}
