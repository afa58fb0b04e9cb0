import { refuse, type Context } from "../context.ts";
import type { Step } from "../plan.ts";
import type { Action, Precheck, Probe, ProbeMoment } from "./action.ts";
import { takesNone, watchedByGroup } from "./refusal.ts";
import type { TargetState } from "./target-state.ts";

/** EC2 makes a hard reboot after a few minutes; what has not booted by then has not rebooted. */
const patienceMs = 12 * 60_000;
/** node_exporter derives the boot time from the clock, so that it moves a little when the clock is set. */
const bootJitterSeconds = 10;

/** Reboots one EC2 instance. EC2 keeps no record of reboots: the guest's boot time is the only proof. */
export const rebootInstance: Action = {
  name: "reboot-instance",
  risk: 2,
  idempotency: "none",
  complaint: takesNone("reboot-instance"),
  precheck,
  postState: (_step, before) => before,
  inverse: () => null,
  async call(step, ctx) {
    await ctx.cloud.reboot(step.instanceId);
    return { reference: null };
  },
  probe,
  pollMs: 10_000,
  patienceMs: () => patienceMs,
};

async function precheck(step: Step, state: TargetState, ctx: Context): Promise<Precheck> {
  if (state.state !== "running")
    return refuse("not_running", `${step.target} is ${state.state}, not running.`);
  const watched = watchedByGroup(step.target, state);
  if (watched) return watched;
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
