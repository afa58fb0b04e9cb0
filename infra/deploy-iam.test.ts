import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mutations } from "../fixtures/fakes/aws-outcomes.ts";
import { allows, type IamCall, type Policy, policySchema } from "../fixtures/fakes/aws-policy.ts";
import { cloudAt, db1, execRole, openAws, web1, web2 } from "../fixtures/fakes/aws-world.ts";
import { ourDocuments } from "./aws/documents.ts";
import { sessionPolicy } from "./aws/session-policy.ts";

const folder = new URL("deploy/iam/", import.meta.url);
const region = "eu-central-1";
const account = "123456789012";

function read(name: string): Policy {
  const text = readFileSync(new URL(`${name}.json`, folder), "utf8");
  return policySchema.parse(JSON.parse(text.replaceAll("REGION", region).replaceAll("ACCOUNT", account)));
}

/** Several policies of one role are one: what one allows is allowed. */
function together(...names: string[]): Policy {
  return { Version: "2012-10-17", Statement: names.flatMap((name) => read(name).Statement) };
}

const optional = ["exec-type", "exec-refresh", "exec-balancing"];
const session = sessionPolicy({
  partition: "aws",
  region,
  account,
  instanceIds: [web1.id],
  groupArns: [`arn:aws:autoscaling:${region}:${account}:autoScalingGroup:0a-1b:autoScalingGroupName/web`],
  targetGroupArns: [`arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/web-tg/50dc6c495c0c9188`],
});
const sessionLayer = policySchema.parse(JSON.parse(session.ok ? session.policy : "{}"));

const roles: Record<string, Policy[]> = {
  base: [read("base")],
  exec: [read("exec"), read("exec-boundary")],
  "exec, all options": [together("exec", ...optional), read("exec-boundary")],
  "session for web-1": [together("exec", ...optional), read("exec-boundary"), sessionLayer],
  // As if somebody had attached AdministratorAccess to it as well.
  "exec and administrator": [
    {
      Version: "2012-10-17",
      Statement: [...read("exec").Statement, { Effect: "Allow", Action: ["*"], Resource: ["*"] }],
    },
    read("exec-boundary"),
  ],
};

const things: Record<string, string> = {
  everything: "*",
  "web-1": `arn:aws:ec2:${region}:${account}:instance/${web1.id}`,
  "web-2": `arn:aws:ec2:${region}:${account}:instance/${web2.id}`,
  elsewhere: `arn:aws:ec2:us-east-1:${account}:instance/${web1.id}`,
  foreign: `arn:aws:ec2:${region}:999999999999:instance/${web1.id}`,
  restart: `arn:aws:ssm:${region}:${account}:document/SmartCloudOps-RestartService`,
  tail: `arn:aws:ssm:${region}:${account}:document/SmartCloudOps-TailLogs`,
  ownDocument: `arn:aws:ssm:${region}:${account}:document/Anything`,
  shell: `arn:aws:ssm:${region}::document/AWS-RunShellScript`,
  powershell: `arn:aws:ssm:${region}::document/AWS-RunPowerShellScript`,
  group: `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:0a-1b:autoScalingGroupName/web`,
  otherGroup: `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:0a-1b:autoScalingGroupName/db`,
  targetGroup: `arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/web-tg/50dc6c495c0c9188`,
  otherTargetGroup: `arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/db-tg/50dc6c495c0c9188`,
  execRole,
  adminRole: `arn:aws:iam::${account}:role/admin`,
};

