import { afterEach, beforeEach, expect, expectTypeOf, test } from "vitest";
import { type FakeAws, type Failure, startFakeAws } from "../../fixtures/fakes/aws-server.ts";
import type { FakeInstance } from "../../fixtures/fakes/aws-state.ts";
import type { Cloud } from "../../remediation/cloud.ts";
import { CloudError } from "../errors.ts";
import { createAwsCloud } from "./cloud.ts";
import { awsErrors } from "./error-codes.ts";
import { commandStatuses } from "./ssm.ts";

const web1: FakeInstance = {
  id: "i-0a1b2c3d4e5f60001",
  state: "running",
  type: "t3.medium",
  tags: { Name: "web-1", smartcloudops: "managed", odd: "<a & b>" },
  publicIp: "203.0.113.5",
  privateIp: "10.0.1.5",
  launchTime: "2026-11-01T08:00:00.000Z",
  zone: "eu-central-1a",
};
const restart = {
  document: "SmartCloudOps-RestartService",
  instanceId: web1.id,
  parameters: { service: ["app"] },
  comment: "exec-7-step-1",
};

let aws: FakeAws;
let waits: number[];

beforeEach(async () => {
  aws = await startFakeAws([web1]);
  aws.state.documents.set(restart.document, "Active");
  waits = [];
});
afterEach(() => aws.close());

function cloud(timeoutMs = 5000) {
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "for-the-fake-only" };
  return createAwsCloud(
    { region: "eu-central-1", endpoint: aws.endpoint, credentials, timeoutMs },
    {
      wait: (ms) => {
        waits.push(ms);
        return Promise.resolve();
      },
    },
  );
}

async function failureOf(work: Promise<unknown>): Promise<CloudError> {
  const outcome: unknown = await work.catch((error: unknown) => error);
  if (outcome instanceof CloudError) return outcome;
  throw new Error(`expected a CloudError, got ${JSON.stringify(outcome)}`);
}

test("the adapter fits the actions' port", () => {
  expectTypeOf<ReturnType<typeof cloud>>().toExtend<Cloud>();
});

test("an instance is described in our words", async () => {
  expect(await cloud().describe(web1.id)).toEqual({
    instanceId: web1.id,
    region: "eu-central-1",
    state: "running",
    type: "t3.medium",
    tags: web1.tags,
    autoScalingGroup: null,
    publicIp: "203.0.113.5",
    elasticIp: false,
    rootInstanceStore: false,
    privateIp: "10.0.1.5",
    launchTime: Date.parse("2026-11-01T08:00:00Z"),
  });
  expect(waits).toEqual([]);
  expect(aws.calls).toMatchObject([{ operation: "DescribeInstances", signed: true }]);
});

test("a member of an Auto Scaling group is known by EC2's own tag", async () => {
  aws.state.instances.set(web1.id, { ...web1, tags: { "aws:autoscaling:groupName": "web" } });
  expect(await cloud().describe(web1.id)).toMatchObject({ autoScalingGroup: "web" });
});

test("an instance is missing only when two looks five seconds apart say so", async () => {
  expect(await cloud().describe("i-0gone")).toEqual({ missing: true });
  expect(waits).toEqual([5000]);
});

test("a flickering not-found is not believed", async () => {
  aws.state.lies = ["missing"];
  expect(await cloud().describe(web1.id)).toMatchObject({ state: "running" });
  aws.state.lies = ["terminated"];
  expect(await cloud().describe(web1.id)).toMatchObject({ state: "running" });
  aws.state.lies = ["missing", "terminated", "missing"];
  expect(await failureOf(cloud().describe(web1.id))).toMatchObject({ code: "Inconsistent", accepted: "no" });
});

test("a terminated instance is told as such after the second look", async () => {
  aws.state.instances.set(web1.id, { ...web1, state: "terminated" });
  expect(await cloud().describe(web1.id)).toMatchObject({ state: "terminated" });
  expect(waits).toEqual([5000]);
});

