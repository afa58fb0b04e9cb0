import type { TargetHealthDescription } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { CloudMutations, CloudReads } from "../../remediation/cloud.ts";
import { CloudError } from "../errors.ts";
import type { AwsClients } from "./clients.ts";
import { neverSent } from "./errors.ts";

type LoadBalancingReads = Pick<CloudReads, "targetGroup"> & {
  /** The target group's full name, which every call but the search needs; null: there is no such target group. */
  targetGroupArn(name: string): Promise<string | null>;
};

export type LoadBalancingMutations = Pick<CloudMutations, "register" | "deregister">;

const notFound = ["TargetGroupNotFound", "TargetGroupNotFoundException"];

/** What the load balancer says about target groups. */
export function loadBalancingReads(clients: AwsClients): LoadBalancingReads {
  return {
    targetGroupArn: (name) => findArn(clients, name),
    targetGroup: async (name) => {
      const arn = await findArn(clients, name);
      return arn === null ? null : { name, targets: await targetsOf(clients, name, arn) };
    },
  };
}

/** What changes a target group; the names are looked up with `reads`, before anything is called. */
export function loadBalancingMutations(
  clients: AwsClients,
  reads: LoadBalancingReads,
): LoadBalancingMutations {
  return {
    register: async (targetGroup, instanceId, port) => {
      const { RegisterTargetsCommand } = await import("@aws-sdk/client-elastic-load-balancing-v2");
      const request = new RegisterTargetsCommand(await placeOf(reads, targetGroup, instanceId, port));
      const about = { operation: `RegisterTargets of ${targetGroup}`, subject: instanceId };
      await clients.call(about, async (options) =>
        (await clients.mutate.loadBalancing()).send(request, options),
      );
    },
    deregister: async (targetGroup, instanceId, port) => {
      const { DeregisterTargetsCommand } = await import("@aws-sdk/client-elastic-load-balancing-v2");
      const request = new DeregisterTargetsCommand(await placeOf(reads, targetGroup, instanceId, port));
      const about = { operation: `DeregisterTargets of ${targetGroup}`, subject: instanceId };
      await clients.call(about, async (options) =>
        (await clients.mutate.loadBalancing()).send(request, options),
      );
    },
  };
}

async function findArn(clients: AwsClients, name: string): Promise<string | null> {
  const { DescribeTargetGroupsCommand } = await import("@aws-sdk/client-elastic-load-balancing-v2");
  const request = new DescribeTargetGroupsCommand({ Names: [name] });
  try {
    const answer = await clients.call({ operation: "DescribeTargetGroups", subject: name }, async (options) =>
      (await clients.read.loadBalancing()).send(request, options),
    );
    const found = (answer.TargetGroups ?? []).find(({ TargetGroupName }) => TargetGroupName === name);
    return found?.TargetGroupArn ?? null;
  } catch (error) {
    if (error instanceof CloudError && notFound.includes(error.code)) return null;
    throw error;
  }
}

async function targetsOf(clients: AwsClients, name: string, arn: string) {
  const { DescribeTargetHealthCommand } = await import("@aws-sdk/client-elastic-load-balancing-v2");
  const request = new DescribeTargetHealthCommand({ TargetGroupArn: arn });
  const answer = await clients.call({ operation: "DescribeTargetHealth", subject: name }, async (options) =>
    (await clients.read.loadBalancing()).send(request, options),
  );
  return (answer.TargetHealthDescriptions ?? []).map(targetOf);
}

function targetOf({ Target, TargetHealth }: TargetHealthDescription) {
  return {
    instanceId: Target?.Id ?? "",
    port: Target?.Port ?? null,
    health: TargetHealth?.State ?? "unknown",
  };
}

async function placeOf(
  reads: LoadBalancingReads,
  targetGroup: string,
  instanceId: string,
  port: number | null,
) {
  const arn = await reads.targetGroupArn(targetGroup).catch((error: unknown) => {
    // Only a search failed: whatever it says of itself, the change was never sent.
    throw neverSent(error, `the target group ${targetGroup} cannot be looked up, so nothing was changed`);
  });
  if (arn === null) {
    throw new CloudError(`there is no target group ${targetGroup}`, {
      code: "TargetGroupNotFound",
      accepted: "no",
      remedy: "Check its name, the region and the account",
    });
  }
  return { TargetGroupArn: arn, Targets: [{ Id: instanceId, ...(port === null ? {} : { Port: port }) }] };
}
