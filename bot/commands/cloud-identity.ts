import type { InstanceList } from "../../infra/aws/ec2.ts";
import type { Cloud } from "../../remediation/cloud.ts";

/** What AWS lets the bot see and, where a role is set, whether a plan could begin to act; changes nothing. */
export async function cloudIdentity(
  cloud: InstanceList & Pick<Cloud, "limitedTo">,
  withRole: boolean,
): Promise<string> {
  const instances = await cloud.listInstances();
  const managed = instances.filter(({ tags }) => tags.smartcloudops === "managed");
  const seen = `EC2 answers with ${instances.length} instances, ${managed.length} of them managed`;
  const [first] = managed;
  if (first === undefined || !withRole) return seen;
  await cloud.limitedTo({
    plan: "plan-0",
    approver: "doctor",
    instanceIds: [first.instanceId],
    groups: [],
    targetGroups: [],
  });
  return `${seen}, and a plan could act under its role`;
}
