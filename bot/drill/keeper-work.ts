import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fdatasync, openSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { createServer, connect } from "node:net";
import { join } from "node:path";
import type { KeeperSettings } from "./processes.ts";

/** Ends one piece of work; what it held is given back when it answers. */
export type End = () => void | Promise<void>;

const chunkBytes = 4 * 1024 * 1024;
const tickMs = 100;

/** Begins what the settings say and answers how to end it. `fail` is told when it cannot go on. */
export function beginWork(settings: KeeperSettings, fail: (reason: string) => void): End {
  switch (settings.kind) {
    case "stress-ng":
      return stress(settings, fail);
    case "burn":
      return burn();
    case "memory":
      return takeMemory(settings.bytes);
    case "disk":
      return fillDisk(settings);
    case "disk-storm":
      return stormDisk(settings, fail);
    case "flood":
      return flood(fail);
    case "forks":
      return fork(settings.atOnce, fail);
  }
}

type Of<Kind extends KeeperSettings["kind"]> = Extract<KeeperSettings, { kind: Kind }>;

function stress({ stressors, seconds }: Of<"stress-ng">, fail: (reason: string) => void): End {
  const child: ChildProcess = spawn("stress-ng", [...stressors, "--timeout", `${seconds}s`, "--quiet"], {
    stdio: "ignore",
  });
  let over = false;
  child.on("error", (error) => fail(error.message));
  child.on("exit", (code) => {
    if (!over && code !== 0) fail(`stress-ng ended with code ${code}`);
  });
  return () => {
    over = true;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    return new Promise((resolve) => child.once("exit", () => resolve()));
  };
}

/** One core, in slices, so that the end of the parent is noticed between them. */
function burn(): End {
  let over = false;
  const slice = () => {
    const until = performance.now() + 50;
    while (performance.now() < until) Math.sqrt(Math.random());
    if (!over) setImmediate(slice);
  };
  slice();
  return () => {
    over = true;
  };
}

/** Takes memory within a few seconds and holds it. The kernel ends this process before any other when it runs out. */
function takeMemory(bytes: number): End {
  writeFileSync("/proc/self/oom_score_adj", "1000");
  const held: Buffer[] = [];
  let left = bytes;
  const timer = setInterval(() => {
    // Filled, because untouched pages are not resident and no metric would see them.
    for (let piece = 0; piece < 16 && left > 0; piece++) {
      held.push(Buffer.alloc(Math.min(chunkBytes, left), 1));
      left -= chunkBytes;
    }
    if (left <= 0) clearInterval(timer);
  }, tickMs);
  return () => {
    clearInterval(timer);
    held.length = 0;
  };
}

/** The file has no name from the start: the kernel frees its space when this process ends, even by kill -9. */
function namelessFile(directory: string): number {
  const path = join(directory, `smartcloudops-drill-${process.pid}`);
  const file = openSync(path, "wx");
  unlinkSync(path);
  return file;
}

function fillDisk({ directory, bytes, fillSeconds }: Of<"disk">): End {
  const file = namelessFile(directory);
  const chunk = Buffer.alloc(chunkBytes, 1);
  const startedAt = performance.now();
  let written = 0;
  const timer = setInterval(() => {
    const due = Math.min(bytes, (bytes * (performance.now() - startedAt)) / (fillSeconds * 1000));
    while (written + chunkBytes <= due) written += writeSync(file, chunk);
    if (written + chunkBytes > bytes) clearInterval(timer);
  }, tickMs);
  return () => closeSync(file);
}

/** Writes round and round in one file; what the disk cannot take in time is not caught up. */
function stormDisk(
  { directory, bytes, bytesPerSecond }: Of<"disk-storm">,
  fail: (reason: string) => void,
): End {
  const file = namelessFile(directory);
  const chunk = Buffer.alloc(Math.min(bytes, Math.ceil((bytesPerSecond * tickMs) / 1000)), 1);
  let position = 0;
  let syncing = false;
  const timer = setInterval(() => {
    if (syncing) return;
    syncing = true;
    position = position + chunk.length > bytes ? 0 : position;
    position += writeSync(file, chunk, 0, chunk.length, position);
    fdatasync(file, (error) => {
      syncing = false;
      if (error !== null) fail(error.message);
    });
  }, tickMs);
  return () => {
    clearInterval(timer);
    closeSync(file);
  };
}

/** One connection to itself on loopback, always full. */
function flood(fail: (reason: string) => void): End {
  const piece = Buffer.alloc(64 * 1024, 1);
  const server = createServer((socket) => socket.on("error", ignoreReset).resume());
  server.on("error", (error) => fail(error.message));
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (typeof address !== "object" || address === null) return;
    const client = connect(address.port, "127.0.0.1");
    const fill = () => {
      // Not in one loop until it is full: the end of the parent must be noticed in between.
      if (client.destroyed) return;
      if (client.write(piece)) setImmediate(fill);
      else client.once("drain", fill);
    };
    client.on("error", ignoreReset).on("connect", fill);
  });
  return () => void server.close();
}

/** The other side of a flood that is being ended is gone: nobody needs to know. */
function ignoreReset(error: NodeJS.ErrnoException): void {
  if (error.code !== "ECONNRESET" && error.code !== "EPIPE") throw error;
}

/** Keeps so many short lives going; each ends by itself, whatever happens to this process. */
function fork(atOnce: number, fail: (reason: string) => void): End {
  let over = false;
  const one = () => {
    const child = spawn("true", { stdio: "ignore" });
    child.once("error", (error) => {
      over = true;
      fail(error.message);
    });
    child.once("exit", () => {
      if (!over) setImmediate(one);
    });
  };
  for (let started = 0; started < atOnce; started++) one();
  return () => {
    over = true;
  };
}
