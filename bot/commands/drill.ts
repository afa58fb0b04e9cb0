import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fault, type FaultName, type Laboratory, faultNames, faults } from "../drill/faults.ts";
import {
  type LaboratoryOptions,
  type UpQuery,
  openLaboratory,
  waitUntilScraped,
} from "../drill/laboratory.ts";
import { startLoad } from "../drill/load.ts";
import { startService } from "../drill/service.ts";
import { stopWithTheWorld } from "../drill/stop.ts";
import { UsageError } from "./usage-error.ts";

/** `out` is the folder for `labels.csv`; the disk it lies on is the one that disk_fill and disk_io_storm use. */
export type DrillOptions = LaboratoryOptions & {
  /** Names of faults in the order in which they are caused; empty: all of them. */
  faults: readonly string[];
  /** Calm before the first fault, and after each of them. */
  quietSeconds?: number;
  calmSeconds?: number;
  /** How long each fault lasts; absent: as long as the fault says. */
  faultSeconds?: number;
  /** Asked whether the service is scraped (`up` of its instance) before the first fault; absent: not asked. */
  prometheus?: UpQuery;
  /** Who looks on while it happens. */
  observer?: Observer;
};

export type DrillLabel = { start: number; end: number; fault: FaultName };

/** Told, and where it answers a promise waited for, what a drill does. */
export type Observer = {
  /** The service answers at `instance` (address:port) and nothing is wrong yet; the calm begins afterwards. */
  serviceAnswers(instance: string): Promise<void>;
  /** The calm before the first fault began and will last so long. */
  quietBegan(seconds: number): void;
  /** The label's `end` is a plan until the fault is over. */
  faultBegan(label: DrillLabel): void;
  /** Aborts the drill as Ctrl-C would. */
  signal: AbortSignal;
};

/** What was done: every fault that began; `endedAt` (unix seconds) is before anything was cleaned up. */
export type DrillRun = { labels: DrillLabel[]; endedAt: number; finished: boolean };

export const calmSecondsByDefault = 120;
const quietSecondsByDefault = 600;
const mostSeconds = 24 * 3600;

/**
 * Causes real faults on this Linux machine one after another and writes when into `labels.csv` (`start,end,fault`, unix
 * seconds, rewritten as it goes). Everything it starts has the lowest priority, is bounded in time and size and ends
 * with it: on SIGINT, SIGTERM, SIGHUP, an error, or when the process that started it dies.
 */
export async function drill(options: DrillOptions): Promise<DrillRun> {
  const names = checkFaults(options.faults);
  checkSeconds(options);
  const stopping = new AbortController();
  const release = stopWithTheWorld(stopping, options.print);
  options.observer?.signal.addEventListener("abort", () => stopping.abort());
  const cleanups: (() => Promise<void>)[] = [];
  const run: DrillRun = { labels: [], endedAt: unixSeconds(), finished: false };
  try {
    const { laboratory, instance } = await openLaboratory(options, cleanups);
    if (options.prometheus !== undefined) await waitUntilScraped(options.prometheus, instance);
    await options.observer?.serviceAnswers(instance);
    await causeAll(names, { options, laboratory, run, signal: stopping.signal });
    run.finished = true;
    options.print(`done: ${names.length} faults, labels in ${join(options.out, "labels.csv")}`);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    options.print("stopped early; labels.csv holds what was done");
  } finally {
    run.endedAt = unixSeconds();
    for (const cleanup of cleanups.reverse()) await cleanup();
    release();
  }
  return run;
}

/** The names, or all there are when none is given. Throws a UsageError for a name that no fault has. */
export function checkFaults(names: readonly string[]): FaultName[] {
  const unknown = names.filter((name) => !faultNames.some((known) => known === name));
  if (unknown.length > 0) {
    throw new UsageError(`no fault is called ${unknown.join(", ")}; the faults are ${faultNames.join(", ")}`);
  }
  return names.length === 0 ? faultNames : (names as FaultName[]);
}

function checkSeconds({ quietSeconds, calmSeconds, faultSeconds }: DrillOptions): void {
  for (const [name, value] of Object.entries({ quietSeconds, calmSeconds, faultSeconds })) {
    if (value !== undefined && !(value > 0 && value <= mostSeconds)) {
      throw new UsageError(`${name} must be a number of seconds above 0 and at most ${mostSeconds}`);
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

type Course = { options: DrillOptions; laboratory: Laboratory; run: DrillRun; signal: AbortSignal };

async function causeAll(
  names: readonly FaultName[],
  { options, laboratory, run, signal }: Course,
): Promise<void> {
  const write = () => writeLabels(options.out, run.labels);
  write();
  const quietSeconds = options.quietSeconds ?? quietSecondsByDefault;
  const calmSeconds = options.calmSeconds ?? calmSecondsByDefault;
  options.print(`quiet for ${quietSeconds} s`);
  options.observer?.quietBegan(quietSeconds);
  await sleep(quietSeconds * 1000, undefined, { signal });
  for (const name of names) {
    const seconds = options.faultSeconds ?? faults[name].seconds;
    const label = { start: unixSeconds(), end: unixSeconds() + Math.ceil(seconds), fault: name };
    run.labels.push(label);
    // Written before it begins with its planned end, so that even kill -9 leaves no fault without a label.
    write();
    options.print(`${name}: ${faults[name].meaning}, ${seconds} s`);
    options.observer?.faultBegan(label);
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

function writeLabels(out: string, labels: readonly DrillLabel[]): void {
  const rows = labels.map(({ start, end, fault }) => `${start},${end},${fault}\n`);
  writeFileSync(join(out, "labels.csv"), `start,end,fault\n${rows.join("")}`);
}

function unixSeconds(): number {
  return Math.round(Date.now() / 1000);
}