test("all instances are listed over pages, without the terminated ones", async () => {
  for (let i = 0; i < 1200; i++) {
    const id = `i-${String(i).padStart(17, "0")}`;
    aws.state.instances.set(id, { ...web1, id, state: i % 2 === 0 ? "running" : "terminated" });
  }
  expect(await cloud().listInstances()).toHaveLength(601);
  expect(aws.calls).toHaveLength(3);
});

test("a dry run asks for permission and reboots nothing", async () => {
  expect(await cloud().dryRun("reboot", web1.id)).toEqual({ ok: true });
  aws.state.mayReboot = false;
  const refused = await cloud().dryRun("reboot", web1.id);
  expect(refused).toEqual({
    ok: false,
    reason: expect.stringMatching(/UnauthorizedOperation.*infra\/deploy\/iam/s),
  });
  expect(aws.accepted).toEqual([]);
});

test("a dry run that cannot be answered is an error, not a refusal", async () => {
  aws.fail("RebootInstances", { how: "throttle" });
  expect(await failureOf(cloud().dryRun("reboot", web1.id))).toMatchObject({ code: "RequestLimitExceeded" });
});

test("a reboot reaches EC2 once", async () => {
  await cloud().reboot(web1.id);
  expect(aws.accepted).toEqual([{ operation: "RebootInstances", instanceId: web1.id, detail: {} }]);
});

const rebootFailures: [Failure, { code: string; accepted: string }, effects: number][] = [
  [{ how: "throttle" }, { code: "RequestLimitExceeded", accepted: "no" }, 0],
  [{ how: "500" }, { code: "InternalError", accepted: "unknown" }, 0],
  [{ how: "hang-before-accept" }, { code: "Timeout", accepted: "unknown" }, 0],
  [{ how: "hang-after-accept" }, { code: "Timeout", accepted: "unknown" }, 1],
  [{ how: "reset-before-accept" }, { code: "ECONNRESET", accepted: "unknown" }, 0],
  [{ how: "reset-after-accept" }, { code: "ECONNRESET", accepted: "unknown" }, 1],
  [{ how: "code", code: "IncorrectInstanceState" }, { code: "IncorrectInstanceState", accepted: "no" }, 0],
  [{ how: "code", code: "SomethingNew" }, { code: "SomethingNew", accepted: "unknown" }, 0],
  [{ how: "code", code: "toString" }, { code: "toString", accepted: "unknown" }, 0],
  [
    { how: "code", code: "ServiceUnavailable", status: 503 },
    { code: "ServiceUnavailable", accepted: "unknown" },
    0,
  ],
];

test.each(rebootFailures)(
  "a reboot that fails by %j is called once and told as it is",
  async (failure, said, effects) => {
    aws.fail("RebootInstances", failure, 9);
    expect(await failureOf(cloud(700).reboot(web1.id))).toMatchObject(said);
    expect(aws.calls).toHaveLength(1);
    expect(aws.accepted).toHaveLength(effects);
  },
);

test.each(rebootFailures)(
  "a command that fails by %j is sent once and told as it is",
  async (failure, said, effects) => {
    aws.fail("SendCommand", failure, 9);
    const code = failure.how === "throttle" ? "ThrottlingException" : said.code;
    expect(await failureOf(cloud(700).sendCommand(restart))).toMatchObject({ ...said, code });
    expect(aws.calls).toHaveLength(1);
    expect(aws.accepted).toHaveLength(effects);
  },
);

test("a read is repeated after a throttle", async () => {
  aws.fail("DescribeInstances", { how: "throttle" });
  expect(await cloud().describe(web1.id)).toMatchObject({ state: "running" });
  expect(aws.calls).toHaveLength(2);
});

test("a read that hangs ends with what to do", async () => {
  aws.fail("DescribeInstances", { how: "hang-before-accept" }, 9);
  const failure = await failureOf(cloud(500).describe(web1.id));
  expect(failure.message).toMatch(
    /^AWS DescribeInstances for i-0a1b2c3d4e5f60001 failed: Timeout .*check the network/,
  );
});

test("an endpoint where nobody listens proves that nothing was sent", async () => {
  const silent = cloud();
  await aws.close();
  expect(await failureOf(silent.reboot(web1.id))).toMatchObject({ code: "ECONNREFUSED", accepted: "no" });
});

