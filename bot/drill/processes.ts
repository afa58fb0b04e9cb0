import { type ChildProcess, fork } from "node:child_process";
import { tmpdir } from "node:os";
import type { Misbehaviour } from "./service.ts";
import { UsageError } from "../commands/usage-error.ts";

/** What a keeper does until it is ended, and at most for `seconds`. */
export type KeeperSettings =
  | { kind: "stress-ng"; stressors: readonly string[]; seconds: number }
  | { kind: "burn"; seconds: number }
  | { kind: "memory"; bytes: number; seconds: number }
  | { kind: "disk"; directory: string; bytes: number; fillSeconds: number; seconds: number }
  | { kind: "disk-storm"; directory: string; bytes: number; bytesPerSecond: number; seconds: number }
  | { kind: "flood"; seconds: number }
  | { kind: "forks"; atOnce: number; seconds: number };

export type Keeper = { end(): Promise<void> };

export type ServiceProcess = {
  port(): number | null;
  start(): Promise<void>;
  /** As if it crashed: no goodbye. */
  kill(): Promise<void>;
  misbehave(how: Misbehaviour): void;
};

/** Starts a keeper and waits until the fault is on its way; `ready` is its process id. Throws when it cannot begin. */
export function startKeeper(program: URL, settings: KeeperSettings): Promise<Keeper & { ready: number }> {
  return startChild(program, [JSON.stringify(settings)], settings.kind);
}

/** Starts one of the drill's programs and waits for the number it reports; \`what\` names it in errors. */
export async function startChild(
  program: URL,
  args: readonly string[],
  what: string,
): Promise<Keeper & { ready: number }> {
  const child = fork(program, args, quiet);
  return { ready: await readiness(child, what), end: () => stop(child, "SIGTERM") };
}

/** The sample service as a child process that can be killed and started again on the same port. */
export function serviceProcess(program: URL, wantedPort: number): ServiceProcess {
  let child: ChildProcess | null = null;
  let port: number | null = null;
  return {
    port: () => port,
    start: async () => {
      const started = fork(program, [String(port ?? wantedPort)], quiet);
      child = started;
      port = await readiness(started, `the sample service on port ${port ?? wantedPort}`);
    },
    kill: async () => {
      if (child !== null) await stop(child, "SIGKILL");
      child = null;
    },
    misbehave: (how) => {
      if (child === null || !child.connected)
        throw new UsageError("the sample service ended by itself: see its last lines above");
      child.send({ misbehave: how });
    },
  };
}

// The children get next to nothing of the environment: no token may reach them.
const quiet = {
  stdio: ["ignore", "ignore", "inherit", "ipc"],
  env: { PATH: process.env.PATH ?? "/usr/bin:/bin", TMPDIR: tmpdir() },
} satisfies Parameters<typeof fork>[2];

type Report = { ready: number } | { failed: string };

function readiness(child: ChildProcess, what: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new UsageError(`${what} ended at once with code ${code}`)));
    child.once("message", (report: Report) => {
      if ("ready" in report) return resolve(report.ready);
      reject(new UsageError(`${what} could not start: ${report.failed}`));
    });
  });
}

function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill(signal);
  });
}
