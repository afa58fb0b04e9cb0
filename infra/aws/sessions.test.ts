import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mutations } from "../../fixtures/fakes/aws-outcomes.ts";
import type { FakeAws } from "../../fixtures/fakes/aws-server.ts";
import { cloudAt, db1, documentName, execRole, openAws, web1, web2 } from "../../fixtures/fakes/aws-world.ts";
import { awsClients } from "./clients.ts";
import { awsMutations } from "./cloud.ts";
import { limitedClients } from "./sessions.ts";

const reach = {
  plan: "plan-17",
  approver: "slack:T1/U1",
  instanceIds: [web1.id],
  groups: ["web"],
  targetGroups: ["web-tg"],
};

let aws: FakeAws;
beforeEach(async () => {
  aws = await openAws();
});
afterEach(() => aws.close());

test("a plan acts in a session of its own name, with its approver and nothing but its own things", async () => {
  const limited = await cloudAt(aws, { execRole }).limitedTo(reach);
  await limited.enterStandby("web", web1.id);
  await limited.reboot(web1.id);
  await limited.deregister("web-tg", web1.id, 80);
  await limited.sendCommand({
    document: documentName,
    instanceId: web1.id,
    parameters: { Service: ["app"] },
    comment: "exec-17",
  });
  expect(aws.accepted.map(({ operation }) => operation)).toEqual([
    "EnterStandby",
    "RebootInstances",
    "DeregisterTargets",
    "SendCommand",
  ]);
  const [[key, session] = ["", undefined]] = [...aws.state.sessions];
  expect(session).toMatchObject({ role: execRole, name: "exec-plan-17", source: "slack-T1-U1" });
  const changes = aws.calls.filter(({ operation }) => !/^(Describe|Assume)/.test(operation));
  expect(new Set(changes.map(({ accessKey }) => accessKey))).toEqual(new Set([key]));
});

/** The mutations of a session without our own check before them: what AWS says to a bot with a bug. */
async function carelessly(names: { instanceIds: string[]; groups: string[]; targetGroups: string[] }) {
  const settings = {
    region: "eu-central-1",
    endpoint: aws.endpoint,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "for-the-fake-only" },
  };
  const clients = awsClients(settings);
  const arns = {
    groupArn: (name: string) => Promise.resolve(`${groupPrefix}${name}`),
    targetGroupArn: (name: string) => Promise.resolve(`${targetGroupPrefix}${name}/50dc6c495c0c9188`),
  };
  const request = { ...names, name: "exec-plan-18", source: "mara" };
  const session = await limitedClients({ settings, clients, role: execRole, arns }, request);
  return awsMutations(session, clients);
}
const groupPrefix =
  "arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:0a1b2c3d-0000-4000-8000-000000000000:autoScalingGroupName/";
const targetGroupPrefix = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/";

test.each(mutations)("AWS itself refuses $name on what the plan does not name", async (mutation) => {
  mutation.prepare?.(aws);
  const other = await carelessly({
    instanceIds: ["i-0a1b2c3d4e5f60099"],
    groups: ["other"],
    targetGroups: ["other"],
  });
  await expect(mutation.call(other)).rejects.toMatchObject({
    code: expect.stringMatching(/^(UnauthorizedOperation|AccessDenied|AccessDeniedException)$/),
    accepted: "no",
  });
  expect(aws.accepted).toEqual([]);
  const named = await carelessly({
    instanceIds: [web1.id, web2.id, db1.id],
    groups: ["web"],
    targetGroups: ["web-tg"],
  });
  await mutation.call(named);
  expect(aws.accepted).toHaveLength(1);
});

test("a failure does not carry the session's keys, however deep one looks", async () => {
  const limited = await cloudAt(aws, { execRole }).limitedTo(reach);
  aws.fail("RebootInstances", { how: "code", code: "SomethingNew" });
  const failure: unknown = await limited.reboot(web1.id).catch((error: unknown) => error);
  const [key = "", session] = [...aws.state.sessions][0] ?? [];
  const seen = inspect(failure, { depth: 20, showHidden: true });
  expect(seen).toContain("SomethingNew");
  expect(seen).not.toContain(key);
  expect(seen).not.toContain(session?.token);
});

