import type { CloudReads } from "../../remediation/cloud.ts";
import type { Ec2Reads, InstanceDetails } from "../aws/ec2.ts";
import type { Ec2Mutations } from "../aws/ec2-mutations.ts";
import { dryRunType, recordedType } from "./instance-types.ts";
import { type DryRunWorld, knownInstance, type RecordedInstance, refusal, takesMs } from "./world.ts";

const notFound = "InvalidInstanceID.NotFound";
const inProgress: Readonly<Record<string, string>> = { stopped: "stopping", running: "pending" };

/** The recorded instances as EC2 would tell of them, with what the dry run would have done to them. */
export function dryRunInstances(
  world: DryRunWorld,
): Ec2Reads & Ec2Mutations & Pick<CloudReads, "dryRun"> & { bootTime(instanceId: string): number | null } {
  return {
    describe: (instanceId) => {
      const instance = world.instances.get(instanceId);
      return Promise.resolve(instance === undefined ? { missing: true } : detailsOf(world, instance));
    },
    listInstances: () =>
      Promise.resolve([...world.instances.values()].map((instance) => detailsOf(world, instance))),
    instanceType: (type) => Promise.resolve(dryRunType(type)),
    protection: async (instanceId) => {
      knownInstance(world, instanceId, notFound);
      return { termination: false, stop: false };
    },
    dryRun: (_call, instanceId) =>
      Promise.resolve(
        world.instances.has(instanceId)
          ? { ok: true }
          : { ok: false, reason: refusal(notFound, instanceId).message },
      ),
    reboot: (instanceId) => reboot(world, instanceId),
    stop: (instanceId) => change(world, instanceId, "stopped"),
    start: (instanceId) => change(world, instanceId, "running"),
    modifyType: (instanceId, type) => modifyType(world, instanceId, type),
    bootTime: (instanceId) => {
      if (!world.instances.has(instanceId) || stateOf(world, instanceId) !== "running") return null;
      const bootedAt = world.state.boots[instanceId] ?? 0;
      return bootedAt * 1000 > world.wall() ? 0 : bootedAt;
    },
  };
}

/** EC2's word for the state in which the dry run has the instance. */
export function stateOf({ state, wall }: DryRunWorld, instanceId: string): string {
  const change = state.instances?.[instanceId]?.change;
  if (change === undefined) return "running";
  return wall() < change.at ? (inProgress[change.to] ?? change.to) : change.to;
}

async function reboot(world: DryRunWorld, instanceId: string): Promise<void> {
  const { name } = knownInstance(world, instanceId, notFound);
  if (stateOf(world, instanceId) !== "running") throw refusal("IncorrectInstanceState", instanceId);
  boot(world, instanceId, world.wall() + takesMs);
  await world.save();
  world.write(
    `dry run: would have rebooted ${name} (${instanceId}); the boot time it reports from now on is the dry run's own, nothing booted`,
  );
  world.executed("reboot", instanceId, {});
}

async function change(world: DryRunWorld, instanceId: string, to: "stopped" | "running"): Promise<void> {
  const { name } = knownInstance(world, instanceId, notFound);
  const now = stateOf(world, instanceId);
  // EC2 takes the call, and does nothing, where the instance is already there or on its way.
  if (now === to || now === inProgress[to]) return;
  if (now === "stopping") throw refusal("IncorrectInstanceState", instanceId);
  const at = world.wall() + takesMs;
  keep(world, instanceId, { change: { to, at } });
  if (to === "running") boot(world, instanceId, at);
  await world.save();
  const done = to === "running" ? "started" : "stopped";
  world.write(`dry run: would have ${done} ${name} (${instanceId}); only the dry run says so, it still runs`);
}

async function modifyType(world: DryRunWorld, instanceId: string, type: string): Promise<void> {
  const { name } = knownInstance(world, instanceId, notFound);
  if (dryRunType(type) === null) throw refusal("InvalidInstanceAttributeValue", type);
  if (stateOf(world, instanceId) !== "stopped") throw refusal("IncorrectInstanceState", instanceId);
  keep(world, instanceId, { type });
  await world.save();
  world.write(`dry run: would have made ${name} (${instanceId}) a ${type}`);
}

function boot({ state }: DryRunWorld, instanceId: string, at: number): void {
  state.boots = { ...state.boots, [instanceId]: Math.floor(at / 1000) };
}

function keep(
  { state }: DryRunWorld,
  instanceId: string,
  part: { type?: string; change?: { to: string; at: number } },
): void {
  state.instances = {
    ...state.instances,
    [instanceId]: { ...state.instances?.[instanceId], ...part },
  };
}

function detailsOf(world: DryRunWorld, instance: RecordedInstance): InstanceDetails {
  const { instanceId, region, name, tags } = instance;
  const kept = world.state.instances?.[instanceId];
  return {
    instanceId,
    region,
    state: stateOf(world, instanceId),
    type: kept?.type ?? recordedType,
    tags: { Name: name, ...tags },
    autoScalingGroup: tags["aws:autoscaling:groupName"] ?? null,
    publicIp: null,
    elasticIp: false,
    rootInstanceStore: false,
    privateIp: null,
    launchTime: kept?.change?.to === "running" ? kept.change.at : null,
  };
}
