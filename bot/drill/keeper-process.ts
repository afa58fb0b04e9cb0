// Causes one fault for as long as it lives, and never outlives whoever started it: the channel to the parent closes
// when the parent ends, however it ends. Usage: keeper-process.js SETTINGS (JSON).
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import type { KeeperSettings } from "./processes.ts";

const lowestPriority = 19;
const chunkBytes = 4 * 1024 * 1024;
const settings = JSON.parse(process.argv[2] ?? "") as KeeperSettings;
let ending = (): void => undefined;

setPriority(lowestPriority);
for (const event of ["disconnect", "SIGINT", "SIGTERM"]) process.on(event, end);
// The second line of defence: nothing here lasts longer than it was asked to.
setTimeout(end, settings.seconds * 1000);
begin();
process.send?.({ ready: process.pid });

function begin(): void {
  switch (settings.kind) {
    case "stress-ng":
      return stress(settings.workers, settings.seconds);
    case "burn":
      return burn();
    case "disk":
      return fillDisk(settings.directory, settings.bytes, settings.fillSeconds);
    default:
      settings satisfies never;
  }
}

function end(): void {
  ending();
  process.exit(0);
}

function stress(workers: number, seconds: number): void {
  const child: ChildProcess = spawn(
    "stress-ng",
    ["--cpu", String(workers), "--timeout", `${seconds}s`, "--quiet"],
    {
      stdio: "ignore",
    },
  );
  ending = () => child.kill("SIGTERM");
  child.on("error", (error) => process.send?.({ failed: error.message }));
}

/** One core, in slices, so that the end of the parent is noticed between them. */
function burn(): void {
  const until = performance.now() + 50;
  while (performance.now() < until) Math.sqrt(Math.random());
  setImmediate(burn);
}

/** The file has no name from the start: the kernel frees its space when this process ends, even by kill -9. */
function fillDisk(directory: string, bytes: number, fillSeconds: number): void {
  const path = join(directory, `smartcloudops-drill-${process.pid}`);
  const file = openSync(path, "wx");
  unlinkSync(path);
  ending = () => closeSync(file);
  const chunk = Buffer.alloc(chunkBytes, 1);
  const startedAt = performance.now();
  let written = 0;
  const timer = setInterval(() => {
    const due = Math.min(bytes, (bytes * (performance.now() - startedAt)) / (fillSeconds * 1000));
    while (written + chunkBytes <= due) written += writeSync(file, chunk);
    if (written + chunkBytes > bytes) clearInterval(timer);
  }, 100);
}
