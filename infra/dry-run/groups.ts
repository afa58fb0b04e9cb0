import { randomUUID } from "node:crypto";
import type { CloudReads, GroupView } from "../../remediation/cloud.ts";
import type { AutoScalingMutations } from "../aws/auto-scaling.ts";
import type { DryRunState } from "../dry-run-state.ts";
import { CloudError } from "../errors.ts";
import { type DryRunWorld, refusal, takesMs } from "./world.ts";

type Group = { name: string; recorded: readonly string[]; min: number; max: number; kept: Kept };
type Kept = NonNullable<DryRunState["groups"]>[string];
type Member = GroupView["members"][number];

const refreshMs = 5 * takesMs;

/**
 * The Auto Scaling groups that the recorded instances' own tags name. Capacity is not recorded: a group starts with its
 * members as desired, may lose all but one and may double.
 */
export function dryRunGroups(
  world: DryRunWorld,
): Pick<CloudReads, "group" | "refreshes" | "activities"> & AutoScalingMutations {
  return {
    group: (name) => {
      const group = find(world, name);
      return Promise.resolve(group === null ? null : viewOf(world, group));
    },
    refreshes: async (name) => [...known(world, name).kept.refreshes].reverse().map(refreshOf(world)),
    // It launches and ends nothing.
    activities: () => Promise.resolve([]),
    setDesired: (name, desired) => setDesired(world, name, desired),
    enterStandby: (name, instanceId) => move(world, name, instanceId, "Standby"),
    exitStandby: (name, instanceId) => move(world, name, instanceId, "InService"),
    startRefresh: (name) => startRefresh(world, name),
  };
}

function find(world: DryRunWorld, name: string): Group | null {
  const recorded = [...world.instances.values()]
    .filter(({ tags }) => tags["aws:autoscaling:groupName"] === name)
    .map(({ instanceId }) => instanceId);
  if (recorded.length === 0) return null;
  const fresh: Kept = { desired: recorded.length, desiredAt: 0, standby: {}, refreshes: [] };
  const kept = world.state.groups?.[name] ?? fresh;
  return { name, recorded, min: recorded.length > 1 ? 1 : 0, max: 2 * recorded.length, kept };
}

function known(world: DryRunWorld, name: string): Group {
  const group = find(world, name);
  if (group === null) throw invalid(`there is no group ${name}`);
  return group;
}

function viewOf(world: DryRunWorld, { name, recorded, min, max, kept }: Group): GroupView {
  const settled = world.wall() >= kept.desiredAt + takesMs;
  const lifecycles = recorded.map((instanceId) => ({
    instanceId,
    lifecycle: lifecycleOf(world, kept, instanceId),
  }));
  const standby = lifecycles.filter(({ lifecycle }) => lifecycle.endsWith("Standby"));
  const serving = lifecycles.filter(({ lifecycle }) => !lifecycle.endsWith("Standby"));
  const ending = settled
    ? []
    : serving.slice(kept.desired).map((each) => ({ ...each, lifecycle: "Terminating" }));
  const added = Array.from({ length: Math.max(0, kept.desired - serving.length) }, (_, index) => ({
    instanceId: `i-${String(index + 1).padStart(17, "0")}`,
    lifecycle: settled ? "InService" : "Pending",
  }));
  const members: Member[] = [...serving.slice(0, kept.desired), ...ending, ...standby, ...added].map(
    (member) => ({ ...member, healthy: true }),
  );
  return { name, min, max, desired: kept.desired, members };
}

function lifecycleOf({ wall }: DryRunWorld, kept: Kept, instanceId: string): string {
  const change = kept.standby[instanceId];
  if (change === undefined) return "InService";
  if (wall() >= change.at) return change.to;
  return change.to === "Standby" ? "EnteringStandby" : "Pending";
}

async function setDesired(world: DryRunWorld, name: string, desired: number): Promise<void> {
  const group = known(world, name);
  const { min, max, kept } = group;
  if (!Number.isInteger(desired) || desired < min || desired > max) {
    throw invalid(`the desired capacity ${desired} of ${name} is not between ${min} and ${max}`);
  }
  await keep(world, name, { ...kept, desired, desiredAt: world.wall() });
  world.write(`dry run: would have set the desired capacity of ${name} to ${desired}`);
}

async function move(
  world: DryRunWorld,
  name: string,
  instanceId: string,
  to: "Standby" | "InService",
): Promise<void> {
  const { recorded, min, max, kept } = known(world, name);
  if (!recorded.includes(instanceId)) throw invalid(`${instanceId} is not part of ${name}`);
  const from = to === "Standby" ? "InService" : "Standby";
  const now = lifecycleOf(world, kept, instanceId);
  if (now !== from) throw invalid(`${instanceId} is ${now}, not ${from}`);
  const desired = kept.desired + (to === "Standby" ? -1 : 1);
  if (desired < min || desired > max) throw invalid(`${name} would have the desired capacity ${desired}`);
  const change = { to, at: world.wall() + takesMs };
  await keep(world, name, { ...kept, desired, standby: { ...kept.standby, [instanceId]: change } });
  const done = to === "Standby" ? "put on standby" : "put back in service";
  world.write(`dry run: would have ${done} ${instanceId} in ${name}`);
}

async function startRefresh(world: DryRunWorld, name: string): Promise<{ refreshId: string }> {
  const { kept } = known(world, name);
  const last = kept.refreshes.at(-1);
  if (last !== undefined && world.wall() < last.startedAt + refreshMs) {
    throw refusal("InstanceRefreshInProgress", name);
  }
  const id = randomUUID();
  await keep(world, name, { ...kept, refreshes: [...kept.refreshes, { id, startedAt: world.wall() }] });
  world.write(`dry run: would have replaced the members of ${name} one after the other`);
  return { refreshId: id };
}

function refreshOf({ wall }: DryRunWorld) {
  return ({ id, startedAt }: Kept["refreshes"][number]) => {
    const over = wall() >= startedAt + refreshMs;
    const detail = "dry run: nothing was replaced";
    return { id, status: over ? "Successful" : "InProgress", startedAt, detail };
  };
}

async function keep(world: DryRunWorld, name: string, kept: Kept): Promise<void> {
  world.state.groups = { ...world.state.groups, [name]: kept };
  await world.save();
}

/** Auto Scaling says ValidationError to whatever does not fit the group. */
function invalid(said: string): CloudError {
  return new CloudError(`dry run: ValidationError, ${said}`, {
    code: "ValidationError",
    accepted: "no",
    remedy: "Compare the plan with the group's members and limits",
  });
}
