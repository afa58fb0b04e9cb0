import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readCapture } from "../../infra/capture.ts";
import { openDatabaseReadOnly } from "../../infra/database/open.ts";
import { createPrometheus } from "../../infra/prometheus/client.ts";
import { approversOf } from "../../remediation/people.ts";
import { packageRoot } from "../package-root.ts";
import { loadDefinitions } from "../setup/definitions.ts";
import { doctor } from "./doctor.ts";
import { loadConfiguration } from "./load-configuration.ts";

/** `smartcloudops doctor`: true when nothing must be changed. */
export async function doctorCommand(options: {
  report: string | null;
  print: (line: string) => void;
}): Promise<boolean> {
  const config = loadConfiguration();
  const store = join(config.dataDirectory, "smartcloudops.db");
  const { metrics } = config;
  const { ok, lines } = await doctor({
    config,
    nodeVersion: process.versions.node,
    checkWritable: async (directory) => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const probe = join(directory, `.probe-${process.pid}`);
      await writeFile(probe, "");
      await rm(probe);
    },
    readStore: async () => {
      if (!existsSync(store)) return null;
      const database = await openDatabaseReadOnly(store);
      await database.close();
      return { schema: "current" };
    },
    prometheusReady: () =>
      metrics.kind === "prometheus"
        ? createPrometheus({ url: metrics.url }).ready()
        : Promise.resolve({ ok: false, reason: "the metrics are a recording" }),
    readRecording: async () => {
      const own = join(packageRoot(), "fixtures", "captures", "web-1");
      const directory = metrics.kind === "recording" ? (metrics.directory ?? own) : own;
      return (await readCapture(directory)).name;
    },
    readPolicy: async () => ({ approvers: approversOf((await loadDefinitions(config)).policy) }),
    awsIdentity: async () => {
      if (config.cloud.kind !== "aws") return "not asked";
      const { createAwsCloud } = await import("../../infra/aws/cloud.ts");
      const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
      const { region, endpoint } = config.cloud;
      const instances = await createAwsCloud({ region, endpoint }, { wait }).listInstances();
      return `EC2 answers with ${instances.length} instances`;
    },
  });
  for (const line of lines) options.print(line);
  if (options.report !== null) await writeFile(options.report, `${lines.join("\n")}\n`);
  return ok;
}
