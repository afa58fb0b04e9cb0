import { randomUUID } from "node:crypto";
import type { CloudMutations } from "../../remediation/cloud.ts";
import type { CommandDetails, SsmMutations, SsmReads } from "../aws/ssm.ts";
import type { DryRunAction, SentCommand } from "../dry-run-state.ts";
import { stateOf } from "./instances.ts";
import { type DryRunWorld, knownInstance, type RecordedInstance, refusal, takesMs } from "./world.ts";

/** What the documents of `infra/deploy/ssm` do and take. */
export const dryRunDocuments: Readonly<
  Record<string, { action: DryRunAction; parameters: Readonly<Record<string, RegExp>> }>
> = {
  "SmartCloudOps-RestartService": {
    action: "restart_service",
    parameters: { Service: /^[A-Za-z0-9][A-Za-z0-9@._-]{0,63}$/ },
  },
  "SmartCloudOps-CleanDisk": { action: "clean_disk", parameters: {} },
  "SmartCloudOps-Diagnostics": { action: "diagnostics", parameters: {} },
  "SmartCloudOps-TailLogs": {
    action: "tail_logs",
    parameters: {
      Service: /^[A-Za-z0-9][A-Za-z0-9@._-]{0,63}$/,
      Lines: /^([1-9][0-9]|[1-4][0-9]{2}|500)$/,
    },
  },
};

/** systemctl's exit code for a unit that it does not know (LSB: not installed). */
const noSuchUnit = 5;
/** How many commands are remembered; SSM keeps them for 30 days. */
const commandsKept = 100;

/** Our SSM documents on the recorded instances: what was accepted before a restart ends after it. */
export function dryRunCommands(world: DryRunWorld): SsmReads & SsmMutations {
  return {
    managed: (instanceId) => Promise.resolve(managed(world, instanceId)),
    document: (name) =>
      Promise.resolve({ active: Object.hasOwn(dryRunDocuments, name), version: "1", hash: null }),
    sendCommand: (command) => sendCommand(world, command),
    command: (commandId, instanceId) => readCommand(world, commandId, instanceId),
    findCommandByComment: (instanceId, comment) => {
      const found = world.state.sent.findLast(
        (command) => command.instanceId === instanceId && command.comment === comment,
      );
      return Promise.resolve(found === undefined ? null : { commandId: found.id });
    },
  };
}

function managed(world: DryRunWorld, instanceId: string): { online: boolean; detail: string } {
  if (!world.instances.has(instanceId)) {
    return { online: false, detail: "dry run: not one of the recorded instances" };
  }
  const state = stateOf(world, instanceId);
  return state === "running"
    ? { online: true, detail: "dry run: taken as online" }
    : { online: false, detail: `dry run: the instance is ${state}` };
}

async function sendCommand(
  world: DryRunWorld,
  command: Parameters<CloudMutations["sendCommand"]>[0],
): Promise<{ commandId: string }> {
  const { name } = knownInstance(world, command.instanceId, "InvalidInstanceId");
  const taken = take(command, world.wall());
  if (!managed(world, command.instanceId).online) throw refusal("InvalidInstanceId", command.instanceId);
  world.state.sent = [...world.state.sent, taken].slice(-commandsKept);
  await world.save();
  world.write(
    `dry run: would have run ${command.document} ${JSON.stringify(command.parameters)} on ${name} (${command.instanceId})`,
  );
  return { commandId: taken.id };
}

async function readCommand(
  world: DryRunWorld,
  commandId: string,
  instanceId: string,
): Promise<CommandDetails> {
  const command = world.state.sent.find((each) => each.id === commandId && each.instanceId === instanceId);
  const instance = world.instances.get(instanceId);
  if (command === undefined || instance === undefined) throw refusal("InvocationDoesNotExist", commandId);
  if (world.wall() - command.sentAt < takesMs) {
    return { status: "InProgress", responseCode: null, output: "" };
  }
  const outcome = outcomeOf(command, instance);
  if (!command.executed) {
    // Marked at once, so that two who ask are not both first; kept after it is told, so that no cure is ever lost.
    world.state.sent = world.state.sent.map((each) =>
      each.id === commandId ? { ...each, executed: true } : each,
    );
    if (outcome.status === "Success") world.executed(command.action, instanceId, command.parameters);
    await world.save();
  }
  return outcome;
}

function take(
  { document, instanceId, parameters, comment }: Parameters<CloudMutations["sendCommand"]>[0],
  now: number,
): SentCommand {
  const definition = Object.hasOwn(dryRunDocuments, document) ? dryRunDocuments[document] : undefined;
  if (definition === undefined) throw refusal("InvalidDocument", document);
  const names = Object.keys(parameters);
  const fits = Object.entries(definition.parameters).every(([name, pattern]) => {
    const values = parameters[name] ?? [];
    return values.length === 1 && values.every((value) => pattern.test(value));
  });
  if (!fits || names.some((name) => !Object.hasOwn(definition.parameters, name))) {
    throw refusal("InvalidParameters", `${document} ${names.join(", ")}`);
  }
  const { action } = definition;
  return { id: randomUUID(), action, instanceId, parameters, comment, sentAt: now, executed: false };
}

function outcomeOf(
  { action, parameters }: SentCommand,
  { name, services }: RecordedInstance,
): CommandDetails {
  const service = parameters.Service?.[0] ?? "";
  if (action === "restart_service" && services !== null && !services.includes(service)) {
    const output = `result: failed, Unit ${service}.service not found (dry run; the recording knows ${services.join(", ")})\n`;
    return { status: "Failed", responseCode: noSuchUnit, output };
  }
  return { status: "Success", responseCode: 0, output: outputOf(action, service, name, services) };
}

function outputOf(
  action: DryRunAction,
  service: string,
  name: string,
  services: readonly string[] | null,
): string {
  if (action === "diagnostics") return diagnosticsOf(name, services);
  if (action === "tail_logs") {
    return `result: done (dry run: nobody looked at the journal of ${service} on ${name}, there are no lines)\n`;
  }
  return `result: done (dry run, nothing was touched on ${name})\n`;
}

/** The headings of SmartCloudOps-Diagnostics, without a number: nobody measured one. */
function diagnosticsOf(name: string, services: readonly string[] | null): string {
  return `result: done (dry run: nobody looked at ${name}, this is only the shape of the answer)

load:
 (dry run) users, and the load of the last 1, 5 and 15 minutes
memory:
 (dry run) total, used and free
disks:
 (dry run) size, used and free of each file system
busiest by processor and by memory:
 (dry run) eight processes each${services === null ? "" : `; the recorded service is ${services.join(", ")}`}
failed units:
 (dry run) what systemd could not start
newest errors:
 (dry run) thirty lines of the journal's last hour
`;
}
