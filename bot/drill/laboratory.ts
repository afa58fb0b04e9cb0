import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "../commands/usage-error.ts";
import type { Laboratory } from "./faults.ts";
import { diskLimit, isInstalled, memoryLimit } from "./limits.ts";
import { startLoad } from "./load.ts";
import { serviceProcess, startKeeper } from "./processes.ts";

/** Asked for `up`; the project's own client has this shape. */
export type UpQuery = { query(expr: string): Promise<{ series: { values: number[] }[] }> };

export type LaboratoryOptions = {
  out: string;
  servicePort: number;
  memoryBytes?: number;
  diskBytes?: number;
  programs?: { service: URL; keeper: URL };
  print(line: string): void;
};

/**
 * Starts the sample service and its visitors and answers what faults may use, and where the service answers
 * (`127.0.0.1:PORT`). What has to be undone is added to `cleanups` before it can fail.
 */
export async function openLaboratory(
  options: LaboratoryOptions,
  cleanups: (() => Promise<void>)[],
): Promise<{ laboratory: Laboratory; instance: string }> {
  if (process.platform !== "linux")
    throw new UsageError("a drill needs Linux: it reads /proc and works with node_exporter");
  mkdirSync(options.out, { recursive: true });
  const programs = options.programs ?? {
    service: new URL("./service-process.js", import.meta.url),
    keeper: new URL("./keeper-process.js", import.meta.url),
  };
  const service = serviceProcess(programs.service, options.servicePort);
  cleanups.push(() => service.kill());
  await service.start();
  const load = startLoad({ port: () => service.port(), random: Math.random });
  cleanups.push(() => Promise.resolve(load.stop()));
  const instance = `127.0.0.1:${service.port()}`;
  options.print(
    `the sample service answers on http://${instance}, its metrics on http://${instance}/metrics`,
  );
  const laboratory: Laboratory = {
    service,
    keep: async (settings) => {
      const keeper = await startKeeper(programs.keeper, settings);
      cleanups.push(() => keeper.end());
      return keeper;
    },
    cpus: availableParallelism(),
    hasStressNg: isInstalled("stress-ng", process.env.PATH ?? ""),
    directory: options.out,
    memoryBytes: Math.min(memoryLimit(), options.memoryBytes ?? Infinity),
    diskBytes: Math.min(diskLimit(options.out), options.diskBytes ?? Infinity),
  };
  return { laboratory, instance };
}

/** Waits until Prometheus has seen the service up. Throws a UsageError that says what to add after a minute. */
export async function waitUntilScraped(prometheus: UpQuery, instance: string): Promise<void> {
  for (let attempt = 0; attempt < 30; attempt++) {
    const { series } = await prometheus.query(`up{instance="${instance}"}`);
    if (series.some(({ values }) => values.at(-1) === 1)) return;
    await sleep(2000);
  }
  throw new UsageError(
    `Prometheus has no up{instance="${instance}"} == 1 after a minute: add a scrape job with targets: ["${instance}"] and reload it`,
  );
}
