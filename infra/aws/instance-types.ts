import type { _InstanceType } from "@aws-sdk/client-ec2";
import type { TypeView } from "../../remediation/cloud.ts";
import { CloudError } from "../errors.ts";
import type { AwsClients } from "./clients.ts";

/** EC2's codes for a type that it does not know, or that is no type at all. */
const noSuchType = ["InvalidInstanceType", "InvalidParameterValue"];

/** What EC2 says about a type in this region; null: it knows no such type. */
export async function instanceType(clients: AwsClients, type: string): Promise<TypeView | null> {
  const { DescribeInstanceTypesCommand } = await import("@aws-sdk/client-ec2");
  const client = await clients.read.ec2();
  // The SDK lists the types of its own day; EC2 itself says whether it knows this one.
  const request = new DescribeInstanceTypesCommand({ InstanceTypes: [type as _InstanceType] });
  try {
    const answer = await clients.call({ operation: "DescribeInstanceTypes", subject: type }, (options) =>
      client.send(request, options),
    );
    const found = (answer.InstanceTypes ?? []).find(({ InstanceType }) => InstanceType === type);
    if (found === undefined) return null;
    return {
      instanceStore: found.InstanceStorageSupported === true,
      freeTier: found.FreeTierEligible === true,
      architectures: found.ProcessorInfo?.SupportedArchitectures ?? [],
    };
  } catch (error) {
    if (error instanceof CloudError && noSuchType.includes(error.code)) return null;
    throw error;
  }
}
