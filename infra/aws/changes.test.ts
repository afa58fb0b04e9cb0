import { afterEach, beforeEach, expect, test } from "vitest";
import type { FakeAws } from "../../fixtures/fakes/aws-server.ts";
import { cloudAt, db1, documentName, openAws, web1, web2 } from "../../fixtures/fakes/aws-world.ts";

let aws: FakeAws;
let cloud: ReturnType<typeof cloudAt>;
beforeEach(async () => {
  aws = await openAws();
  cloud = cloudAt(aws);
});
afterEach(() => aws.close());

const stateOf = async (id: string) => {
  const seen = await cloud.describe(id);
  return "missing" in seen && seen.missing ? "missing" : (seen as { state: string }).state;
};
const lifecycles = async () =>
  (await cloud.group("web"))?.members.map(({ instanceId, lifecycle }) => [instanceId, lifecycle]);

test("an instance starts, takes another type only while stopped, and stops", async () => {
  await cloud.modifyType(db1.id, "t3.micro");
  await cloud.start(db1.id);
  expect([await stateOf(db1.id), await stateOf(db1.id)]).toEqual(["pending", "running"]);
  expect(await cloud.describe(db1.id)).toMatchObject({ type: "t3.micro" });
  await expect(cloud.modifyType(db1.id, "t3.medium")).rejects.toMatchObject({
    code: "IncorrectInstanceState",
    accepted: "no",
  });
  await cloud.stop(db1.id);
  await expect(cloud.start(db1.id)).rejects.toMatchObject({ code: "IncorrectInstanceState" });
  expect([await stateOf(db1.id), await stateOf(db1.id)]).toEqual(["stopping", "stopped"]);
  await expect(cloud.modifyType(db1.id, "m99.huge")).rejects.toMatchObject({
    code: "InvalidInstanceAttributeValue",
    accepted: "no",
  });
  expect(aws.accepted.map(({ operation }) => operation)).toEqual([
    "ModifyInstanceAttribute",
    "StartInstances",
    "StopInstances",
  ]);
});

test("a copy that lags still tells the old state and type for a while", async () => {
  aws.state.laggingLooks = 2;
  await cloud.modifyType(db1.id, "t3.micro");
  const seen = [await cloud.describe(db1.id), await cloud.describe(db1.id), await cloud.describe(db1.id)];
  expect(seen.map((view) => ("type" in view ? view.type : null))).toEqual([
    "t3.medium",
    "t3.medium",
    "t3.micro",
  ]);
});

test("an Elastic IP, an instance store and protection are told", async () => {
  const address = { publicIp: "203.0.113.5" };
  aws.state.instances.set(web1.id, { ...web1, ...address });
  expect(await cloud.describe(web1.id)).toMatchObject({ elasticIp: false, rootInstanceStore: false });
  aws.state.instances.set(web1.id, {
    ...web1,
    ...address,
    addressOwner: "123456789012",
    rootDevice: "instance-store",
    protectedFromStop: true,
  });
  expect(await cloud.describe(web1.id)).toMatchObject({ elasticIp: true, rootInstanceStore: true });
  expect(await cloud.protection(web1.id)).toEqual({ termination: false, stop: true });
  await expect(cloud.stop(web1.id)).rejects.toMatchObject({ code: "OperationNotPermitted", accepted: "no" });
});

test("a type is told, and one that EC2 does not know is null", async () => {
  expect(await cloud.instanceType("t3.micro")).toEqual({
    instanceStore: false,
    freeTier: true,
    architectures: ["x86_64"],
  });
  expect(await cloud.instanceType("m6gd.large")).toMatchObject({
    instanceStore: true,
    architectures: ["arm64"],
  });
  expect(await cloud.instanceType("m99.huge")).toBeNull();
});

test("a member is rebooted on standby and comes back, and Auto Scaling replaces nothing", async () => {
  await cloud.enterStandby("web", web1.id);
  expect(await lifecycles()).toEqual([
    [web1.id, "EnteringStandby"],
    [web2.id, "InService"],
  ]);
  expect(await lifecycles()).toEqual([
    [web1.id, "Standby"],
    [web2.id, "InService"],
  ]);
  expect(await cloud.group("web")).toMatchObject({ min: 1, max: 3, desired: 1 });
  await cloud.reboot(web1.id);
  await cloud.exitStandby("web", web1.id);
  await lifecycles();
  expect(await lifecycles()).toEqual([
    [web1.id, "InService"],
    [web2.id, "InService"],
  ]);
  expect(await cloud.group("web")).toMatchObject({ desired: 2 });
  expect(aws.state.terminations).toEqual([]);
});

test("a member that is rebooted or stopped in service is ended and replaced", async () => {
  await cloud.reboot(web1.id);
  expect(await cloud.describe(web1.id)).toMatchObject({ state: "terminated" });
  await cloud.stop(web2.id);
  expect((await lifecycles())?.map(([, lifecycle]) => lifecycle)).toEqual(["Pending", "Pending"]);
  expect(aws.state.terminations).toEqual([
    { instanceId: web1.id, group: "web", because: "it failed its health check" },
    { instanceId: web2.id, group: "web", because: "it was stopping" },
  ]);
});

