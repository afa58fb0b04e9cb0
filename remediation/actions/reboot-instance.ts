import type { Context } from "../context.ts";
import type { Step } from "../plan.ts";
import type { Action, Precheck, Probe, ProbeMoment } from "./action.ts";
import { liveState } from "./live-state.ts";

/** EC2 makes a hard reboot after a few minutes; what has not booted by then has not rebooted. */
const patienceMs = 12 * 60_000;
/** node_exporter derives the boot time from the clock, so that it moves a little when the clock is set. */
const bootJitterSeconds = 10;

/** Reboots one EC2 instance. EC2 keeps no record of reboots: the guest's boot time is the only proof. */
export const rebootInstance: Action = {
  name: "reboot-instance",
  risk: 2,
  idempotency: "none",
  complaint: (params) =>
    Object.keys(params).length === 0
      ? null
      : `reboot-instance takes no parameters, not ${Object.keys(params).join(", ")}`,
  precheck,
  async call(step, ctx) {
    await ctx.cloud.reboot(step.instanceId);
    return { reference: null };
  },
  probe,
  pollMs: 10_000,
  patienceMs: () => patienceMs,
};

async function precheck(step: Step, ctx: Context): Promise<Precheck> {
  const view = await liveState(step.instanceId, ctx);
  if (!view) return refuse("missing", `EC2 does not know ${step.instanceId}.`);
  if (view.state !== "running") return refuse("not_running", `${step.target} is ${view.state}, not running.`);
  if (view.autoScalingGroup !== null) {
    const group = view.autoScalingGroup;
    return refuse(
      "auto_scaling",
      `${step.target} belongs to the Auto Scaling group ${group}, which would replace it.`,
    );
  }
  const allowed = await ctx.cloud.dryRun("reboot", step.instanceId);
  if (!allowed.ok) return refuse("not_permitted", `EC2 would refuse the reboot: ${allowed.reason}`);
  const boot = await ctx.measureBootTime(step.target);
  const evidence: Record<string, string> = boot === null ? {} : { boot_before: String(boot) };
  const proof = `instance running, EC2 dry run allowed${boot === null ? ", boot time not measurable" : ""}`;
  return { ok: true, proof, evidence };
}

async function probe(step: Step, moment: ProbeMoment, ctx: Context): Promise<Probe> {
  const boot = await ctx.measureBootTime(step.target);
  if (boot === null) {
    return { state: "unknown", message: `The boot time of ${step.target} cannot be measured.`, evidence: {} };
  }
  const evidence = { boot_now: String(boot) };
  const before = step.evidence["boot_before"];
  const newer =
    before === undefined
      ? boot * 1000 > (step.intentAt ?? Number.POSITIVE_INFINITY)
      : boot > Number(before) + bootJitterSeconds;
  if (newer) return { state: "done", message: bootedAgain(step, ctx), evidence };
  const message = `The boot time of ${step.target} is unchanged`;
  // Accepted for certain, and the time of the hard reboot is over: it did not happen.
  if (moment.overdue && !moment.uncertain)
    return { state: "failed", message: `${message} after 12 min.`, evidence };
  return { state: "running", message: `${message}.`, evidence };
}

function bootedAgain({ target }: Step, { dryRun }: Context): string {
  return dryRun
    ? `The dry run answered its own boot probe for ${target}; nothing booted.`
    : `${target} booted again.`;
}

function refuse(reason: string, message: string): Precheck {
  return { ok: false, reason, message };
}
