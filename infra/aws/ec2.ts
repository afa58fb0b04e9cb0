import type { Instance } from "@aws-sdk/client-ec2";
import { CloudError } from "../errors.ts";
import type { AwsClients } from "./clients.ts";
import { awsCode, toCloudError } from "./errors.ts";

/** One EC2 instance. `state` is EC2's word ("running", "stopped", ...); `launchTime` unix ms. */
export type InstanceDetails = {
  instanceId: string;
  region: string | null;
  state: string;
  type: string;
  tags: Record<string, string>;
  autoScalingGroup: string | null;
  publicIp: string | null;
  privateIp: string | null;
  launchTime: number | null;
};

export type Ec2 = {
  describe(instanceId: string): Promise<InstanceDetails | { missing: true }>;
  /** All instances that are not gone, for the inventory. */
  listInstances(): Promise<InstanceDetails[]>;
  rebootDryRun(instanceId: string): Promise<{ ok: true } | { ok: false; reason: string }>;
  reboot(instanceId: string): Promise<void>;
};

const secondLookMs = 5_000;
const looks = 3;
const pageSize = 500;
const notFound = "InvalidInstanceID.NotFound";
/** Codes that say about the call itself that it would be refused; anything else is trouble on the way. */
const refusals = [
  "UnauthorizedOperation",
  "OperationNotPermitted",
  "AuthFailure",
  notFound,
  "InvalidInstanceID.Malformed",
  "IncorrectInstanceState",
  "UnsupportedOperation",
  "OptInRequired",
];

/** EC2 behind the functions that the actions and the inventory need. `wait` is in milliseconds. */
export function createEc2(clients: AwsClients, wait: (ms: number) => Promise<void>): Ec2 {
  return {
    describe: (instanceId) => describeTwice(clients, instanceId, wait),
    listInstances: () => listInstances(clients),
    rebootDryRun: (instanceId) => rebootDryRun(clients, instanceId),
    reboot: async (instanceId) => {
      const { RebootInstancesCommand } = await import("@aws-sdk/client-ec2");
      const client = await clients.mutateEc2();
      await clients.call({ operation: "RebootInstances", subject: instanceId }, (options) =>
        client.send(new RebootInstancesCommand({ InstanceIds: [instanceId] }), options),
      );
    },
  };
}

/** EC2 answers from copies that lag: an instance is gone only when two looks in a row, 5 s apart, say so. */
async function describeTwice(
  clients: AwsClients,
  instanceId: string,
  wait: (ms: number) => Promise<void>,
): Promise<InstanceDetails | { missing: true }> {
  let previous: string | null = null;
  for (let look = 0; look < looks; look++) {
    if (previous !== null) await wait(secondLookMs);
    const seen = await describeOnce(clients, instanceId);
    const gone = "missing" in seen ? "missing" : seen.state === "terminated" ? "terminated" : null;
    if (gone === null || gone === previous) return seen;
    previous = gone;
  }
  throw new CloudError(`EC2 says different things about ${instanceId} each time`, {
    code: "Inconsistent",
    accepted: "no",
    remedy: "It was probably just created or terminated: ask again in a minute",
  });
}

async function describeOnce(
  clients: AwsClients,
  instanceId: string,
): Promise<InstanceDetails | { missing: true }> {
  const { DescribeInstancesCommand } = await import("@aws-sdk/client-ec2");
  const client = await clients.readEc2();
  try {
    const answer = await clients.call({ operation: "DescribeInstances", subject: instanceId }, (options) =>
      client.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }), options),
    );
    const instances = (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
    const instance = instances.find((candidate) => candidate.InstanceId === instanceId);
    return instance === undefined ? { missing: true } : detailsOf(instance);
  } catch (error) {
    if (error instanceof CloudError && error.code === notFound) return { missing: true };
    throw error;
  }
}

async function listInstances(clients: AwsClients): Promise<InstanceDetails[]> {
  const { DescribeInstancesCommand } = await import("@aws-sdk/client-ec2");
  const client = await clients.readEc2();
  const found: InstanceDetails[] = [];
  let page: string | undefined;
  do {
    const request = new DescribeInstancesCommand({ MaxResults: pageSize, NextToken: page });
    const answer = await clients.call(
      { operation: "DescribeInstances", subject: "all instances" },
      (options) => client.send(request, options),
    );
    const instances = (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
    found.push(...instances.map(detailsOf));
    page = answer.NextToken;
  } while (page !== undefined && page !== "");
  return found.filter((instance) => instance.state !== "terminated");
}

/** Asks for permission only: EC2 does not look at the instance's state in a dry run. */
async function rebootDryRun(
  clients: AwsClients,
  instanceId: string,
): Promise<{ ok: true } | { ok: false; reason: string }> {
  const { RebootInstancesCommand } = await import("@aws-sdk/client-ec2");
  const client = await clients.mutateEc2();
  const about = { operation: "RebootInstances (dry run)", subject: instanceId };
  try {
    await clients.call(about, (options) =>
      client.send(new RebootInstancesCommand({ InstanceIds: [instanceId], DryRun: true }), options),
    );
  } catch (error) {
    const failure = toCloudError(error, about.operation, about.subject);
    if (failure.code === "DryRunOperation") return { ok: true };
    if (refusals.includes(awsCode(failure))) return { ok: false, reason: failure.message };
    throw failure;
  }
  throw new CloudError(`EC2 answered a dry run for ${instanceId} as if it were real`, {
    code: "DryRunIgnored",
    accepted: "unknown",
    remedy: "The instance may have been rebooted: check it, and do not use this endpoint (AWS_ENDPOINT_URL)",
  });
}

function detailsOf(instance: Instance): InstanceDetails {
  const tags = Object.fromEntries(
    (instance.Tags ?? []).flatMap(({ Key, Value }) =>
      Key === undefined ? [] : [[Key, Value ?? ""] as const],
    ),
  );
  const zone = instance.Placement?.AvailabilityZone;
  return {
    instanceId: instance.InstanceId ?? "",
    region: zone === undefined ? null : zone.replace(/[a-z]$/, ""),
    state: instance.State?.Name ?? "unknown",
    type: instance.InstanceType ?? "unknown",
    tags,
    // EC2 itself writes this tag on every member of a group.
    autoScalingGroup: tags["aws:autoscaling:groupName"] ?? null,
    publicIp: instance.PublicIpAddress ?? null,
    privateIp: instance.PrivateIpAddress ?? null,
    launchTime: instance.LaunchTime?.getTime() ?? null,
  };
}
