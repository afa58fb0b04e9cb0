import { refuse, type Context } from "../context.ts";
import type { Step } from "../plan.ts";
import type { Action, Precheck, Probe, ProbeMoment } from "./action.ts";
import { liveState } from "./live-state.ts";
import { takes } from "./refusal.ts";
import type { TargetState } from "./target-state.ts";

const patienceMs = 2 * 60_000;
/** EC2's own form: family.size. */
const instanceTypePattern = /^[a-z][a-z0-9-]{0,30}\.[a-z0-9-]{1,30}$/;

/** Gives a stopped EC2 instance another type. */
export const modifyType: Action = {
  name: "modify-type",
  risk: 2,
  idempotency: "convergent",
  complaint: takes("modify-type", { Type: instanceTypePattern }),
  precheck,
  postState: (step, before) => ({ ...before, type: step.params["Type"] ?? before.type }),
  inverse: (_step, { type }) => ({ action: "modify-type", params: { Type: type } }),
  async call(step, ctx) {
    await ctx.cloud.modifyType(step.instanceId, step.params["Type"] ?? "");
    return { reference: null };
  },
  probe,
  pollMs: 5_000,
  patienceMs: () => patienceMs,
};

async function precheck(step: Step, state: TargetState, ctx: Context): Promise<Precheck> {
  const wanted = step.params["Type"] ?? "";
  if (state.type === wanted) {
    const already = `${step.target} is a ${wanted} already.`;
    return { ok: true, proof: "type is as wanted", evidence: {}, nothingToDo: already };
  }
  if (state.state !== "stopped")
    return refuse(
      "not_stopped",
      `${step.target} is ${state.state}; its type changes only while it is stopped.`,
    );
  const [before, after] = [await ctx.cloud.instanceType(state.type), await ctx.cloud.instanceType(wanted)];
  if (after === null) return refuse("unknown_type", `EC2 has no type "${wanted}" in this region.`);
  if (before === null) {
    const message = `EC2 does not say which processor ${state.type} has, so nobody knows whether ${step.target} would boot as a ${wanted}.`;
    return refuse("unknown_type", message);
  }
  if (!before.architectures.some((each) => after.architectures.includes(each))) {
    const message = `${wanted} has another processor (${after.architectures.join(", ")}) than ${state.type} (${before.architectures.join(", ")}): ${step.target} would not boot.`;
    return refuse("architecture", message);
  }
  const allowed = await ctx.cloud.dryRun("modify-type", step.instanceId, wanted);
  if (!allowed.ok) return refuse("not_permitted", `EC2 would refuse the new type: ${allowed.reason}`);
  return { ok: true, proof: "EC2 dry run of the new type allowed", evidence: { type_before: state.type } };
}

async function probe(step: Step, { overdue }: ProbeMoment, ctx: Context): Promise<Probe> {
  const view = await liveState(step.instanceId, ctx);
  if (view === null)
    return { state: "failed", message: `EC2 does not know ${step.target} any more.`, evidence: {} };
  const evidence = { type: view.type };
  const message = `EC2 says ${step.target} is a ${view.type}.`;
  if (view.type === step.params["Type"]) return { state: "done", message, evidence };
  return { state: overdue ? "failed" : "running", message, evidence };
}
