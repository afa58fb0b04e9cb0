import type { InstanceView } from "../cloud.ts";
import type { Context } from "../context.ts";
import type { Incident } from "../incident.ts";
import type { TargetState } from "./target-state.ts";

const secondLookMs = 5_000;

/**
 * One instance as the cloud sees it now. EC2 is eventually consistent, so "not found" is believed only when a second
 * read, five seconds later, says the same.
 */
export async function liveState(instanceId: string, ctx: Context): Promise<InstanceView | null> {
  const first = await ctx.cloud.describe(instanceId);
  if (!isMissing(first)) return first;
  await ctx.wait(secondLookMs);
  const second = await ctx.cloud.describe(instanceId);
  return isMissing(second) ? null : second;
}

/** How a target stands now, group and alert included; null: the cloud does not know the instance. */
export async function targetState(
  { name, instanceId }: { name: string; instanceId: string },
  incident: Incident | null,
  ctx: Context,
): Promise<TargetState | null> {
  const view = await liveState(instanceId, ctx);
  return view === null ? null : stateOf(name, instanceId, view, incident, ctx);
}

/** The same from a view that was just read. */
export async function stateOf(
  name: string,
  instanceId: string,
  { state, type, autoScalingGroup }: InstanceView,
  incident: Incident | null,
  ctx: Context,
): Promise<TargetState> {
  return {
    state,
    type,
    group: autoScalingGroup === null ? null : await membership(autoScalingGroup, instanceId, ctx),
    alert: alertOf(name, incident),
  };
}

async function membership(name: string, instanceId: string, ctx: Context): Promise<TargetState["group"]> {
  const group = await ctx.cloud.group(name);
  // EC2 says it is a member, so it counts as one that is watched, whatever Auto Scaling says.
  if (group === null) return { name, min: 0, max: 0, desired: 0, lifecycle: "not seen" };
  const { min, max, desired } = group;
  const member = group.members.find((each) => each.instanceId === instanceId);
  return { name, min, max, desired, lifecycle: member?.lifecycle ?? "no member" };
}

/** Whether anything that an incident tells of a target still fires. */
function alertOf(target: string, incident: Incident | null): TargetState["alert"] {
  const alerts = incident?.alerts.filter((alert) => alert.target === target) ?? [];
  if (alerts.length === 0) return "none";
  return alerts.some(({ status }) => status === "firing") ? "firing" : "over";
}

function isMissing(view: InstanceView | { missing: true }): view is { missing: true } {
  return view.missing === true;
}