test("an agent is online, lost or unknown", async () => {
  expect(await cloud().managed(web1.id)).toEqual({ online: true, detail: "SSM agent 3.3.1 is Online" });
  aws.state.agents.set(web1.id, "ConnectionLost");
  expect(await cloud().managed(web1.id)).toEqual({
    online: false,
    detail: "SSM agent 3.3.1 is ConnectionLost",
  });
  aws.state.agents.clear();
  expect(await cloud().managed(web1.id)).toMatchObject({
    online: false,
    detail: expect.stringMatching(/SSM agent/),
  });
});

test("a document is active only when SSM says so", async () => {
  expect(await cloud().document(restart.document)).toMatchObject({ active: true });
  aws.state.documents.set(restart.document, "Creating");
  expect(await cloud().document(restart.document)).toMatchObject({ active: false });
  expect(await cloud().document("SmartCloudOps-Unheard")).toEqual({
    active: false,
    version: null,
    hash: null,
  });
});

test("a command goes out as it was asked, and its outcome is read", async () => {
  const { commandId } = await cloud().sendCommand(restart);
  expect(aws.accepted).toEqual([
    {
      operation: "SendCommand",
      instanceId: web1.id,
      detail: { document: restart.document, parameters: { service: ["app"] }, comment: "exec-7-step-1" },
    },
  ]);
  expect(await cloud().command(commandId, web1.id)).toEqual({
    status: "InProgress",
    responseCode: null,
    output: "",
  });
  expect(await cloud().command(commandId, web1.id)).toEqual({
    status: "Success",
    responseCode: 0,
    output: "result: done\n",
  });
});

test("a command that SSM does not list yet is told by its own code", async () => {
  const failure = await failureOf(cloud().command("11111111-1111-1111-1111-111111111111", web1.id));
  expect(failure).toMatchObject({ code: "InvocationDoesNotExist", accepted: "no" });
  expect(failure.message).toMatch(/ask again in a few seconds/);
});

test("every status of SSM is known, and a new one is UNKNOWN", async () => {
  const words = [...Object.keys(commandStatuses), "Delivery Timed Out", "Hibernating", "constructor"];
  const read: string[] = [];
  for (const status of words) {
    aws.state.nextProgress = [{ status, responseCode: 1, output: "", error: "boom" }];
    const { commandId } = await cloud().sendCommand(restart);
    const { status: said, output } = await cloud().command(commandId, web1.id);
    read.push(said);
    expect(output).toBe("boom");
  }
  expect(read).toEqual([...Object.keys(commandStatuses), "DeliveryTimedOut", "UNKNOWN", "UNKNOWN"]);
});

test("a command is found again by its comment, over pages, on its own instance only", async () => {
  const { commandId } = await cloud().sendCommand(restart);
  for (let i = 0; i < 60; i++) await cloud().sendCommand({ ...restart, comment: `exec-${100 + i}-step-1` });
  expect(await cloud().findCommandByComment(web1.id, "exec-7-step-1")).toEqual({ commandId });
  expect(await cloud().findCommandByComment(web1.id, "exec-7")).toBeNull();
  expect(await cloud().findCommandByComment("i-0other", "exec-7-step-1")).toBeNull();
});

test("a comment that SSM would refuse is never sent", async () => {
  const failure = await failureOf(cloud().sendCommand({ ...restart, comment: "x".repeat(101) }));
  expect(failure).toMatchObject({ code: "CommentTooLong", accepted: "no" });
  expect(aws.calls).toEqual([]);
});

test("an instance without an agent refuses the command before anything runs", async () => {
  aws.state.agents.set(web1.id, "ConnectionLost");
  expect(await failureOf(cloud().sendCommand(restart))).toMatchObject({
    code: "InvalidInstanceId",
    accepted: "no",
  });
  expect(aws.accepted).toEqual([]);
});

test("every listed error ends with something to do", () => {
  for (const [code, { remedy }] of Object.entries(awsErrors)) expect(remedy, code).toMatch(/^[A-Z].{20,}/);
});
