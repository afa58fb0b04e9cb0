import { type Keeper, type KeeperSettings, type ServiceProcess } from "./processes.ts";
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
  /** How long it lasts unless asked otherwise. */
  seconds: number;
  /** Starts the fault and answers how to end it. */
  begin(laboratory: Laboratory, seconds: number): Promise<() => Promise<void>>;
};

const maxWorkers = 64;
/** A keeper ends by itself this long after it should have been ended. */
const spareSeconds = 10;

export const faults = {
  memory_leak: {
    meaning: "the service leaks memory, holds it, and is restarted",
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
    seconds: 180,
    begin: ({ service }) => misbehaving(service, { ...healthy, errorFraction: 0.25 }),
  },
  cpu_saturation: {
    meaning: "twice as many busy workers as there are processors",
    seconds: 150,
    begin: async ({ keep, cpus, hasStressNg }, seconds) => {
      const workers = Math.min(2 * cpus, maxWorkers);
      const keepers = hasStressNg
        ? [await keep({ kind: "stress-ng", workers, seconds: Math.ceil(seconds + spareSeconds) })]
        : await Promise.all(
            Array.from({ length: workers }, () => keep({ kind: "burn", seconds: seconds + spareSeconds })),
          );
      return async () => {
        await Promise.all(keepers.map((keeper) => keeper.end()));
      };
    },
  },
  disk_fill: {
    meaning: "a file grows, stays, and is removed",
    seconds: 150,
    begin: async ({ keep, directory, diskBytes }, seconds) => {
      const keeper = await keep({
        kind: "disk",
        directory,
        bytes: diskBytes,
        fillSeconds: 0.4 * seconds,
        seconds: seconds + spareSeconds,
      });
      return () => keeper.end();
    },
  },
  latency: {
    meaning: "every request takes .4 to 1.2 s longer",
    seconds: 150,
    begin: ({ service }) => misbehaving(service, { ...healthy, delaySeconds: [0.4, 1.2] }),
  },
  service_down: {
    meaning: "the service is killed and started again",
    seconds: 75,
    begin: async ({ service }) => {
      await service.kill();
      return () => service.start();
    },
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;

export const faultNames = Object.keys(faults) as FaultName[];

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
