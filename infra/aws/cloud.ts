import type { Cloud, CloudMutations } from "../../remediation/cloud.ts";
import { limitedMutations } from "../limited-reach.ts";
import { autoScalingMutations, autoScalingReads } from "./auto-scaling.ts";
import { type AwsClients, type AwsSettings, awsClients } from "./clients.ts";
import { type Ec2Reads, ec2Reads } from "./ec2.ts";
import { ec2DryRun, ec2Mutations } from "./ec2-mutations.ts";
import { loadBalancingMutations, loadBalancingReads } from "./load-balancing.ts";
import { ssmMutations, ssmReads } from "./ssm.ts";

/** The real cloud of one account and region. `wait` is in milliseconds. */
export function createAwsCloud(
  settings: AwsSettings,
  { wait }: { wait: (ms: number) => Promise<void> },
): Cloud & Ec2Reads {
  const clients = awsClients(settings);
  const mutations = awsMutations(clients, clients);
  return {
    ...ec2Reads(clients, wait),
    ...autoScalingReads(clients),
    ...loadBalancingReads(clients),
    ...ssmReads(clients),
    dryRun: ec2DryRun(clients),
    ...mutations,
    limitedTo: (reach) => Promise.resolve(limitedMutations(mutations, reach)),
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
