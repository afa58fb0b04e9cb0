import { limits } from "./limits.ts";
import type { Keeper, KeeperSettings, ServiceProcess } from "./processes.ts";
import { healthy } from "./service.ts";

/** What a fault may use, and how much of it at most. */
export type Laboratory = {
  service: ServiceProcess;
  keep(settings: KeeperSettings): Promise<Keeper>;
  cpus: number;
  hasStressNg: boolean;
  /** Folder on the disk to fill. */
  directory: string;
  memoryBytes: number;
  diskBytes: number;
};

export type Fault = {
  meaning: string;
  /** Metrics of the catalog that move because of it: the causes that an explanation should name. */
  showsIn: readonly string[];
  /** How long it lasts unless asked otherwise. */
  seconds: number;
  /** Starts the fault and answers how to end it. */
  begin(laboratory: Laboratory, seconds: number): Promise<() => Promise<void>>;
};

/** A keeper ends by itself this long after it should have been ended. */
const spareSeconds = 10;
const memory = ["memory_usage_percent", "memory_usage_bytes"];
const responseTimes = ["response_time_p50_seconds", "response_time_p95_seconds", "response_time_p99_seconds"];

export const faults = {
  memory_leak: {
    meaning: "the service leaks memory, holds it, and is restarted",
    showsIn: memory,
    seconds: 270,
    begin: ({ service, memoryBytes }, seconds) => {
      // As in the recording of web-1: five parts of nine rising, the rest held.
      const leakBytesPerSecond = memoryBytes / (seconds * (5 / 9));
      service.misbehave({ ...healthy, leakBytesPerSecond, leakLimitBytes: memoryBytes });
      return Promise.resolve(() => restart(service));
    },
  },
  error_storm: {
    meaning: "one request in four fails",
    showsIn: ["error_rate"],
    seconds: 180,
    begin: ({ service }) => misbehaving(service, { ...healthy, errorFraction: 0.25 }),
  },
  cpu_saturation: {
    meaning: "twice as many busy workers as there are processors",
    showsIn: ["cpu_usage_percent", "load1"],
    seconds: 150,
    begin: (laboratory, seconds) => {
      const workers = Math.min(2 * laboratory.cpus, limits.workers);
      const length = { seconds: Math.ceil(seconds + spareSeconds) };
      return keeping(
        laboratory,
        laboratory.hasStressNg
          ? [{ kind: "stress-ng", stressors: ["--cpu", String(workers)], ...length }]
          : Array.from({ length: workers }, () => ({ kind: "burn", ...length })),
      );
    },
  },
  disk_fill: {
    meaning: "a file grows, stays, and is removed",
    showsIn: ["disk_usage_percent", "disk_write_bytes_per_second"],
    seconds: 150,
    begin: (laboratory, seconds) =>
      keeping(laboratory, [
        {
          kind: "disk",
          directory: laboratory.directory,
          bytes: laboratory.diskBytes,
          fillSeconds: 0.4 * seconds,
          seconds: seconds + spareSeconds,
        },
      ]),
  },
  latency: {
    meaning: "every request takes .4 to 1.2 s longer",
    showsIn: [...responseTimes, "active_requests"],
    seconds: 150,
    begin: ({ service }) => misbehaving(service, { ...healthy, delaySeconds: [0.4, 1.2] }),
  },
  service_down: {
    meaning: "the service is killed and started again",
    showsIn: ["service_up", "requests_per_second", "active_requests", "error_rate", ...responseTimes],
    seconds: 75,
    begin: async ({ service }) => {
      await service.kill();
      return () => service.start();
    },
  },
  memory_pressure: {
    meaning: "another program takes half of the memory that is available, 4 GiB at most, and holds it",
    showsIn: memory,
    seconds: 120,
    begin: (laboratory, seconds) => {
      const bytes = Math.floor(laboratory.memoryBytes);
      const length = { seconds: Math.ceil(seconds + spareSeconds) };
      // Populated once and then held: what is wanted is memory in use and not processor time.
      const stressors = ["--vm", "1", "--vm-bytes", String(bytes), "--vm-hang", "0", "--vm-populate"];
      return keeping(
        laboratory,
        laboratory.hasStressNg
          ? [{ kind: "stress-ng", stressors, ...length }]
          : [{ kind: "memory", bytes, ...length }],
      );
    },
  },
  // Not through stress-ng, which has no bound of bytes per second and leaves a folder behind when it is killed.
  disk_io_storm: {
    meaning: "a file is written over and over and forced to the disk, 80 MB a second at most",
    showsIn: ["disk_write_bytes_per_second"],
    seconds: 120,
    begin: (laboratory, seconds) =>
      keeping(laboratory, [
        {
          kind: "disk-storm",
          directory: laboratory.directory,
          bytes: Math.min(limits.stormFileBytes, laboratory.diskBytes),
          bytesPerSecond: limits.stormBytesPerSecond,
          seconds: seconds + spareSeconds,
        },
      ]),
  },
  // Not through stress-ng, whose sockets are not promised to stay on loopback.
  network_flood: {
    meaning:
      "as much data as fits is sent over loopback, which the network metrics leave out on purpose: it shows as processor time and load",
    showsIn: ["cpu_usage_percent", "load1"],
    seconds: 120,
    begin: (laboratory, seconds) =>
      keeping(
        laboratory,
        Array.from({ length: Math.min(laboratory.cpus, limits.floodStreams) }, () => ({
          kind: "flood",
          seconds: seconds + spareSeconds,
        })),
      ),
  },
  fork_storm: {
    meaning: "processes are started and end at once, 16 at a time: it shows as processor time and load",
    showsIn: ["cpu_usage_percent", "load1"],
    seconds: 120,
    begin: (laboratory, seconds) => {
      const length = { seconds: Math.ceil(seconds + spareSeconds) };
      const stressors = ["--fork", "2", "--fork-max", String(limits.forksAtOnce / 2)];
      return keeping(laboratory, [
        laboratory.hasStressNg
          ? { kind: "stress-ng", stressors, ...length }
          : { kind: "forks", atOnce: limits.forksAtOnce, ...length },
      ]);
    },
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;

export const faultNames = Object.keys(faults) as FaultName[];

async function keeping(
  { keep }: Laboratory,
  settings: readonly KeeperSettings[],
): Promise<() => Promise<void>> {
  const keepers = await Promise.all(settings.map(keep));
  return async () => {
    await Promise.all(keepers.map((keeper) => keeper.end()));
  };
}

function misbehaving(service: ServiceProcess, how: typeof healthy): Promise<() => Promise<void>> {
  service.misbehave(how);
  return Promise.resolve(() => {
    service.misbehave(healthy);
    return Promise.resolve();
  });
}

async function restart(service: ServiceProcess): Promise<void> {
  await service.kill();
  await service.start();
}