test("AWS itself refuses a document that is not ours, and another attribute than the type", async () => {
  aws.state.documents.set("AWS-RunShellScript", "Active");
  const named = await carelessly({ instanceIds: [web1.id], groups: [], targetGroups: [] });
  const shell = { document: "AWS-RunShellScript", instanceId: web1.id, parameters: {}, comment: "x" };
  await expect(named.sendCommand(shell)).rejects.toMatchObject({ code: "AccessDeniedException" });
  expect(aws.accepted).toEqual([]);
});

test.each([
  ["the role cannot be assumed", () => aws.state.roles.clear(), "AccessDenied"],
  ["STS is broken", () => aws.fail("AssumeRole", { how: "500" }, 9), "InternalError"],
  ["STS does not answer", () => aws.fail("AssumeRole", { how: "hang-after-accept" }, 9), "Timeout"],
  ["STS answers rubbish", () => aws.fail("AssumeRole", { how: "garbled" }, 9), "UnreadableAnswer"],
  ["STS answers nothing", () => aws.fail("AssumeRole", { how: "empty" }, 9), "NoKeys"],
  ["the group is gone", () => aws.state.groups.clear(), "NotFound"],
  ["the target group is gone", () => aws.state.targetGroups.clear(), "NotFound"],
  [
    "the group cannot be looked up",
    () => aws.fail("DescribeAutoScalingGroups", { how: "500" }, 9),
    "InternalError",
  ],
] as const)("when %s, nothing is called and nothing happened", async (_, spoil, code) => {
  spoil();
  const begun = cloudAt(aws, { execRole, timeoutMs: 1500 }).limitedTo(reach);
  await expect(begun).rejects.toMatchObject({
    code,
    accepted: "no",
    message: expect.stringMatching(/\. [A-Z]/),
  });
  expect(aws.accepted).toEqual([]);
});

test("keys are renewed once before they end, for all services, and when that fails nothing was sent", async () => {
  // The fake's clock is behind, so that its keys end in four minutes: too soon for a call that begins now.
  aws.state.now = () => Date.now() - 11 * 60_000;
  const limited = await cloudAt(aws, { execRole }).limitedTo(reach);
  aws.state.now = Date.now;
  await Promise.all([limited.stop(web1.id), limited.deregister("web-tg", web1.id, 80)]);
  expect(aws.state.sessions.size).toBe(2);
  expect(aws.accepted).toHaveLength(2);
  aws.state.now = () => Date.now() - 11 * 60_000;
  const other = await cloudAt(aws, { execRole }).limitedTo({ ...reach, instanceIds: [db1.id] });
  aws.state.roles.clear();
  await expect(other.start(db1.id)).rejects.toMatchObject({ code: "AccessDenied", accepted: "no" });
  expect(aws.accepted).toHaveLength(2);
});

test("a plan that names nothing begins no session and may change nothing", async () => {
  const nothing = { ...reach, instanceIds: [], groups: [], targetGroups: [] };
  const limited = await cloudAt(aws, { execRole }).limitedTo(nothing);
  await expect(limited.reboot(web1.id)).rejects.toMatchObject({ code: "OutOfReach", accepted: "no" });
  expect(aws.calls).toEqual([]);
});

test("a dry run asks with the rights that the plan would have", async () => {
  const cloud = cloudAt(aws, { execRole });
  expect(await cloud.dryRun("stop", web1.id)).toEqual({ ok: true });
  const none = { Version: "2012-10-17", Statement: [] } as const;
  aws.state.roles.set(execRole, { ...none, Statement: [] });
  expect(await cloud.dryRun("stop", web1.id)).toMatchObject({
    ok: false,
    reason: expect.stringContaining("UnauthorizedOperation"),
  });
  expect(aws.accepted).toEqual([]);
});

test("without a role a plan acts with the bot's own rights, and still only on what it names", async () => {
  const limited = await cloudAt(aws).limitedTo({ ...reach, instanceIds: [web1.id] });
  await limited.reboot(web1.id);
  await expect(limited.reboot(web2.id)).rejects.toMatchObject({ code: "OutOfReach" });
  expect(aws.state.sessions.size).toBe(0);
  expect(aws.accepted).toHaveLength(1);
});
