import { type AwsSettings, awsClients } from "./clients.ts";
import { type Ec2, createEc2 } from "./ec2.ts";
import { type Ssm, createSsm } from "./ssm.ts";

/** The real cloud: EC2 and Systems Manager of one account and region. `wait` is in milliseconds. */
export function createAwsCloud(
  settings: AwsSettings,
  { wait }: { wait: (ms: number) => Promise<void> },
): Ec2 & Ssm {
  const clients = awsClients(settings);
  return { ...createEc2(clients, wait), ...createSsm(clients) };
}
