import type { Instance } from "@aws-sdk/client-ec2";
import type { CloudReads, InstanceView } from "../../remediation/cloud.ts";
import { CloudError } from "../errors.ts";
import type { AwsClients } from "./clients.ts";
import { instanceType } from "./instance-types.ts";

/** One EC2 instance. `state` is EC2's word ("running", "stopped", ...); `launchTime` unix ms. */
export type InstanceDetails = InstanceView & {
  instanceId: string;
  region: string | null;
  privateIp: string | null;
};

/** What the inventory needs of a cloud. */
export type InstanceList = {
  /** All instances that are not gone. */
  listInstances(): Promise<InstanceDetails[]>;
};

export type Ec2Reads = InstanceList &
  Pick<CloudReads, "instanceType" | "protection"> & {
    describe(instanceId: string): Promise<InstanceDetails | { missing: true }>;
  };

const secondLookMs = 5_000;
const looks = 3;
const pageSize = 500;
const notFound = "InvalidInstanceID.NotFound";

/** What EC2 says, for the actions and the inventory. `wait` is in milliseconds. */
export function ec2Reads(clients: AwsClients, wait: (ms: number) => Promise<void>): Ec2Reads {
  return {
    describe: (instanceId) => describeTwice(clients, instanceId, wait),
    listInstances: () => listInstances(clients),
    instanceType: (type) => instanceType(clients, type),
    protection: (instanceId) => protection(clients, instanceId),
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
  const client = await clients.read.ec2();
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
  const client = await clients.read.ec2();
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

async function protection(
  clients: AwsClients,
  instanceId: string,
): Promise<{ termination: boolean; stop: boolean }> {
  const { DescribeInstanceAttributeCommand } = await import("@aws-sdk/client-ec2");
  const client = await clients.read.ec2();
  const ask = (Attribute: "disableApiTermination" | "disableApiStop") =>
    clients.call({ operation: `DescribeInstanceAttribute ${Attribute}`, subject: instanceId }, (options) =>
      client.send(new DescribeInstanceAttributeCommand({ InstanceId: instanceId, Attribute }), options),
    );
  const [termination, stop] = [await ask("disableApiTermination"), await ask("disableApiStop")];
  return {
    termination: termination.DisableApiTermination?.Value === true,
    stop: stop.DisableApiStop?.Value === true,
  };
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
    elasticIp: ownsPublicAddress(instance),
    rootInstanceStore: instance.RootDeviceType === "instance-store",
    privateIp: instance.PrivateIpAddress ?? null,
    launchTime: instance.LaunchTime?.getTime() ?? null,
  };
}

/** EC2 names "amazon" as owner of an address that it lent; an Elastic IP belongs to the account. */
function ownsPublicAddress(instance: Instance): boolean {
  const address = instance.PublicIpAddress;
  return (instance.NetworkInterfaces ?? []).some(({ Association }) => {
    const owner = Association?.IpOwnerId;
    return Association?.PublicIp === address && owner !== undefined && owner !== "amazon";
  });
}
