import type { InstanceView } from "../cloud.ts";
import type { Context } from "../context.ts";

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

/** What of an instance must be the same when a plan begins as when it was proposed. */
export function fingerprintOf(view: InstanceView): string {
  return `state ${view.state}, type ${view.type}, group ${view.autoScalingGroup ?? "none"}`;
}

function isMissing(view: InstanceView | { missing: true }): view is { missing: true } {
  return view.missing === true;
}
