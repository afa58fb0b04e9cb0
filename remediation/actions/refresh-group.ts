import { refuse, type Context } from "../context.ts";
import type { RefreshView } from "../cloud.ts";
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
  const refreshes = await ctx.cloud.refreshes(name);
  const running = refreshes.find(({ status }) => open.includes(status));
  if (running)
    return refuse("refresh_running", `A refresh of ${name} is ${running.status} already (${running.id}).`);
  const newest = refreshes[0]?.id;
  return {
    ok: true,
    proof: "no refresh is under way",
    evidence: newest === undefined ? {} : { refresh_before: newest },
  };
}

async function probe(step: Step, _moment: ProbeMoment, ctx: Context): Promise<Probe> {
  const name = step.params["Group"] ?? "";
  const refreshes = await ctx.cloud.refreshes(name);
  if (step.reference === null) return maybeOurs(step, name, refreshes);
  const own = refreshes.find(({ id }) => id === step.reference);
  if (!own)
    return { state: "unknown", message: `Auto Scaling does not show the refresh of ${name}.`, evidence: {} };
  const evidence = { status: own.status, detail: own.detail.slice(0, 300) };
  const message = `Auto Scaling says the refresh of ${name} is ${own.status}.`;
  const state = own.status === "Successful" ? "done" : open.includes(own.status) ? "running" : "failed";
  return { state, message, evidence };
}

/**
 * Auto Scaling takes no mark of ours and runs one refresh of a group at a time: one from then may as well be somebody
 * else's, for which ours was refused. So none is ever taken for ours; a person is told which to look at.
 */
function maybeOurs(step: Step, name: string, refreshes: readonly RefreshView[]): Probe {
  const since = (step.intentAt ?? Infinity) - skewMs;
  const before = refreshes.findIndex(({ id }) => id === step.evidence["refresh_before"]);
  const later = refreshes
    .slice(0, before === -1 ? undefined : before)
    .filter(({ startedAt }) => startedAt === null || startedAt >= since);
  if (later.length === 0)
    return { state: "unknown", message: `Auto Scaling shows no refresh of ${name} from then.`, evidence: {} };
  const seen = later.map(({ id, status }) => `${id} (${status})`).join(", ");
  const message = `Auto Scaling shows ${seen} of ${name} from then, which may be this plan's or somebody else's: its history in CloudTrail says whose.`;
  return { state: "unknown", message, evidence: { seen: seen.slice(0, 300) }, hopeless: true };
}
