import type { CloudReads } from "../../remediation/cloud.ts";
import type { LoadBalancingMutations } from "../aws/load-balancing.ts";
import { type DryRunWorld, refusal, takesMs } from "./world.ts";

/** The tag by which a recorded or listed instance names its target group; AWS itself keeps no such tag. */
const targetGroupTag = "target-group";

const recordedPort = 80;
const inProgress: Readonly<Record<string, string>> = { healthy: "initial", unused: "draining" };

/** The target groups that the recorded instances' tags name. */
export function dryRunTargetGroups(
  world: DryRunWorld,
): Pick<CloudReads, "targetGroup"> & LoadBalancingMutations {
  return {
    targetGroup: (name) => {
      const recorded = recordedIn(world, name);
      const targets = targetsOf(world, name, recorded);
      return Promise.resolve(recorded.length === 0 ? null : { name, targets });
    },
    register: (name, instanceId, port) => move(world, name, { instanceId, port, to: "healthy" }),
    deregister: (name, instanceId, port) => move(world, name, { instanceId, port, to: "unused" }),
  };
}

function recordedIn({ instances }: DryRunWorld, name: string): string[] {
  return [...instances.values()]
    .filter(({ tags }) => tags[targetGroupTag] === name)
    .map(({ instanceId }) => instanceId);
}

function targetsOf({ state, wall }: DryRunWorld, name: string, recorded: readonly string[]) {
  const changes = state.targetGroups?.[name] ?? {};
  const ids = [...new Set([...recorded, ...Object.keys(changes)])];
  return ids.flatMap((instanceId) => {
    const change = changes[instanceId];
    if (change === undefined) return [{ instanceId, port: recordedPort, health: "healthy" }];
    const over = wall() >= change.at;
    // A target that is out and drained is not listed any more.
    if (over && change.to === "unused") return [];
    const health = over ? change.to : (inProgress[change.to] ?? "unknown");
    return [{ instanceId, port: change.port ?? recordedPort, health }];
  });
}

async function move(
  world: DryRunWorld,
  name: string,
  { instanceId, port, to }: { instanceId: string; port: number | null; to: "healthy" | "unused" },
): Promise<void> {
  const recorded = recordedIn(world, name);
  if (recorded.length === 0) throw refusal("TargetGroupNotFound", name);
  if (!world.instances.has(instanceId)) throw refusal("InvalidTarget", instanceId);
  const now = targetsOf(world, name, recorded).find((target) => target.instanceId === instanceId);
  // The load balancer takes the call, and does nothing, where the target is already there or on its way.
  if (to === "healthy" ? now?.health === "healthy" || now?.health === "initial" : now === undefined) return;
  if (to === "unused" && now?.health === "draining") return;
  const change = { to, at: world.wall() + takesMs, port: port ?? now?.port ?? null };
  const group = { ...world.state.targetGroups?.[name], [instanceId]: change };
  world.state.targetGroups = { ...world.state.targetGroups, [name]: group };
  await world.save();
  const done = to === "healthy" ? "put into" : "taken out of";
  world.write(`dry run: would have ${done} ${name}: ${instanceId}`);
}
