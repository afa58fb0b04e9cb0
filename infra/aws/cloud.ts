import type { Cloud, CloudMutations, CloudReads } from "../../remediation/cloud.ts";
import { limitedMutations } from "../limited-reach.ts";
import { autoScalingMutations, autoScalingReads } from "./auto-scaling.ts";
import { type AwsClients, type AwsSettings, awsClients } from "./clients.ts";
import { type Ec2Reads, ec2Reads } from "./ec2.ts";
import { ec2DryRun, ec2Mutations } from "./ec2-mutations.ts";
import { loadBalancingMutations, loadBalancingReads } from "./load-balancing.ts";
import { limitedClients, type SessionRequest } from "./sessions.ts";
import { ssmMutations, ssmReads } from "./ssm.ts";

/** `execRole`: the role under which plans act, null or absent: they act with the bot's own rights. */
type AwsCloudSettings = AwsSettings & { execRole?: string | null };

type OpenSession = (request: SessionRequest) => Promise<AwsClients>;

/** The real cloud of one account and region. `wait` is in milliseconds. */
export function createAwsCloud(
  { execRole = null, ...settings }: AwsCloudSettings,
  { wait }: { wait: (ms: number) => Promise<void> },
): Cloud & Ec2Reads {
  const clients = awsClients(settings);
  const groups = autoScalingReads(clients);
  const targetGroups = loadBalancingReads(clients);
  const mutations = awsMutations(clients, clients);
  const arns = { groupArn: groups.groupArn, targetGroupArn: targetGroups.targetGroupArn };
  const open: OpenSession | null =
    execRole === null
      ? null
      : (request) => limitedClients({ settings, clients, role: execRole, arns }, request);
  return {
    ...ec2Reads(clients, wait),
    ...ssmReads(clients),
    group: groups.group,
    refreshes: groups.refreshes,
    activities: groups.activities,
    targetGroup: targetGroups.targetGroup,
    dryRun: open === null ? ec2DryRun(clients) : dryRunIn(open),
    ...mutations,
    limitedTo: async (reach) => {
      const named = [...reach.instanceIds, ...reach.groups, ...reach.targetGroups];
      // Of nothing there is no session; everything is refused before it leaves.
      if (open === null || named.length === 0) return limitedMutations(mutations, reach);
      const session = await open({ ...reach, name: `exec-${reach.plan}`, source: reach.approver });
      return limitedMutations(awsMutations(session, clients), reach);
    },
  };
}

/** Every mutation under the rights of `clients`; what has to be looked up before is read with those of `reading`. */
export function awsMutations(clients: AwsClients, reading: AwsClients): CloudMutations {
  return {
    ...ec2Mutations(clients),
    ...autoScalingMutations(clients),
    ...loadBalancingMutations(clients, loadBalancingReads(reading)),
    ...ssmMutations(clients),
  };
}

/** The bot's own rights only read, so the question is asked with those that the plan would have. */
function dryRunIn(open: OpenSession): CloudReads["dryRun"] {
  return async (call, instanceId, type) => {
    const session = await open({
      name: `check-${instanceId}`,
      source: "smartcloudops-check",
      instanceIds: [instanceId],
      groups: [],
      targetGroups: [],
    });
    return ec2DryRun(session)(call, instanceId, type);
  };
}