test("a group refuses what does not fit it", async () => {
  const refused = { code: "ValidationError", accepted: "no" };
  await expect(cloud.setDesired("web", 4)).rejects.toMatchObject(refused);
  await expect(cloud.setDesired("web", 0)).rejects.toMatchObject(refused);
  await expect(cloud.enterStandby("web", db1.id)).rejects.toMatchObject(refused);
  await expect(cloud.exitStandby("web", web1.id)).rejects.toMatchObject(refused);
  await expect(cloud.setDesired("other", 1)).rejects.toMatchObject(refused);
  await cloud.enterStandby("web", web1.id);
  await expect(cloud.enterStandby("web", web2.id)).rejects.toMatchObject(refused);
  const group = aws.state.groups.get("web");
  if (group !== undefined) group.busy = true;
  await expect(cloud.setDesired("web", 2)).rejects.toMatchObject({
    code: "ScalingActivityInProgress",
    accepted: "no",
  });
  expect(await cloud.group("other")).toBeNull();
});

test("a group grows by one that is launched, and a refresh goes its way", async () => {
  await cloud.setDesired("web", 3);
  expect(await cloud.group("web")).toMatchObject({ desired: 3 });
  expect((await lifecycles())?.map(([, lifecycle]) => lifecycle)).toEqual([
    "InService",
    "InService",
    "InService",
  ]);
  const { refreshId } = await cloud.startRefresh("web");
  await expect(cloud.startRefresh("web")).rejects.toMatchObject({
    code: "InstanceRefreshInProgress",
    accepted: "no",
  });
  const seen = [await cloud.refreshes("web"), await cloud.refreshes("web"), await cloud.refreshes("web")];
  expect(seen.map(([refresh]) => [refresh?.id, refresh?.status])).toEqual([
    [refreshId, "Pending"],
    [refreshId, "InProgress"],
    [refreshId, "Successful"],
  ]);
  expect(seen[1]?.[0]).toMatchObject({ detail: "50 %", startedAt: expect.any(Number) });
});

test("a target is drained and gone, and comes back with its port", async () => {
  const healths = async () => (await cloud.targetGroup("web-tg"))?.targets.map(({ health }) => health);
  await cloud.deregister("web-tg", web1.id, null);
  expect([await healths(), await healths()]).toEqual([["draining", "healthy"], ["healthy"]]);
  await cloud.register("web-tg", web1.id, 8080);
  expect([await healths(), await healths()]).toEqual([
    ["healthy", "initial"],
    ["healthy", "healthy"],
  ]);
  expect((await cloud.targetGroup("web-tg"))?.targets.at(-1)).toEqual({
    instanceId: web1.id,
    port: 8080,
    health: "healthy",
  });
  await expect(cloud.register("web-tg", db1.id, null)).rejects.toMatchObject({ code: "InvalidTarget" });
  expect(await cloud.targetGroup("other")).toBeNull();
  await expect(cloud.register("other", web1.id, null)).rejects.toMatchObject({
    code: "TargetGroupNotFound",
    accepted: "no",
  });
  aws.fail("DescribeTargetGroups", { how: "500" }, 9);
  await expect(cloud.deregister("web-tg", web1.id, null)).rejects.toMatchObject({
    code: "InternalError",
    accepted: "no",
  });
});

test("a command runs the version that was looked at, or not at all", async () => {
  const { version, hash } = await cloud.document(documentName);
  expect([version, hash]).toEqual(["1", expect.stringMatching(/^[0-9a-f]{64}$/)]);
  const command = { document: documentName, instanceId: web1.id, parameters: {}, comment: "exec-1", version };
  await cloud.sendCommand(command);
  aws.state.documentVersions.set(documentName, "2");
  await expect(cloud.sendCommand(command)).rejects.toMatchObject({
    code: "InvalidDocumentVersion",
    accepted: "no",
  });
  expect((await cloud.document(documentName)).hash).not.toBe(hash);
  expect(aws.accepted).toHaveLength(1);
});

test("a new command is not seen at once", async () => {
  aws.state.unseenPolls = 2;
  const command = { document: documentName, instanceId: web1.id, parameters: {}, comment: "exec-1" };
  const { commandId } = await cloud.sendCommand(command);
  for (let poll = 0; poll < 2; poll += 1) {
    await expect(cloud.command(commandId, web1.id)).rejects.toMatchObject({ code: "InvocationDoesNotExist" });
  }
  expect(await cloud.command(commandId, web1.id)).toMatchObject({ status: "InProgress" });
  aws.state.nextProgress = [{ status: "Success", responseCode: 0, output: "x".repeat(30_000) }];
  const long = await cloud.sendCommand(command);
  aws.state.commands.forEach((each) => (each.unseen = 0));
  expect((await cloud.command(long.commandId, web1.id)).output).toHaveLength(24_000);
});

test("what Auto Scaling did with a group is read, newest first", async () => {
  const aws = await openAws();
  const group = aws.state.groups.get("web");
  if (group === undefined) throw new Error("there is no group");
  const startedAt = "2026-11-21T08:00:00Z";
  const description = "Launching a new EC2 instance";
  group.activities = [{ status: "Failed", description, message: "no <capacity>", startedAt }];
  expect(await cloudAt(aws).activities("web")).toEqual([
    { status: "Failed", description, message: "no <capacity>", startedAt: Date.parse(startedAt) },
  ]);
  await aws.close();
});