/** Role, call, thing, whether it carries the tag, and what IAM must say. */
const golden = `
base | ec2:DescribeInstances | everything | - | allowed
base | ec2:DescribeInstanceTypes | everything | - | allowed
base | ec2:DescribeInstanceAttribute | everything | - | allowed
base | ssm:DescribeInstanceInformation | everything | - | allowed
base | ssm:DescribeDocument | everything | - | allowed
base | ssm:GetCommandInvocation | everything | - | allowed
base | ssm:ListCommands | everything | - | allowed
base | autoscaling:DescribeAutoScalingGroups | everything | - | allowed
base | autoscaling:DescribeInstanceRefreshes | everything | - | allowed
base | autoscaling:DescribeScalingActivities | everything | - | allowed
base | elasticloadbalancing:DescribeTargetGroups | everything | - | allowed
base | elasticloadbalancing:DescribeTargetHealth | everything | - | allowed
base | sts:AssumeRole | execRole | - | allowed
base | sts:SetSourceIdentity | execRole | - | allowed
base | sts:AssumeRole | adminRole | - | denied
base | ec2:RebootInstances | web-1 | managed | denied
base | ec2:StopInstances | web-1 | managed | denied
base | ec2:TerminateInstances | web-1 | managed | denied
base | ssm:SendCommand | restart | - | denied
base | autoscaling:SetDesiredCapacity | group | managed | denied
base | elasticloadbalancing:DeregisterTargets | targetGroup | managed | denied
base | s3:GetObject | everything | - | denied
base | ec2:CreateTags | web-1 | managed | denied
exec | ec2:RebootInstances | web-1 | managed | allowed
exec | ec2:StartInstances | web-1 | managed | allowed
exec | ec2:StopInstances | web-1 | managed | allowed
exec | ec2:RebootInstances | web-1 | - | denied
exec | ec2:StopInstances | web-1 | unmanaged | denied
exec | ec2:RebootInstances | elsewhere | managed | denied
exec | ec2:RebootInstances | foreign | managed | denied
exec | ssm:SendCommand | web-1 | managed | allowed
exec | ssm:SendCommand | web-1 | - | denied
exec | ssm:SendCommand | restart | - | allowed
exec | ssm:SendCommand | tail | - | allowed
exec | ssm:SendCommand | ownDocument | - | denied
exec | ssm:SendCommand | shell | - | denied
exec | ssm:SendCommand | powershell | - | denied
exec | autoscaling:EnterStandby | group | managed | allowed
exec | autoscaling:ExitStandby | group | managed | allowed
exec | autoscaling:SetDesiredCapacity | group | managed | allowed
exec | autoscaling:SetDesiredCapacity | group | - | denied
exec | autoscaling:StartInstanceRefresh | group | managed | denied
exec | autoscaling:TerminateInstanceInAutoScalingGroup | group | managed | denied
exec | elasticloadbalancing:RegisterTargets | targetGroup | managed | denied
exec | ec2:ModifyInstanceAttribute InstanceType | web-1 | managed | denied
exec | ec2:TerminateInstances | web-1 | managed | denied
exec | ec2:CreateTags | web-1 | managed | denied
exec | ec2:DeleteTags | web-1 | managed | denied
exec | ssm:StartSession | web-1 | managed | denied
exec | ssm:UpdateDocument | restart | - | denied
exec | iam:PassRole | adminRole | - | denied
exec | sts:AssumeRole | adminRole | - | denied
exec | sts:AssumeRole | execRole | - | denied
exec, all options | ec2:ModifyInstanceAttribute InstanceType | web-1 | managed | allowed
exec, all options | ec2:ModifyInstanceAttribute instanceType | web-1 | managed | allowed
exec, all options | ec2:ModifyInstanceAttribute InstanceType | web-1 | - | denied
exec, all options | ec2:ModifyInstanceAttribute userData | web-1 | managed | denied
exec, all options | ec2:ModifyInstanceAttribute | web-1 | managed | denied
exec, all options | autoscaling:StartInstanceRefresh | group | managed | allowed
exec, all options | elasticloadbalancing:RegisterTargets | targetGroup | managed | allowed
exec, all options | elasticloadbalancing:DeregisterTargets | targetGroup | - | denied
session for web-1 | ec2:RebootInstances | web-1 | managed | allowed
session for web-1 | ec2:RebootInstances | web-2 | managed | denied
session for web-1 | ec2:StopInstances | web-2 | managed | denied
session for web-1 | ec2:RebootInstances | web-1 | - | denied
session for web-1 | ec2:ModifyInstanceAttribute InstanceType | web-1 | managed | allowed
session for web-1 | ec2:ModifyInstanceAttribute userData | web-1 | managed | denied
session for web-1 | ssm:SendCommand | restart | - | allowed
session for web-1 | ssm:SendCommand | shell | - | denied
session for web-1 | autoscaling:EnterStandby | group | managed | allowed
session for web-1 | autoscaling:EnterStandby | otherGroup | managed | denied
session for web-1 | elasticloadbalancing:DeregisterTargets | targetGroup | managed | allowed
session for web-1 | elasticloadbalancing:DeregisterTargets | otherTargetGroup | managed | denied
session for web-1 | ec2:DescribeInstances | everything | - | denied
exec and administrator | ec2:TerminateInstances | web-1 | managed | denied
exec and administrator | ec2:CreateTags | web-1 | managed | denied
exec and administrator | ec2:ModifyInstanceAttribute userData | web-1 | managed | denied
exec and administrator | ec2:RunInstances | everything | - | denied
exec and administrator | ssm:SendCommand | shell | - | denied
exec and administrator | ssm:UpdateDocument | restart | - | denied
exec and administrator | iam:PutRolePolicy | execRole | - | denied
exec and administrator | sts:AssumeRole | adminRole | - | denied
exec and administrator | s3:GetObject | everything | - | denied
`
  .trim()
  .split("\n")
  .map((line) => line.split(" | ") as [string, string, string, string, string]);

test.each(golden)("IAM: %s, %s on %s tagged %s is %s", (role, call, thing, tag, expected) => {
  const [action = "", attribute] = call.split(" ");
  const context: Record<string, string> = { "aws:RequestedRegion": region };
  if (tag !== "-") context["aws:ResourceTag/smartcloudops"] = tag;
  if (attribute !== undefined) context["ec2:Attribute"] = attribute;
  const asked: IamCall = { action, resource: things[thing] ?? "", context };
  expect(asked.resource).not.toBe("");
  expect(allows(roles[role] ?? [], asked) && roles[role] !== undefined ? "allowed" : "denied").toBe(expected);
});

test("the list of calls is long enough and says both", () => {
  expect(golden.length).toBeGreaterThanOrEqual(60);
  expect(new Set(golden.map((row) => row[4]))).toEqual(new Set(["allowed", "denied"]));
});

