import { expect, expectTypeOf, test } from "vitest";
import type { Cloud } from "../remediation/cloud.ts";
import type { RecordedInstance } from "./dry-run/world.ts";
import { createDryRunCloud } from "./dry-run-cloud.ts";

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

test("the dry run fits the actions' port", () => {
  expectTypeOf<ReturnType<typeof createDryRunCloud>>().toExtend<Cloud>();
});

test("a recorded instance runs, another one is missing", async () => {
  const { cloud } = setUp();
  expect(await cloud.describe(web1.instanceId)).toMatchObject({
    state: "running",
    tags: { Name: "web-1", role: "web" },
  });
  expect(await cloud.describe("i-0other")).toEqual({ missing: true });
  expect(await cloud.listInstances()).toHaveLength(1);
});

test("a command takes two seconds, succeeds, is heard of once and is written down", async () => {
  const { cloud, lines, executed, clock } = setUp();
  const { commandId } = await cloud.sendCommand(restart);
  expect(lines).toEqual([
    'dry run: would have run SmartCloudOps-RestartService {"Service":["app"]} on web-1 (i-0a1b2c3d4e5f60001)',
  ]);
  clock.now += 1999;
  expect(await cloud.command(commandId, web1.instanceId)).toMatchObject({
    status: "InProgress",
    responseCode: null,
  });
  expect(executed).toEqual([]);
  clock.now += 1;
  expect(await cloud.command(commandId, web1.instanceId)).toMatchObject({
    status: "Success",
    responseCode: 0,
  });
  await cloud.command(commandId, web1.instanceId);
  expect(executed).toEqual([["restart_service", web1.instanceId, { Service: ["app"] }]]);
});

test("restarting a service that the recording does not know fails as systemctl does and cures nothing", async () => {
  const { cloud, executed, clock } = setUp();
  const { commandId } = await cloud.sendCommand({ ...restart, parameters: { Service: ["nginx"] } });
  clock.now += 5000;
  const outcome = await cloud.command(commandId, web1.instanceId);
  expect(outcome).toMatchObject({ status: "Failed", responseCode: 5 });
  expect(outcome.output).toMatch(/nginx.service not found/);
  expect(executed).toEqual([]);
});

test("a reboot answers its own boot probe and says so", async () => {
  const { cloud, lines, executed, clock } = setUp();
  expect(await cloud.dryRun("reboot", web1.instanceId)).toEqual({ ok: true });
  expect([cloud.bootTime(web1.instanceId), cloud.bootTime("i-0other")]).toEqual([0, null]);
  await cloud.reboot(web1.instanceId);
  expect(lines[0]).toMatch(/would have rebooted web-1 .*dry run's own, nothing booted/);
  expect(executed).toEqual([["reboot", web1.instanceId, {}]]);
  expect(cloud.bootTime(web1.instanceId)).toBe(0);
  clock.now += 3000;
  expect(cloud.bootTime(web1.instanceId)).toBe(1_800_000_002);
});

test("a command that was sent before a restart is found and finishes after it, and is heard of once", async () => {
  const { cloud, open, executed, clock } = setUp();
  const { commandId } = await cloud.sendCommand(restart);
  clock.now += 60_000;
  const second = open();
  expect(await second.findCommandByComment(web1.instanceId, "exec-1")).toEqual({ commandId });
  expect(await second.command(commandId, web1.instanceId)).toMatchObject({ status: "Success" });
  const third = open();
  expect(await third.command(commandId, web1.instanceId)).toMatchObject({ status: "Success" });
  expect(executed).toEqual([["restart_service", web1.instanceId, { Service: ["app"] }]]);
});

test("a reboot before a restart still answers after it, and is not heard of again", async () => {
  const { cloud, open, executed, clock } = setUp();
  await cloud.reboot(web1.instanceId);
  const second = open();
  expect(second.bootTime(web1.instanceId)).toBe(0);
  clock.now += 3000;
  expect(second.bootTime(web1.instanceId)).toBe(1_800_000_002);
  expect(executed).toEqual([["reboot", web1.instanceId, {}]]);
});

test("a command is accepted only once it is kept", async () => {
  const moments: string[] = [];
  const cloud = createDryRunCloud({
    instances: [web1],
    wall: () => 0,
    write: () => undefined,
    onExecuted: () => undefined,
    state: {
      load: () => null,
      save: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        moments.push("kept");
      },
    },
  });
  await cloud.sendCommand(restart);
  moments.push("accepted");
  expect(moments).toEqual(["kept", "accepted"]);
});

test("only the newest hundred commands are kept", async () => {
  const { cloud, open } = setUp();
  for (let n = 0; n <= 100; n += 1) await cloud.sendCommand({ ...restart, comment: `exec-${n}` });
  const second = open();
  expect(await second.findCommandByComment(web1.instanceId, "exec-0")).toBeNull();
  expect(await second.findCommandByComment(web1.instanceId, "exec-1")).not.toBeNull();
});

test("what was kept and cannot be read is an error that says how to go on", () => {
  expect(() => setUp({ sent: "all of it" })).toThrow(/npm start -- --fresh/);
});

test("diagnostics print the document's headings and say that nobody looked", async () => {
  const { cloud, clock } = setUp();
  const { commandId } = await cloud.sendCommand({
    ...restart,
    document: "SmartCloudOps-Diagnostics",
    parameters: {},
  });
  clock.now += 2000;
  const { status, output } = await cloud.command(commandId, web1.instanceId);
  expect(status).toBe("Success");
  expect(output.split("\n")[0]).toBe(
    "result: done (dry run: nobody looked at web-1, this is only the shape of the answer)",
  );
  expect(output).toMatch(/^memory:\n \(dry run\)/m);
  expect(output.length).toBeLessThan(1000);
});

test.each([
  ["an unknown instance", { ...restart, instanceId: "i-0other" }, "InvalidInstanceId"],
  ["an unknown document", { ...restart, document: "AWS-RunShellScript" }, "InvalidDocument"],
  ["a document named like a property", { ...restart, document: "constructor" }, "InvalidDocument"],
  ["a missing parameter", { ...restart, parameters: {} }, "InvalidParameters"],
  ["an extra parameter", { ...restart, parameters: { Service: ["app"], x: ["y"] } }, "InvalidParameters"],
  ["a shell in a parameter", { ...restart, parameters: { Service: ["app; reboot"] } }, "InvalidParameters"],
])("%s is refused with AWS's code and nothing happens", async (_, command, code) => {
  const { cloud, lines } = setUp();
  await expect(cloud.sendCommand(command)).rejects.toMatchObject({ code, accepted: "no" });
  expect(lines).toEqual([]);
});

test("an unknown instance cannot be rebooted", async () => {
  const { cloud } = setUp();
  await expect(cloud.reboot("i-0other")).rejects.toMatchObject({ code: "InvalidInstanceID.NotFound" });
  expect(await cloud.dryRun("reboot", "i-0other")).toMatchObject({ ok: false });
  expect(await cloud.managed("i-0other")).toMatchObject({ online: false });
});

test("a command is found by its comment, and an unknown one does not exist", async () => {
  const { cloud } = setUp();
  const { commandId } = await cloud.sendCommand(restart);
  expect(await cloud.findCommandByComment(web1.instanceId, "exec-1")).toEqual({ commandId });
  expect(await cloud.findCommandByComment(web1.instanceId, "exec-2")).toBeNull();
  await expect(cloud.command("nope", web1.instanceId)).rejects.toMatchObject({
    code: "InvocationDoesNotExist",
  });
});
