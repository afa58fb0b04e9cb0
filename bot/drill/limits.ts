import { accessSync, constants, readFileSync, statfsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { UsageError } from "../commands/usage-error.ts";

/** Never more than a recording needs, however large the machine is: what is safe on a laptop with work open on it. */
export const limits = {
  memoryBytes: 4 * 1024 ** 3,
  diskBytes: 30 * 1024 ** 3,
  /** Busy processes at once. */
  workers: 64,
  /** An I/O storm writes over the same file again and again, so slowly that ten minutes wear out no solid-state disk. */
  stormFileBytes: 512 * 1024 ** 2,
  stormBytesPerSecond: 80e6,
  /** Pairs of sockets that flood the loopback interface. */
  floodStreams: 4,
  /** Children of a fork storm that are alive at once: far from any limit of processes. */
  forksAtOnce: 16,
} as const;

/** Half of what the kernel says is available (not merely free), in bytes, 4 GiB at most. Linux only. */
export function memoryLimit(): number {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
  if (kibibytes === undefined)
    throw new UsageError("/proc/meminfo has no MemAvailable: a drill needs Linux 3.14 or newer");
  return Math.min(limits.memoryBytes, (Number(kibibytes) * 1024) / 2);
}

/** Half of what an ordinary user may still write to the folder's disk, in bytes, 30 GiB at most. */
export function diskLimit(directory: string): number {
  const disk = statfsSync(directory);
  return Math.min(limits.diskBytes, (disk.bavail * disk.bsize) / 2);
}

/** Whether a program can be found in a PATH. */
export function isInstalled(program: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
