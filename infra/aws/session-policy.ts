import { ourDocuments } from "./documents.ts";

/** Everything one session may touch, by full names. */
export type SessionScope = {
  /** "aws", "aws-cn", ... */
  partition: string;
  region: string;
  /** Twelve digits. */
  account: string;
  instanceIds: readonly string[];
  /** As Auto Scaling and the load balancer told them. */
  groupArns: readonly string[];
  targetGroupArns: readonly string[];
};

type Statement = {
  Effect: "Allow";
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string>>;
};

/** STS takes at most so many characters of inline session policy (STS API reference, AssumeRole). */
export const sessionPolicyLimit = 2_048;

const places = { partition: /^aws[a-z-]*$/, region: /^[a-z]{2}(-[a-z]+)+-\d+$/, account: /^\d{12}$/ };
const instanceId = /^i-([0-9a-f]{8}|[0-9a-f]{17})$/;
const groupArn =
  /^arn:(aws[a-z-]*):autoscaling:([a-z0-9-]+):(\d{12}):autoScalingGroup:[0-9a-zA-Z-]+:autoScalingGroupName\/[\x21-\x39\x3b-\x7e]{1,255}$/;
const targetGroupArn =
  /^arn:(aws[a-z-]*):elasticloadbalancing:([a-z0-9-]+):(\d{12}):targetgroup\/[A-Za-z0-9-]{1,32}\/[0-9a-zA-Z]+$/;

/**
 * The inline policy of one execution's session: what the role allows, cut down to these names. Each action in it can be
 * granted for single resources, so no resource is a wildcard; what it does not name is refused by AWS itself.
 */
export function sessionPolicy(
  scope: SessionScope,
): { ok: true; policy: string } | { ok: false; reason: string; message: string } {
  const strange = strangeName(scope);
  if (strange !== null) {
    return { ok: false, reason: "not_a_name", message: `${strange} is no name that a session may be given` };
  }
  const statements = [
    ...instanceStatements(scope),
    ...allow(
      [
        "autoscaling:EnterStandby",
        "autoscaling:ExitStandby",
        "autoscaling:SetDesiredCapacity",
        "autoscaling:StartInstanceRefresh",
      ],
      scope.groupArns.map(literally),
    ),
    ...allow(
      ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"],
      scope.targetGroupArns.map(literally),
    ),
  ];
  if (statements.length === 0) {
    return { ok: false, reason: "nothing", message: "the plan names nothing that could be changed" };
  }
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: statements });
  if (policy.length <= sessionPolicyLimit) return { ok: true, policy };
  const message = `the plan names too much for one session: its policy has ${policy.length} characters, AWS takes ${sessionPolicyLimit}`;
  return { ok: false, reason: "too_large", message };
}

function instanceStatements({ partition, region, account, instanceIds }: SessionScope): Statement[] {
  if (instanceIds.length === 0) return [];
  const instances = instanceIds.map((id) => `arn:${partition}:ec2:${region}:${account}:instance/${id}`);
  const documents = ourDocuments.map((name) => `arn:${partition}:ssm:${region}:${account}:document/${name}`);
  return [
    ...allow(
      ["ec2:RebootInstances", "ec2:StartInstances", "ec2:StopInstances", "ssm:SendCommand"],
      instances,
    ),
    ...allow(["ssm:SendCommand"], documents),
    ...allow(["ec2:ModifyInstanceAttribute"], instances).map((statement) => ({
      ...statement,
      // EC2's own examples write attributes with and without a capital letter.
      Condition: { StringEqualsIgnoreCase: { "ec2:Attribute": "InstanceType" } },
    })),
  ];
}

/** A statement needs a resource; without one there is nothing to allow. */
function allow(actions: string[], resources: readonly string[]): Statement[] {
  if (resources.length === 0) return [];
  return [{ Effect: "Allow", Action: actions, Resource: [...new Set(resources)] }];
}

/** IAM reads `*`, `?` and `$` in a resource as patterns and variables, and a group may have them in its name. */
function literally(arn: string): string {
  return arn.replace(/[*?$]/g, (character) => `\${${character}}`);
}

function strangeName(scope: SessionScope): string | null {
  const { partition, region, account } = scope;
  const here = (pattern: RegExp) => (arn: string) => {
    const parts = pattern.exec(arn);
    return parts?.[1] === partition && parts[2] === region && parts[3] === account;
  };
  const wrong = [
    ...Object.entries(places)
      .filter(([name, pattern]) => !pattern.test(scope[name as keyof typeof places]))
      .map(([name]) => `the ${name}`),
    ...scope.instanceIds.filter((id) => !instanceId.test(id)),
    ...scope.groupArns.filter((arn) => !here(groupArn)(arn)),
    ...scope.targetGroupArns.filter((arn) => !here(targetGroupArn)(arn)),
  ][0];
  return wrong === undefined ? null : JSON.stringify(wrong.slice(0, 120));
}
