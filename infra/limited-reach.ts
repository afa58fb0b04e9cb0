import type { CloudMutations, Reach } from "../remediation/cloud.ts";
import { CloudError } from "./errors.ts";

/**
 * The mutations, each refused before it leaves when it names what the plan does not reach. Where a role is configured
 * the cloud refuses it too; this one holds also without.
 */
export function limitedMutations(cloud: CloudMutations, reach: Reach): CloudMutations {
  const within = <Result>(
    names: { instanceId?: string; group?: string; targetGroup?: string },
    act: () => Promise<Result>,
  ): Promise<Result> => {
    const strange = strangerOf(names, reach);
    return strange === null ? act() : Promise.reject(outOfReach(strange, reach));
  };
  return {
    reboot: (instanceId) => within({ instanceId }, () => cloud.reboot(instanceId)),
    stop: (instanceId) => within({ instanceId }, () => cloud.stop(instanceId)),
    start: (instanceId) => within({ instanceId }, () => cloud.start(instanceId)),
    modifyType: (instanceId, type) => within({ instanceId }, () => cloud.modifyType(instanceId, type)),
    setDesired: (group, desired) => within({ group }, () => cloud.setDesired(group, desired)),
    enterStandby: (group, instanceId) =>
      within({ group, instanceId }, () => cloud.enterStandby(group, instanceId)),
    exitStandby: (group, instanceId) =>
      within({ group, instanceId }, () => cloud.exitStandby(group, instanceId)),
    startRefresh: (group) => within({ group }, () => cloud.startRefresh(group)),
    register: (targetGroup, instanceId, port) =>
      within({ targetGroup, instanceId }, () => cloud.register(targetGroup, instanceId, port)),
    deregister: (targetGroup, instanceId, port) =>
      within({ targetGroup, instanceId }, () => cloud.deregister(targetGroup, instanceId, port)),
    sendCommand: (command) => within({ instanceId: command.instanceId }, () => cloud.sendCommand(command)),
  };
}

function strangerOf(
  { instanceId, group, targetGroup }: { instanceId?: string; group?: string; targetGroup?: string },
  reach: Reach,
): string | null {
  if (instanceId !== undefined && !reach.instanceIds.includes(instanceId)) return instanceId;
  if (group !== undefined && !reach.groups.includes(group)) return `the group ${group}`;
  if (targetGroup !== undefined && !reach.targetGroups.includes(targetGroup)) {
    return `the target group ${targetGroup}`;
  }
  return null;
}

function outOfReach(what: string, { plan }: Reach): CloudError {
  return new CloudError(`${plan} does not name ${what}, so it may not change it`, {
    code: "OutOfReach",
    accepted: "no",
    remedy: "This is a mistake of the bot: propose a plan that names everything it changes, and report it",
  });
}
