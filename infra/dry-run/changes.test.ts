import { expect, test } from "vitest";
import type { RecordedInstance } from "./world.ts";
import { createDryRunCloud } from "../dry-run-cloud.ts";

const web1 = {
  instanceId: "i-0a1b2c3d4e5f60001",
  name: "web-1",
  region: "us-east-1",
  tags: { role: "web" },
  services: ["app"],
};
const restart = {
  document: "SmartCloudOps-RestartService",
  instanceId: web1.instanceId,
  parameters: { Service: ["app"] },
  comment: "exec-1",
};

function setUp(kept: unknown = null, instances: readonly RecordedInstance[] = [web1]) {
  const lines: string[] = [];
  const executed: unknown[] = [];
  const clock = { now: 1_800_000_000_000 };
  let text = JSON.stringify(kept);
  const open = () =>
    createDryRunCloud({
      instances,
      wall: () => clock.now,
      write: (line) => lines.push(line),
      onExecuted: (...call) => executed.push(call),
      state: {
        load: () => JSON.parse(text) as unknown,
        save: (state) => void (text = JSON.stringify(state)),
      },
    });
  return { cloud: open(), open, lines, executed, clock };
}

const web2 = {
  ...web1,
  instanceId: "i-0a1b2c3d4e5f60002",
  name: "web-2",
  tags: { "aws:autoscaling:groupName": "web", "target-group": "web-tg" },
};
const web3 = { ...web2, instanceId: "i-0a1b2c3d4e5f60003", name: "web-3" };

test("an instance stops, takes another type and starts, each in its time, over restarts", async () => {
  const { cloud, open, lines, executed, clock } = setUp();
  const stateOf = async (from = open()) => await from.describe(web1.instanceId);
  await expect(cloud.modifyType(web1.instanceId, "t3.micro")).rejects.toMatchObject({
    code: "IncorrectInstanceState",
    accepted: "no",
  });
  await cloud.stop(web1.instanceId);
  expect(await stateOf()).toMatchObject({ state: "stopping" });
  await expect(cloud.start(web1.instanceId)).rejects.toMatchObject({ code: "IncorrectInstanceState" });
  clock.now += 2000;
  expect(await stateOf()).toMatchObject({ state: "stopped", type: "recorded" });
  expect(await cloud.managed(web1.instanceId)).toMatchObject({ online: false });
  await expect(cloud.sendCommand(restart)).rejects.toMatchObject({ code: "InvalidInstanceId" });
  await expect(cloud.reboot(web1.instanceId)).rejects.toMatchObject({ code: "IncorrectInstanceState" });
  await expect(cloud.modifyType(web1.instanceId, "huge")).rejects.toMatchObject({
    code: "InvalidInstanceAttributeValue",
  });
  await cloud.modifyType(web1.instanceId, "t3.micro");
  await cloud.start(web1.instanceId);
  expect(await stateOf()).toMatchObject({ state: "pending", type: "t3.micro" });
  expect(cloud.bootTime(web1.instanceId)).toBeNull();
  clock.now += 2000;
  expect(await stateOf()).toMatchObject({ state: "running", launchTime: clock.now });
  expect(open().bootTime(web1.instanceId)).toBe(clock.now / 1000);
  expect(lines.map((line) => /would have (\w+)/.exec(line)?.[1])).toEqual(["stopped", "made", "started"]);
  expect(executed).toEqual([]);
});

test("a type is known by its name's shape", async () => {
  const { cloud } = setUp();
  const types = ["t3.micro", "m6gd.large", "i4i.xlarge", "m5.large", "recorded", "huge", "t3.micro; x"];
  expect(await Promise.all(types.map((type) => cloud.instanceType(type)))).toEqual([
    { instanceStore: false, freeTier: true, architectures: ["x86_64"] },
    { instanceStore: true, freeTier: false, architectures: ["arm64"] },
    { instanceStore: true, freeTier: false, architectures: ["x86_64"] },
    { instanceStore: false, freeTier: false, architectures: ["x86_64"] },
    { instanceStore: false, freeTier: false, architectures: ["x86_64"] },
    null,
    null,
  ]);
  expect(await cloud.protection(web1.instanceId)).toEqual({ termination: false, stop: false });
});

test("there is a group only where a tag names one", async () => {
  const { cloud } = setUp();
  expect(await cloud.group("web")).toBeNull();
  expect(await cloud.targetGroup("web-tg")).toBeNull();
  await expect(cloud.setDesired("web", 1)).rejects.toMatchObject({ code: "ValidationError" });
  await expect(cloud.deregister("web-tg", web1.instanceId, null)).rejects.toMatchObject({
    code: "TargetGroupNotFound",
  });
});

