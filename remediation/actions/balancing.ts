import { refuse, type Context } from "../context.ts";
import type { Step } from "../plan.ts";
import { uncertainPatienceMs, type Action, type Precheck, type Probe, type ProbeMoment } from "./action.ts";
import { takes } from "./refusal.ts";
import type { TargetState } from "./target-state.ts";

/** A target group may drain for as long as an hour; five minutes is its default. */
const drainMs = 65 * 60_000;
const healthyMs = 10 * 60_000;

const parameters = { TargetGroup: /^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/, Port: /^[1-9]\d{0,4}$/ };

/** Takes one target out of its load balancer's target group; requests under way may end first. */
export const takeOut: Action = {
  name: "take-out",
  risk: 2,
  idempotency: "convergent",
  complaint: takes("take-out", parameters),
  precheck: mayTakeOut,
  postState: (_step, before) => before,
  inverse: ({ params }) => ({ action: "put-back", params }),
  async call(step, ctx) {
    await ctx.cloud.deregister(groupOf(step), step.instanceId, portOf(step));
    return { reference: null };
  },
  probe: probeOut,
  pollMs: 5_000,
  patienceMs: ({ calledAt }) => (calledAt === null ? uncertainPatienceMs : drainMs),
};

/** Puts one target back behind its load balancer, and waits until it counts as healthy. */
export const putBack: Action = {
  name: "put-back",
  risk: 1,
  idempotency: "convergent",
  complaint: takes("put-back", parameters),
  precheck: mayPutBack,
  postState: (_step, before) => before,
  inverse: ({ params }) => ({ action: "take-out", params }),
  async call(step, ctx) {
    await ctx.cloud.register(groupOf(step), step.instanceId, portOf(step));
    return { reference: null };
  },
  probe: probeBack,
  pollMs: 5_000,
  patienceMs: ({ calledAt }) => (calledAt === null ? uncertainPatienceMs : healthyMs),
};

function groupOf({ params }: Step): string {
  return params["TargetGroup"] ?? "";
}

function portOf({ params }: Step): number {
  return Number(params["Port"]);
}

/** What the load balancer says of the target; null when it is not registered (any more). */
async function healthOf(
  step: Step,
  ctx: Context,
): Promise<{ known: boolean; health: string | null; others: number }> {
  const group = await ctx.cloud.targetGroup(groupOf(step));
  if (group === null) return { known: false, health: null, others: 0 };
  const isOwn = (each: { instanceId: string; port: number | null }) =>
    each.instanceId === step.instanceId && each.port === portOf(step);
  const own = group.targets.find(isOwn);
  const others = group.targets.filter(
    (each) => each.instanceId !== step.instanceId && each.health === "healthy",
  );
  const health = own === undefined || own.health === "unused" ? null : own.health;
  return { known: true, health, others: others.length };
}

async function mayTakeOut(step: Step, _state: TargetState, ctx: Context): Promise<Precheck> {
  const { known, health, others } = await healthOf(step, ctx);
  if (!known) return refuse("no_target_group", `There is no target group ${groupOf(step)}.`);
  if (health === null) {
    const already = `${step.target} is not in ${groupOf(step)}.`;
    return { ok: true, proof: "out already", evidence: {}, nothingToDo: already };
  }
  if (others === 0)
    return refuse(
      "last_healthy",
      `No other target of ${groupOf(step)} is healthy: nothing would serve any more.`,
    );
  return {
    ok: true,
    proof: `${others} other healthy in ${groupOf(step)}`,
    evidence: { health_before: health },
  };
}

async function mayPutBack(step: Step, { state }: TargetState, ctx: Context): Promise<Precheck> {
  const { known, health } = await healthOf(step, ctx);
  if (!known) return refuse("no_target_group", `There is no target group ${groupOf(step)}.`);
  if (health !== null && health !== "draining") {
    const already = `${step.target} is in ${groupOf(step)} already (${health}).`;
    return { ok: true, proof: "in already", evidence: {}, nothingToDo: already };
  }
  if (state !== "running") return refuse("not_running", `${step.target} is ${state}, not running.`);
  return { ok: true, proof: "instance running, target group known", evidence: {} };
}

async function probeOut(step: Step, { overdue }: ProbeMoment, ctx: Context): Promise<Probe> {
  const { health } = await healthOf(step, ctx);
  const evidence = { health: health ?? "out" };
  if (health === null)
    return { state: "done", message: `${step.target} is out of ${groupOf(step)}.`, evidence };
  const stuck = overdue && health !== "draining";
  const message = `${groupOf(step)} says ${step.target} is ${health}.`;
  return { state: stuck ? "failed" : "running", message, evidence };
}

async function probeBack(step: Step, { overdue }: ProbeMoment, ctx: Context): Promise<Probe> {
  const { health } = await healthOf(step, ctx);
  const evidence = { health: health ?? "out" };
  const message = `${groupOf(step)} says ${step.target} is ${health ?? "out"}.`;
  return { state: health === "healthy" ? "done" : overdue ? "failed" : "running", message, evidence };
}
