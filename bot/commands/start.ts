import { performance } from "node:perf_hooks";
import type { Config } from "../../infra/config.ts";
import { makeDataFolder } from "../../infra/database/data-folder.ts";
import { start } from "../main.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { setAside } from "./set-aside.ts";
import { UsageError } from "./usage-error.ts";

/** Above what a stop grants to calls that are under way, and to the last cards. */
const stopWithinMs = 9_500;

/** Runs the bot until it is told to stop: SIGTERM and SIGINT end it gracefully, a second one at once. */
export async function startCommand(options: {
  fresh: boolean;
  print: (line: string) => void;
  tell: (line: string) => void;
}): Promise<void> {
  const config = loadConfiguration();
  if (options.fresh) beginAnew(config, options.print);
  makeDataFolder(config.dataDirectory);
  const running = await start(config, {
    print: options.print,
    writeLog: (line) => process.stderr.write(line),
    wall: Date.now,
    workerUrl: new URL("../worker.js", import.meta.url),
    consoleFiles: new URL("../console/", import.meta.url),
  });
  options.print(
    `ready in ${(performance.now() / 1_000).toFixed(1)} s; open ${running.url} (stop with Ctrl-C)`,
  );
  const why = await Promise.race([toldToStop(), running.lost.then(() => "lost" as const)]);
  options.tell(
    why === "lost"
      ? "another process has taken over the database: this one ends"
      : "stopping; what was called is in the journal",
  );
  if (why === "lost") process.exitCode = 1;
  setTimeout(() => process.exit(1), stopWithinMs).unref();
  await running.stop();
}

/** Settles at the first signal; the second one ends the process at once. */
function toldToStop(): Promise<"told"> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (stopping) process.exit(1);
        stopping = true;
        resolve("told");
      });
    }
  });
}

/** `--fresh`: a demo may begin anew; a store of real incidents is never moved by a flag. */
function beginAnew(config: Config, print: (line: string) => void): void {
  if (config.metrics.kind === "prometheus") {
    throw new UsageError(
      "--fresh is for the recording only: unset PROMETHEUS_URL, or move the data folder yourself",
    );
  }
  if (config.databaseUrl !== null) {
    throw new UsageError(
      "--fresh is for the embedded store only: unset DATABASE_URL, or name an empty database in it",
    );
  }
  const kept = setAside(config.dataDirectory, { wall: Date.now, pid: process.pid });
  if (kept !== null) print(`the old store is kept in ${kept}`);
}