test("reading is what the code reads, acting is what it does, and nothing is a wildcard", () => {
  const services = { ec2: "ec2", "instance-types": "ec2", ssm: "ssm", "auto-scaling": "autoscaling" };
  const prefixes: Record<string, string> = { ...services, "load-balancing": "elasticloadbalancing" };
  const called = Object.entries(prefixes).flatMap(([file, prefix]) => {
    const source = readFileSync(new URL(`aws/${file}.ts`, import.meta.url), "utf8");
    return [...source.matchAll(/new (\w+)Command\(/g)].map(([, name]) => `${prefix}:${name}`);
  });
  const changes = ["RebootInstances", "StopInstances", "StartInstances", "ModifyInstanceAttribute"];
  const all = [...called, ...changes.map((name) => `ec2:${name}`), "sts:AssumeRole", "sts:SetSourceIdentity"];
  const granted = together("base", "exec", ...optional).Statement.flatMap(({ Effect, Action }) =>
    Effect === "Allow" ? Action : [],
  );
  expect([...new Set(granted)].sort()).toEqual([...new Set(all)].sort());
});

test("the denials are the same in both roles, in the boundary and for an organisation", () => {
  const denials = (name: string) =>
    read(name)
      .Statement.filter(({ Effect }) => Effect === "Deny")
      .map(({ Sid, Action, Resource }) => ({ Sid, Action, Resource }));
  const onward = denials("exec").at(-1);
  expect(onward?.Sid).toBe("NeverAnotherRole");
  expect(denials("exec-boundary")).toEqual(denials("exec"));
  expect(denials("scp")).toEqual(denials("exec"));
  expect([...denials("base"), onward]).toEqual(denials("exec"));
  const admin = { Effect: "Allow" as const, Action: ["*"], Resource: ["*"] };
  const scp = { ...read("scp"), Statement: [...read("scp").Statement, admin] };
  const call = (role: string): IamCall => ({
    action: "ec2:TerminateInstances",
    resource: things["web-1"] ?? "",
    context: { "aws:PrincipalArn": `arn:aws:iam::${account}:role/${role}` },
  });
  expect([allows([scp], call("smartcloudops-exec")), allows([scp], call("people"))]).toEqual([false, true]);
});

test("the exec role knows exactly our documents", () => {
  const named = read("exec").Statement.flatMap(({ Effect, Resource }) =>
    Effect === "Allow" ? Resource.flatMap((arn) => /:document\/(.*)$/.exec(arn)?.[1] ?? []) : [],
  );
  const files = readdirSync(new URL("deploy/ssm/", import.meta.url)).map((name) => name.replace(".yaml", ""));
  expect(named.sort()).toEqual([...ourDocuments].sort());
  expect(files.sort()).toEqual([...ourDocuments].sort());
});

test("models in S3 need just what is called there, under their prefix", () => {
  const source = readFileSync(new URL("aws/s3-model-files.ts", import.meta.url), "utf8");
  const called = [...source.matchAll(/new (\w+)Command\(/g)].map(([, name]) => `s3:${name}`);
  const [statement, ...rest] = read("models").Statement;
  expect(rest).toEqual([]);
  expect(statement?.Action.sort()).toEqual(called.sort());
  expect(statement?.Resource).toEqual(["arn:aws:s3:::BUCKET/PREFIX*"]);
});

test.each(mutations)(
  "under these roles a plan may $name at a fake AWS, and the bot alone may not",
  async (mutation) => {
    const aws = await openAws();
    mutation.prepare?.(aws);
    aws.state.basePolicy = read("base");
    aws.state.roles.set(execRole, together("exec", ...optional));
    const alone = cloudAt(aws);
    await expect(mutation.call(alone)).rejects.toMatchObject({
      code: expect.stringMatching(/^(UnauthorizedOperation|AccessDenied|AccessDeniedException)$/),
      accepted: "no",
    });
    const limited = await cloudAt(aws, { execRole }).limitedTo({
      plan: "plan-17",
      approver: "mara",
      instanceIds: [web1.id, web2.id, db1.id],
      groups: ["web"],
      targetGroups: ["web-tg"],
    });
    await mutation.call(limited);
    expect(aws.accepted).toHaveLength(1);
    await aws.close();
  },
);

test("under these roles everything can be looked at, and a dry run be asked", async () => {
  const aws = await openAws();
  aws.state.basePolicy = read("base");
  aws.state.roles.set(execRole, together("exec", ...optional));
  const cloud = cloudAt(aws, { execRole });
  await cloud.listInstances();
  await cloud.describe(web1.id);
  await cloud.instanceType("t3.micro");
  await cloud.protection(web1.id);
  await cloud.group("web");
  await cloud.refreshes("web");
  await cloud.targetGroup("web-tg");
  await cloud.managed(web1.id);
  await cloud.document("SmartCloudOps-RestartService");
  await cloud.findCommandByComment(web1.id, "exec-1");
  expect(await cloud.dryRun("stop", web2.id)).toEqual({ ok: true });
  expect(aws.accepted).toEqual([]);
  await aws.close();
});
