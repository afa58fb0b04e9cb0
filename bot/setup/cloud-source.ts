import type { InstanceDetails } from "../../infra/aws/ec2.ts";
import type { Config } from "../../infra/config.ts";
import { createDryRunCloud } from "../../infra/dry-run-cloud.ts";
import type { RecordedInstance } from "../../infra/dry-run/world.ts";
import type { DryRunStore } from "../../infra/dry-run-state.ts";
import type { Target } from "../../infra/inventory.ts";
import type { Prometheus } from "../../infra/prometheus/client.ts";
import { PrometheusError } from "../../infra/prometheus/error.ts";
import type { TargetEntry } from "../../infra/targets-file.ts";
import { seriesMatcher } from "../../infra/prometheus/match-series.ts";
import type { Cloud } from "../../remediation/cloud.ts";
import type { MetricSource } from "./metric-source.ts";

export type CloudSource = {
  cloud: Cloud;
  /** Throws a CloudError when EC2 does not answer: then nothing may be acted on. */
  listInstances(): Promise<InstanceDetails[]>;
  /** Unix seconds at which the guest booted, null when nobody can tell. */
  bootTime(target: Target): Promise<number | null>;
  /** The instance this bot runs on; null when it runs elsewhere. */
  ownInstance(): Promise<string | null>;
};

type Dependencies = {
  source: MetricSource;
  /** Of `targets.yaml`. */
  entries: readonly TargetEntry[];
  wall: () => number;
  dryRunState: DryRunStore;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
};

/** AWS where it is asked for by name; else a dry run that knows the recorded instances and touches nothing. */
export async function openCloud(
  config: Config,
  { source, entries, wall, log, dryRunState }: Dependencies,
): Promise<CloudSource> {
  if (config.cloud.kind === "aws") {
    const { createAwsCloud } = await import("../../infra/aws/cloud.ts");
    const { ownInstanceId } = await import("../../infra/aws/own-instance.ts");
    const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
    let warned = false;
    const { region, endpoint, execRole } = config.cloud;
    const cloud = createAwsCloud({ region, endpoint, execRole }, { wait });
    return {
      cloud,
      listInstances: () => cloud.listInstances(),
      bootTime: (target) => guestBootTime(source.prometheus, target),
      ownInstance: async () => {
        const own = await ownInstanceId();
        if (own === null && !warned) {
          warned = true;
          log.warn({}, unknownSelf);
        }
        return own;
      },
    };
  }
  const { replay } = source;
  const dryRun = createDryRunCloud({
    instances: [...recordedInstances(source), ...listedInstances(entries)],
    wall,
    state: dryRunState,
    write: (line) => log.info({}, line),
    onExecuted: (action, instanceId) => {
      if (replay?.cure(action, instanceId)) log.info({ action, instanceId }, "the recorded recovery begins");
    },
  });
  return {
    cloud: dryRun,
    listInstances: () => dryRun.listInstances(),
    bootTime: async ({ instanceId }) => (instanceId === null ? null : dryRun.bootTime(instanceId)),
    ownInstance: async () => null,
  };
}

/** The instances of the recording. */
function recordedInstances({ replay }: MetricSource): RecordedInstance[] {
  return (replay?.capture.targets ?? []).map((target) => ({
    instanceId: target.instance_id,
    name: target.name,
    region: target.region,
    tags: {
      Name: target.name,
      ...(target.service === null ? {} : { service: target.service }),
      ...target.tags,
    },
    services: target.service === null ? null : [target.service],
  }));
}

/** With a real Prometheus: what `targets.yaml` names, so that approvals can be rehearsed before AWS is real. */
function listedInstances(entries: readonly TargetEntry[]): RecordedInstance[] {
  return entries.flatMap((entry) =>
    entry.instance_id === undefined
      ? []
      : [
          {
            instanceId: entry.instance_id,
            name: entry.name,
            region: entry.region ?? "us-east-1",
            tags: { Name: entry.name, ...entry.tags },
            services: null,
          },
        ],
  );
}

const unknownSelf =
  "the metadata service does not say which instance this is: if the bot runs on EC2, leave its own instance without the tag smartcloudops=managed, so that IAM refuses what the bot cannot recognise as itself";

/** What node_exporter says of the last boot. */
async function guestBootTime(prometheus: Prometheus, target: Target): Promise<number | null> {
  try {
    const { series } = await prometheus.query("node_boot_time_seconds");
    const match = seriesMatcher([target]);
    const own = series.find(({ labels }) => match(labels) !== null);
    return own?.values.at(-1) ?? null;
  } catch (error) {
    if (!(error instanceof PrometheusError)) throw error;
    return null;
  }
}
