import { refuse, type Context } from "../context.ts";
import type { Step } from "../plan.ts";
import type { Action, Precheck, Probe, ProbeMoment } from "./action.ts";
import { groupPattern } from "./set-desired.ts";
import { takes } from "./refusal.ts";
import type { TargetState } from "./target-state.ts";

const patienceMs = 3 * 3_600_000;
/** How long a refresh that may have been started is looked for before a person is asked. */
const searchMs = 2 * 60_000;
/** Auto Scaling's clock and ours. */
const skewMs = 5_000;

const open = ["Pending", "InProgress", "Cancelling", "RollbackInProgress", "Baking"];

/** Replaces the members of an Auto Scaling group one after the other, as the group's own template says. */
export const refreshGroup: Action = {
  name: "refresh-group",
  risk: 3,
  idempotency: "none",
  complaint: takes("refresh-group", { Group: groupPattern }),
  precheck,
  postState: (_step, before) => before,
  inverse: () => null,
  async call(step, ctx) {
    const { refreshId } = await ctx.cloud.startRefresh(step.params["Group"] ?? "");
    return { reference: refreshId };
  },
  probe,
  pollMs: 15_000,
  patienceMs: ({ reference }) => (reference === null ? searchMs : patienceMs),
};

async function precheck(step: Step, { group }: TargetState, ctx: Context): Promise<Precheck> {
  const name = step.params["Group"] ?? "";
  if (group === null || group.name !== name)
    return refuse("no_member", `${step.target} is no member of ${name}.`);
  const running = (await ctx.cloud.refreshes(name)).find(({ status }) => open.includes(status));
  if (running)
    return refuse("refresh_running", `A refresh of ${name} is ${running.status} already (${running.id}).`);
  return { ok: true, proof: "no refresh is under way", evidence: {} };
}

async function probe(step: Step, _moment: ProbeMoment, ctx: Context): Promise<Probe> {
  const name = step.params["Group"] ?? "";
  const refreshes = await ctx.cloud.refreshes(name);
  const own =
    step.reference === null
      ? refreshes.find(
          ({ startedAt }) => startedAt !== null && startedAt >= (step.intentAt ?? Infinity) - skewMs,
        )
      : refreshes.find(({ id }) => id === step.reference);
  if (!own)
    return { state: "unknown", message: `Auto Scaling shows no refresh of ${name} from then.`, evidence: {} };
  const evidence = { status: own.status, detail: own.detail.slice(0, 300) };
  const message = `Auto Scaling says the refresh of ${name} is ${own.status}.`;
  const state = own.status === "Successful" ? "done" : open.includes(own.status) ? "running" : "failed";
  return { state, message, evidence, reference: own.id };
}
