import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fault, type FaultName, type Laboratory, faultNames, faults } from "../drill/faults.ts";
import { diskLimit, isInstalled, memoryLimit } from "../drill/limits.ts";
import { startLoad } from "../drill/load.ts";
import { serviceProcess, startKeeper } from "../drill/processes.ts";
import { startService } from "../drill/service.ts";
import { UsageError } from "./usage-error.ts";

export type DrillOptions = {
  /** Folder for `labels.csv`; made when it is missing. The disk it lies on is the one that disk_fill fills. */
  out: string;
  /** Names of faults in the order in which they are caused; empty: all of them. */
  faults: readonly string[];
  /** Port of the sample service on loopback; 0 takes a free one. */
  servicePort: number;
  /** Calm before the first fault, and after each of them. */
  quietSeconds?: number;
  calmSeconds?: number;
  /** How long each fault lasts; absent: as long as the fault says. */
  faultSeconds?: number;
  /** At most so much for memory_leak and disk_fill; never more than half of what is available. */
  memoryBytes?: number;
  diskBytes?: number;
  /** Asked whether the service is scraped (`up` of its instance) before the first fault; absent: not asked. */
  prometheus?: { query(expr: string): Promise<{ series: { values: number[] }[] }> };
  print(line: string): void;
  /** The compiled children, for a test that keeps them elsewhere. */
  programs?: { service: URL; keeper: URL };
};

type Label = { start: number; end: number; fault: FaultName };

const defaults = { quietSeconds: 600, calmSeconds: 120 };
const dayNeverLongerThan = 24 * 3600;
const parentCheckMs = 500;

/**
 * Causes real faults on this Linux machine one after another and writes when into `labels.csv` (`start,end,fault`, unix
 * seconds, rewritten as it goes). Everything it starts has the lowest priority, is bounded in time and size and ends
 * with it: on SIGINT, SIGTERM, SIGHUP, an error, or when the process that started it dies.
 */
export async function drill(options: DrillOptions): Promise<void> {
  const names = checkFaults(options.faults);
  checkSeconds(options);
  const stopping = new AbortController();
  const release = stopWithTheWorld(stopping, options.print);
  const cleanups: (() => Promise<void>)[] = [];
  try {
    const laboratory = await openLaboratory(options, cleanups);
    await causeAll(names, options, laboratory, stopping.signal);
    options.print(`done: ${names.length} faults, labels in ${join(options.out, "labels.csv")}`);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    options.print("stopped early; labels.csv holds what was done");
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
    release();
  }
}

function checkFaults(names: readonly string[]): FaultName[] {
  const unknown = names.filter((name) => !faultNames.some((known) => known === name));
  if (unknown.length > 0) {
    throw new UsageError(`no fault is called ${unknown.join(", ")}; the faults are ${faultNames.join(", ")}`);
  }
  return names.length === 0 ? faultNames : (names as FaultName[]);
}

function checkSeconds({ quietSeconds, calmSeconds, faultSeconds }: DrillOptions): void {
  for (const [name, value] of Object.entries({ quietSeconds, calmSeconds, faultSeconds })) {
    if (value !== undefined && !(value > 0 && value <= dayNeverLongerThan)) {
      throw new UsageError(`${name} must be a number of seconds above 0 and at most ${dayNeverLongerThan}`);
    }
  }
}

/** Runs only the sample service and its visitors, until the process is told to stop. Port 0 takes a free one. */
export async function drillService({
  servicePort,
  print,
}: Pick<DrillOptions, "servicePort" | "print">): Promise<void> {
  const service = await startService({ port: servicePort, random: Math.random });
  const load = startLoad({ port: () => service.port, random: Math.random });
  print(`the sample service answers on http://127.0.0.1:${service.port}; stop it with Ctrl-C`);
  const stopping = new AbortController();
  const release = stopWithTheWorld(stopping, print);
  await new Promise((resolve) => stopping.signal.addEventListener("abort", resolve));
  load.stop();
  await service.stop();
  release();
}

/** Aborts on a signal or when the process that started us is gone; answers how to stop listening. */
function stopWithTheWorld(stopping: AbortController, print: (line: string) => void): () => void {
  const stop = (reason: string) => {
    if (!stopping.signal.aborted) print(`${reason}: cleaning up`);
    stopping.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) stop("the process that started this drill has ended");
  }, parentCheckMs);
  return () => {
    clearInterval(watch);
    for (const signal of signals) process.off(signal, stop);
  };
}

async function openLaboratory(options: DrillOptions, cleanups: (() => Promise<void>)[]): Promise<Laboratory> {
  if (process.platform !== "linux")
    throw new UsageError("a drill needs Linux: it reads /proc and works with node_exporter");
  mkdirSync(options.out, { recursive: true });
  const programs = options.programs ?? {
    service: new URL("../drill/service-process.js", import.meta.url),
    keeper: new URL("../drill/keeper-process.js", import.meta.url),
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
  if (options.prometheus !== undefined) await waitUntilScraped(options.prometheus, instance);
  return {
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
}

async function waitUntilScraped(
  prometheus: NonNullable<DrillOptions["prometheus"]>,
  instance: string,
): Promise<void> {
  for (let attempt = 0; attempt < 30; attempt++) {
    const { series } = await prometheus.query(`up{instance="${instance}"}`);
    if (series.some(({ values }) => values.at(-1) === 1)) return;
    await sleep(2000);
  }
  throw new UsageError(
    `Prometheus has no up{instance="${instance}"} == 1 after a minute: add a scrape job with targets: ["${instance}"] and reload it`,
  );
}

async function causeAll(
  names: readonly FaultName[],
  options: DrillOptions,
  laboratory: Laboratory,
  signal: AbortSignal,
): Promise<void> {
  const labels: Label[] = [];
  const write = () => writeLabels(options.out, labels);
  write();
  const quietSeconds = options.quietSeconds ?? defaults.quietSeconds;
  const calmSeconds = options.calmSeconds ?? defaults.calmSeconds;
  options.print(`quiet for ${quietSeconds} s`);
  await sleep(quietSeconds * 1000, undefined, { signal });
  for (const name of names) {
    const seconds = options.faultSeconds ?? faults[name].seconds;
    const label = { start: unixSeconds(), end: unixSeconds() + Math.ceil(seconds), fault: name };
    labels.push(label);
    // Written before it begins with its planned end, so that even kill -9 leaves no fault without a label.
    write();
    options.print(`${name}: ${faults[name].meaning}, ${seconds} s`);
    try {
      await cause(faults[name], seconds, laboratory, signal);
    } finally {
      label.end = unixSeconds();
      write();
    }
    options.print(`${name} is over; calm for ${calmSeconds} s`);
    await sleep(calmSeconds * 1000, undefined, { signal });
  }
}

async function cause(
  fault: Fault,
  seconds: number,
  laboratory: Laboratory,
  signal: AbortSignal,
): Promise<void> {
  const end = await fault.begin(laboratory, seconds);
  try {
    await sleep(seconds * 1000, undefined, { signal });
  } finally {
    // A drill that is being stopped does not start its service again: the cleanups end everything.
    if (!signal.aborted) await end();
  }
}

function writeLabels(out: string, labels: readonly Label[]): void {
  const rows = labels.map(({ start, end, fault }) => `${start},${end},${fault}\n`);
  writeFileSync(join(out, "labels.csv"), `start,end,fault\n${rows.join("")}`);
}

function unixSeconds(): number {
  return Math.round(Date.now() / 1000);
}
