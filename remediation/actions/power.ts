import { refuse, type Context } from "../context.ts";
import type { Step } from "../plan.ts";
import { uncertainPatienceMs, type Action, type Precheck, type Probe, type ProbeMoment } from "./action.ts";
import { liveState } from "./live-state.ts";
import { takes, takesNone, watchedByGroup } from "./refusal.ts";
import type { TargetState } from "./target-state.ts";

/** EC2 stops an instance within minutes, by force when its guest does not answer. */
const stopPatienceMs = 10 * 60_000;
const startPatienceMs = 5 * 60_000;

const stopParameters = { LoseInstanceStore: /^(yes|no)$/ };

/** Stops one EC2 instance; what lies on its instance store is lost, so that needs a yes. */
export const stopInstance: Action = {
  name: "stop-instance",
  risk: 2,
  idempotency: "convergent",
  complaint: takes("stop-instance", stopParameters),
  precheck: mayStop,
  postState: (_step, before) => ({ ...before, state: "stopped" }),
  inverse: () => ({ action: "start-instance", params: {} }),
  async call(step, ctx) {
    await ctx.cloud.stop(step.instanceId);
    return { reference: null };
  },
  probe: (step, moment, ctx) => reached(step, moment, { goal: "stopped", onTheWay: ["stopping"] }, ctx),
  pollMs: 5_000,
  patienceMs: ({ calledAt }) => (calledAt === null ? uncertainPatienceMs : stopPatienceMs),
};

/** Starts one stopped EC2 instance, on hardware of EC2's choice. */
export const startInstance: Action = {
  name: "start-instance",
  risk: 1,
  idempotency: "convergent",
  complaint: takesNone("start-instance"),
  precheck: mayStart,
  postState: (_step, before) => ({ ...before, state: "running" }),
  inverse: () => ({ action: "stop-instance", params: { LoseInstanceStore: "no" } }),
  async call(step, ctx) {
    await ctx.cloud.start(step.instanceId);
    return { reference: null };
  },
  probe: (step, moment, ctx) => reached(step, moment, { goal: "running", onTheWay: ["pending"] }, ctx),
  pollMs: 5_000,
  patienceMs: ({ calledAt }) => (calledAt === null ? uncertainPatienceMs : startPatienceMs),
};

async function mayStop(step: Step, state: TargetState, ctx: Context): Promise<Precheck> {
  if (state.state === "stopped") {
    return {
      ok: true,
      proof: "stopped already",
      evidence: {},
      nothingToDo: `${step.target} is stopped already.`,
    };
  }
  if (state.state !== "running")
    return refuse("not_running", `${step.target} is ${state.state}, not running.`);
  const watched = watchedByGroup(step.target, state);
  if (watched) return watched;
  const lost = await instanceStoreOf(step, state, ctx);
  if (lost === "root")
    return refuse("instance_store", `${step.target} runs from an instance store: EC2 cannot stop it.`);
  if (lost === "type" && step.params["LoseInstanceStore"] !== "yes") {
    const message = `${state.type} has an instance store, and what lies on it would be lost when ${step.target} stops.`;
    return refuse("instance_store", message);
  }
  if ((await ctx.cloud.protection(step.instanceId)).stop) {
    return refuse("stop_protection", `${step.target} is protected against stopping; end that in EC2 first.`);
  }
  const allowed = await ctx.cloud.dryRun("stop", step.instanceId);
  if (!allowed.ok) return refuse("not_permitted", `EC2 would refuse the stop: ${allowed.reason}`);
  return { ok: true, proof: "instance running, EC2 dry run of the stop allowed", evidence: {} };
}

/** What stopping would lose: the root device, other disks that the type may bring, or nothing. */
async function instanceStoreOf(
  { instanceId }: Step,
  { type }: TargetState,
  ctx: Context,
): Promise<"root" | "type" | null> {
  const view = await liveState(instanceId, ctx);
  if (view?.rootInstanceStore) return "root";
  // What is not known to be safe counts as not.
  return (await ctx.cloud.instanceType(type))?.instanceStore === false ? null : "type";
}

async function mayStart(step: Step, state: TargetState, ctx: Context): Promise<Precheck> {
  if (state.state === "running") {
    return { ok: true, proof: "running already", evidence: {}, nothingToDo: `${step.target} runs already.` };
  }
  if (state.state !== "stopped")
    return refuse("not_stopped", `${step.target} is ${state.state}, not stopped.`);
  const allowed = await ctx.cloud.dryRun("start", step.instanceId);
  if (!allowed.ok) return refuse("not_permitted", `EC2 would refuse the start: ${allowed.reason}`);
  return { ok: true, proof: "EC2 dry run of the start allowed", evidence: {} };
}

async function reached(
  { instanceId, target }: Step,
  { overdue }: ProbeMoment,
  { goal, onTheWay }: { goal: string; onTheWay: readonly string[] },
  ctx: Context,
): Promise<Probe> {
  const view = await liveState(instanceId, ctx);
  if (view === null)
    return {
      state: "failed",
      message: `EC2 does not know ${target} any more.`,
      evidence: { state: "missing" },
    };
  const evidence = { state: view.state };
  if (view.state === goal) return { state: "done", message: `EC2 says ${target} is ${goal}.`, evidence };
  if (view.state === "terminated" || view.state === "shutting-down")
    return { state: "failed", message: `${target} was terminated.`, evidence };
  // The state itself is the proof: what is not on its way when the time is over did not happen.
  const stuck = overdue && !onTheWay.includes(view.state);
  return { state: stuck ? "failed" : "running", message: `EC2 says ${target} is ${view.state}.`, evidence };
}
