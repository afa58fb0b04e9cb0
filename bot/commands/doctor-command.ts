import { existsSync } from "node:fs";
import { rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { createAlertmanager } from "../../infra/alertmanager.ts";
import { readCapture } from "../../infra/capture.ts";
import { describeStore } from "../../infra/database/open-store.ts";
import { createPrometheus } from "../../infra/prometheus/client.ts";
import { loadCatalog } from "../../infra/prometheus/load-catalog.ts";
import { readTargetsFile } from "../../infra/targets-file.ts";
import type { Config } from "../../infra/config.ts";
import { onlyThisMachine } from "../setup/principals.ts";
import { atLeast } from "../../remediation/people.ts";
import type { Policy } from "../../remediation/policy.ts";
import { packageRoot } from "../package-root.ts";
import { loadDefinitions } from "../setup/definitions.ts";
import { cloudIdentity } from "./cloud-identity.ts";
import { doctor } from "./doctor.ts";
import { explainFailure } from "./explain-failure.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { UsageError } from "./usage-error.ts";

/** `smartcloudops doctor`: true when nothing must be changed. */
export async function doctorCommand(options: {
  report: string | null;
  print: (line: string) => void;
}): Promise<boolean> {
  const config = loadConfiguration();
  const { metrics } = config;
  const { ok, lines } = await doctor({
    config,
    nodeVersion: process.versions.node,
    checkWritable,
    readStore: () => describeStore(config, Date.now),
    prometheusReady: () =>
      metrics.kind === "prometheus"
        ? createPrometheus({ url: metrics.url }).ready()
        : Promise.resolve({ ok: false, reason: "the metrics are a recording" }),
    alertmanagerReady: () =>
      config.alertmanagerUrl === null
        ? Promise.resolve({ ok: false, reason: "it is off" })
        : createAlertmanager({ url: config.alertmanagerUrl, wall: Date.now }).ready(),
    readRecording: async () => {
      const own = join(packageRoot(), "fixtures", "captures", "web-1");
      const directory = metrics.kind === "recording" ? (metrics.directory ?? own) : own;
      return (await readCapture(directory)).name;
    },
    readPolicy: async () => ({
      approvers: reachableApprovers((await loadDefinitions(config)).policy, surfacesOn(config)),
    }),
    readDefinitions: async () => {
      const { runbooks, rules } = await loadDefinitions(config);
      const { metrics: catalog } = await loadCatalog({ file: config.catalogFile });
      const targets = config.targetsFile === null ? [] : await readTargetsFile(config.targetsFile);
      return `${runbooks.length} runbooks, ${rules.length} rules, ${catalog.length} metrics, ${targets.length} listed targets`;
    },
    awsIdentity: async () => {
      if (config.cloud.kind !== "aws") return "not asked";
      const { createAwsCloud } = await import("../../infra/aws/cloud.ts");
      const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
      const { region, endpoint, execRole } = config.cloud;
      return cloudIdentity(createAwsCloud({ region, endpoint, execRole }, { wait }), execRole !== null);
    },
  });
  for (const line of lines) options.print(line);
  if (options.report !== null) await writeReport(options.report, lines);
  return ok;
}

/** The prefixes of identities that somebody can speak with under this configuration. */
function surfacesOn(config: Config): string[] {
  return [
    ...(onlyThisMachine(config) ? ["console:"] : []),
    ...(config.slack === null ? [] : ["slack:"]),
    ...(config.discord === null ? [] : ["discord:"]),
  ];
}

function reachableApprovers(policy: Policy, surfaces: readonly string[]): string[] {
  const isOn = (identity: string) => surfaces.some((prefix) => identity.startsWith(prefix));
  const people = Object.entries(policy.people)
    .filter(([, person]) => atLeast(person.role, "approver") && person.identities.some(isOn))
    .map(([id, person]) => person.name ?? id);
  const groups = Object.entries(policy.groups)
    .filter(([group, role]) => atLeast(role, "approver") && isOn(group))
    .map(([group]) => `members of ${group}`);
  return [...people, ...groups];
}

/** Whether a file can be made in the folder, or where it is missing in the nearest folder above it; leaves nothing behind. */
export async function checkWritable(directory: string): Promise<void> {
  let folder = resolve(directory);
  while (!existsSync(folder)) folder = dirname(folder);
  if (!(await stat(folder)).isDirectory()) throw new UsageError(`${folder} is a file`);
  const probe = join(folder, `.probe-${process.pid}`);
  await writeFile(probe, "", { flag: "wx" });
  await rm(probe);
}

async function writeReport(file: string, lines: readonly string[]): Promise<void> {
  try {
    await writeFile(file, `${lines.join("\n")}\n`);
  } catch (error) {
    throw new UsageError(`--report ${explainFailure(error).message}`, { cause: error });
  }
}
