import { randomUUID } from "node:crypto";
import type { Ec2, InstanceDetails } from "./aws/ec2.ts";
import type { CommandDetails, Ssm } from "./aws/ssm.ts";
import { awsErrors } from "./aws/errors.ts";
import { type DryRunAction, type DryRunStore, loadDryRunState, type SentCommand } from "./dry-run-state.ts";
import { CloudError } from "./errors.ts";

/** An instance of the recording. `services` null: any service can be restarted. */
export type RecordedInstance = {
  instanceId: string;
  name: string;
  region: string;
  tags: Record<string, string>;
  services: readonly string[] | null;
};

export type DryRunCloud = Ec2 &
  Ssm & {
    /** The dry run's own boot probe: unix seconds of the last reboot it was asked for, 0 before; null: no such instance. */
    bootTime(instanceId: string): number | null;
  };

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
};

/** How long a command runs and a reboot takes, of wall time. */
const commandMs = 2_000;
/** systemctl's exit code for a unit that it does not know (LSB: not installed). */
const noSuchUnit = 5;
/** How many commands are remembered; SSM keeps them for 30 days. */
const commandsKept = 100;

/**
 * A cloud that touches nothing: it knows the recorded instances, answers with EC2's and SSM's shapes and error codes,
 * and writes what it would have done. `wall` is unix ms. `onExecuted` hears once of each action when it is over, so that
 * the recording can go on as it went after the cure. Commands and boots are kept in `state`: what was accepted before a
 * restart ends after it.
 */
export function createDryRunCloud(options: {
  instances: readonly RecordedInstance[];
  wall: () => number;
  write: (line: string) => void;
  onExecuted: (action: DryRunAction, instanceId: string, parameters: Record<string, string[]>) => void;
  state: DryRunStore;
}): DryRunCloud {
  const instances = new Map(options.instances.map((instance) => [instance.instanceId, instance]));
  const loaded = loadDryRunState(options.state);
  const boots = new Map(Object.entries(loaded.boots));
  let sent: readonly SentCommand[] = loaded.sent;
  const save = () => options.state.save({ sent: [...sent], boots: Object.fromEntries(boots) });

  return {
    describe: (instanceId) => {
      const instance = instances.get(instanceId);
      return Promise.resolve(instance === undefined ? { missing: true } : detailsOf(instance));
    },
    listInstances: () => Promise.resolve([...instances.values()].map(detailsOf)),
    rebootDryRun: (instanceId) => {
      if (instances.has(instanceId)) return Promise.resolve({ ok: true });
      return Promise.resolve({
        ok: false,
        reason: refusal("InvalidInstanceID.NotFound", instanceId).message,
      });
    },
    reboot: async (instanceId) => {
      const instance = known(instances, instanceId, "InvalidInstanceID.NotFound");
      boots.set(instanceId, Math.floor((options.wall() + commandMs) / 1000));
      await save();
      options.write(
        `dry run: would have rebooted ${instance.name} (${instanceId}); the boot time it reports from now on is the dry run's own, nothing booted`,
      );
      options.onExecuted("reboot", instanceId, {});
    },
    managed: (instanceId) =>
      Promise.resolve(
        instances.has(instanceId)
          ? { online: true, detail: "dry run: taken as online" }
          : { online: false, detail: "dry run: not one of the recorded instances" },
      ),
    document: (name) => Promise.resolve({ active: Object.hasOwn(dryRunDocuments, name) }),
    sendCommand: async (command) => {
      const { name } = known(instances, command.instanceId, "InvalidInstanceId");
      const taken = take(command, options.wall());
      sent = [...sent, taken].slice(-commandsKept);
      await save();
      options.write(
        `dry run: would have run ${command.document} ${JSON.stringify(command.parameters)} on ${name} (${command.instanceId})`,
      );
      return { commandId: taken.id };
    },
    command: async (commandId, instanceId) => {
      const command = sent.find((each) => each.id === commandId && each.instanceId === instanceId);
      const instance = instances.get(instanceId);
      if (command === undefined || instance === undefined) throw refusal("InvocationDoesNotExist", commandId);
      if (options.wall() - command.sentAt < commandMs) {
        return { status: "InProgress", responseCode: null, output: "" };
      }
      const outcome = outcomeOf(command, instance);
      if (!command.executed) {
        // Marked at once, so that two who ask are not both first; kept after it is told, so that no cure is ever lost.
        sent = sent.map((each) => (each.id === commandId ? { ...each, executed: true } : each));
        if (outcome.status === "Success") options.onExecuted(command.action, instanceId, command.parameters);
        await save();
      }
      return outcome;
    },
    findCommandByComment: (instanceId, comment) => {
      const found = sent.findLast(
        (command) => command.instanceId === instanceId && command.comment === comment,
      );
      return Promise.resolve(found === undefined ? null : { commandId: found.id });
    },
    bootTime: (instanceId) => {
      if (!instances.has(instanceId)) return null;
      const bootedAt = boots.get(instanceId) ?? 0;
      return bootedAt * 1000 > options.wall() ? 0 : bootedAt;
    },
  };
}

function take(
  { document, instanceId, parameters, comment }: Parameters<Ssm["sendCommand"]>[0],
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
  const output =
    action === "diagnostics"
      ? diagnosticsOf(name, services)
      : `result: done (dry run, nothing was touched on ${name})\n`;
  return { status: "Success", responseCode: 0, output };
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

function detailsOf(instance: RecordedInstance): InstanceDetails {
  return {
    instanceId: instance.instanceId,
    region: instance.region,
    state: "running",
    type: "recorded",
    tags: { Name: instance.name, ...instance.tags },
    autoScalingGroup: instance.tags["aws:autoscaling:groupName"] ?? null,
    publicIp: null,
    privateIp: null,
    launchTime: null,
  };
}

function known(
  instances: ReadonlyMap<string, RecordedInstance>,
  instanceId: string,
  code: string,
): RecordedInstance {
  const instance = instances.get(instanceId);
  if (instance === undefined) throw refusal(code, instanceId);
  return instance;
}

function refusal(code: string, subject: string): CloudError {
  const remedy = awsErrors[code]?.remedy ?? "Check the id";
  return new CloudError(`dry run: ${code} for ${subject}`, { code, accepted: "no", remedy });
}