test("a member goes on standby and comes back, within the group's limits, over restarts", async () => {
  const { cloud, open, clock } = setUp(null, [web2, web3]);
  const seen = async () =>
    (await open().group("web"))?.members.map(({ instanceId, lifecycle }) => [instanceId.at(-1), lifecycle]);
  expect(await cloud.group("web")).toMatchObject({ min: 1, max: 4, desired: 2 });
  await cloud.enterStandby("web", web2.instanceId);
  expect(await seen()).toEqual([
    ["3", "InService"],
    ["2", "EnteringStandby"],
  ]);
  clock.now += 2000;
  expect(await seen()).toEqual([
    ["3", "InService"],
    ["2", "Standby"],
  ]);
  expect(await cloud.group("web")).toMatchObject({ desired: 1 });
  await expect(cloud.enterStandby("web", web3.instanceId)).rejects.toMatchObject({ code: "ValidationError" });
  await expect(cloud.exitStandby("web", web3.instanceId)).rejects.toMatchObject({ code: "ValidationError" });
  await expect(cloud.enterStandby("web", web1.instanceId)).rejects.toMatchObject({ code: "ValidationError" });
  await cloud.exitStandby("web", web2.instanceId);
  clock.now += 2000;
  expect(await seen()).toEqual([
    ["2", "InService"],
    ["3", "InService"],
  ]);
  expect(await cloud.group("web")).toMatchObject({ desired: 2 });
});

test("a group grows, shrinks and is refreshed", async () => {
  const { cloud, clock } = setUp(null, [web2, web3]);
  const lifecycles = async () => (await cloud.group("web"))?.members.map(({ lifecycle }) => lifecycle);
  await expect(cloud.setDesired("web", 5)).rejects.toMatchObject({ code: "ValidationError" });
  await cloud.setDesired("web", 3);
  expect(await lifecycles()).toEqual(["InService", "InService", "Pending"]);
  clock.now += 2000;
  expect(await lifecycles()).toEqual(["InService", "InService", "InService"]);
  await cloud.setDesired("web", 1);
  expect(await lifecycles()).toEqual(["InService", "Terminating"]);
  clock.now += 2000;
  expect(await lifecycles()).toEqual(["InService"]);
  const { refreshId } = await cloud.startRefresh("web");
  await expect(cloud.startRefresh("web")).rejects.toMatchObject({ code: "InstanceRefreshInProgress" });
  expect(await cloud.refreshes("web")).toMatchObject([{ id: refreshId, status: "InProgress" }]);
  clock.now += 10_000;
  expect(await cloud.refreshes("web")).toMatchObject([{ id: refreshId, status: "Successful" }]);
});

test("a target is drained, is gone, and comes back with its port", async () => {
  const { cloud, open, clock } = setUp(null, [web2, web3]);
  const seen = async () => (await open().targetGroup("web-tg"))?.targets.map(({ health }) => health);
  await cloud.deregister("web-tg", web2.instanceId, 80);
  expect(await seen()).toEqual(["draining", "healthy"]);
  clock.now += 2000;
  expect(await seen()).toEqual(["healthy"]);
  await cloud.register("web-tg", web2.instanceId, 8080);
  expect(await seen()).toEqual(["initial", "healthy"]);
  clock.now += 2000;
  expect((await open().targetGroup("web-tg"))?.targets).toEqual([
    { instanceId: web2.instanceId, port: 8080, health: "healthy" },
    { instanceId: web3.instanceId, port: 80, health: "healthy" },
  ]);
  await expect(cloud.register("web-tg", "i-0other", null)).rejects.toMatchObject({ code: "InvalidTarget" });
});

test("a plan changes only what it names", async () => {
  const { cloud, lines } = setUp(null, [web1, web2, web3]);
  const limited = await cloud.limitedTo({
    plan: "plan-17",
    approver: "mara",
    instanceIds: [web2.instanceId],
    groups: ["web"],
    targetGroups: [],
  });
  for (const strange of [
    limited.reboot(web3.instanceId),
    limited.stop(web3.instanceId),
    limited.start(web3.instanceId),
    limited.modifyType(web3.instanceId, "t3.micro"),
    limited.setDesired("db", 1),
    limited.enterStandby("web", web3.instanceId),
    limited.exitStandby("db", web2.instanceId),
    limited.startRefresh("db"),
    limited.register("web-tg", web2.instanceId, null),
    limited.deregister("web-tg", web2.instanceId, null),
    limited.sendCommand({ ...restart, instanceId: web3.instanceId }),
  ])
    await expect(strange).rejects.toMatchObject({ code: "OutOfReach", accepted: "no" });
  expect(lines).toEqual([]);
  await limited.enterStandby("web", web2.instanceId);
  await limited.reboot(web2.instanceId);
  await limited.sendCommand({ ...restart, instanceId: web2.instanceId });
  expect(lines).toHaveLength(3);
});

test("a tail of the journal says that nobody looked", async () => {
  const { cloud, executed, clock } = setUp();
  const document = "SmartCloudOps-TailLogs";
  const parameters = { Service: ["app"], Lines: ["50"] };
  const { commandId } = await cloud.sendCommand({ ...restart, document, parameters });
  clock.now += 2000;
  expect((await cloud.command(commandId, web1.instanceId)).output).toMatch(/^result: done .*nobody looked/);
  expect(executed).toEqual([["tail_logs", web1.instanceId, parameters]]);
  const shell = { ...parameters, Lines: ["50; reboot"] };
  await expect(cloud.sendCommand({ ...restart, document, parameters: shell })).rejects.toMatchObject({
    code: "InvalidParameters",
  });
});
