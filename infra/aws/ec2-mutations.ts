import type { EC2Client, InstanceStateChange, _InstanceType } from "@aws-sdk/client-ec2";
import type { CloudMutations, CloudReads, DryRunCall } from "../../remediation/cloud.ts";
import { CloudError } from "../errors.ts";
import type { AwsClients } from "./clients.ts";
import { meaningOf } from "./error-codes.ts";
import { awsCode, toCloudError } from "./errors.ts";

export type Ec2Mutations = Pick<CloudMutations, "reboot" | "stop" | "start" | "modifyType">;

/** Codes that say about the call itself that it would be refused; anything else is trouble on the way. */
const refusals = [
  "UnauthorizedOperation",
  "OperationNotPermitted",
  "AuthFailure",
  "InvalidInstanceID.NotFound",
  "InvalidInstanceID.Malformed",
  "IncorrectInstanceState",
  "InvalidInstanceAttributeValue",
  "InvalidParameterCombination",
  "InvalidParameterValue",
  "Unsupported",
  "UnsupportedOperation",
  "OptInRequired",
];

const operations = {
  reboot: "RebootInstances",
  stop: "StopInstances",
  start: "StartInstances",
  "modify-type": "ModifyInstanceAttribute",
} satisfies Record<DryRunCall, string>;

/** What changes an instance; success means that EC2 took it. */
export function ec2Mutations(clients: AwsClients): Ec2Mutations {
  const make = (call: DryRunCall, instanceId: string, type?: string) =>
    clients.call({ operation: operations[call], subject: instanceId }, async (options) =>
      send(await clients.mutate.ec2(), { call, instanceId, type, dryRun: false }, options),
    );
  return {
    reboot: (instanceId) => make("reboot", instanceId),
    stop: (instanceId) => make("stop", instanceId),
    start: (instanceId) => make("start", instanceId),
    modifyType: (instanceId, type) => make("modify-type", instanceId, type),
  };
}

/** Asks for permission only: EC2 does not look at the instance's state in a dry run. */
export function ec2DryRun(clients: AwsClients): CloudReads["dryRun"] {
  return async (call, instanceId, type) => {
    const about = { operation: `${operations[call]} (dry run)`, subject: instanceId };
    try {
      await clients.call(about, async (options) =>
        send(await clients.mutate.ec2(), { call, instanceId, type, dryRun: true }, options),
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
      remedy: `It may have happened (${operations[call]}): check the instance, and do not use this endpoint (AWS_ENDPOINT_URL)`,
    });
  };
}

async function send(
  client: EC2Client,
  what: { call: DryRunCall; instanceId: string; type: string | undefined; dryRun: boolean },
  options: { abortSignal: AbortSignal },
): Promise<void> {
  const ec2 = await import("@aws-sdk/client-ec2");
  const one = { InstanceIds: [what.instanceId], DryRun: what.dryRun };
  switch (what.call) {
    case "reboot":
      return void (await client.send(new ec2.RebootInstancesCommand(one), options));
    case "stop":
      return named(what, (await client.send(new ec2.StopInstancesCommand(one), options)).StoppingInstances);
    case "start":
      return named(what, (await client.send(new ec2.StartInstancesCommand(one), options)).StartingInstances);
    case "modify-type":
      return void (await client.send(
        new ec2.ModifyInstanceAttributeCommand({
          InstanceId: what.instanceId,
          // EC2 knows more types than the SDK of its day lists.
          InstanceType: { Value: typeOf(what) as _InstanceType },
          DryRun: what.dryRun,
        }),
        options,
      ));
  }
}

/** What answers without naming the instance is no proof that EC2 took the call. */
function named(
  { call, instanceId }: { call: DryRunCall; instanceId: string },
  changes: readonly InstanceStateChange[] | undefined,
): void {
  if ((changes ?? []).some(({ InstanceId }) => InstanceId === instanceId)) return;
  throw new CloudError(`EC2 answered ${operations[call]} without naming ${instanceId}`, {
    code: "IncompleteAnswer",
    ...meaningOf("IncompleteAnswer"),
  });
}

function typeOf({ instanceId, type }: { instanceId: string; type: string | undefined }): string {
  if (type !== undefined && type !== "") return type;
  throw new CloudError(`no type is named for ${instanceId}`, {
    code: "NoType",
    accepted: "no",
    remedy: "Name the type that it shall have, such as t3.micro",
  });
}
