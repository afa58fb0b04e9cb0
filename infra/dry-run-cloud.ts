import type { Cloud } from "../remediation/cloud.ts";
import type { InstanceList } from "./aws/ec2.ts";
import { dryRunCommands } from "./dry-run/commands.ts";
import { dryRunGroups } from "./dry-run/groups.ts";
import { dryRunInstances } from "./dry-run/instances.ts";
import { dryRunTargetGroups } from "./dry-run/target-groups.ts";
import type { DryRunWorld, RecordedInstance } from "./dry-run/world.ts";
import { type DryRunAction, type DryRunStore, loadDryRunState } from "./dry-run-state.ts";
import { limitedMutations } from "./limited-reach.ts";

type DryRunCloud = Cloud &
  InstanceList & {
    /**
     * The dry run's own boot probe: unix seconds of the last boot it was asked for, 0 before; null: no such instance,
     * or it does not run.
     */
    bootTime(instanceId: string): number | null;
  };

/**
 * A cloud that touches nothing: it knows the recorded instances, answers with the shapes and error codes of EC2, Auto
 * Scaling, the load balancer and SSM, and writes what it would have done. `wall` is unix ms. `onExecuted` hears once of
 * each reboot and command when it is over, so that the recording can go on as it went after the cure. What was changed
 * is kept in `state`: a restart forgets nothing.
 */
export function createDryRunCloud(options: {
  instances: readonly RecordedInstance[];
  wall: () => number;
  write: (line: string) => void;
  onExecuted: (action: DryRunAction, instanceId: string, parameters: Record<string, string[]>) => void;
  state: DryRunStore;
}): DryRunCloud {
  const state = loadDryRunState(options.state);
  const world: DryRunWorld = {
    instances: new Map(options.instances.map((instance) => [instance.instanceId, instance])),
    state,
    save: async () => options.state.save({ ...state }),
    wall: options.wall,
    write: options.write,
    executed: options.onExecuted,
  };
  const cloud = {
    ...dryRunInstances(world),
    ...dryRunGroups(world),
    ...dryRunTargetGroups(world),
    ...dryRunCommands(world),
  };
  return { ...cloud, limitedTo: (reach) => Promise.resolve(limitedMutations(cloud, reach)) };
}
