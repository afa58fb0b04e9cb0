import { existsSync, renameSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Config } from "../../infra/config.ts";
import { start } from "../main.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { UsageError } from "./usage-error.ts";

const stopWithinMs = 10_000;

/** Runs the bot until it is told to stop: SIGTERM and SIGINT end it gracefully, a second one at once. */
export async function startCommand(options: {
  fresh: boolean;
  print: (line: string) => void;
  tell: (line: string) => void;
}): Promise<void> {
  const config = loadConfiguration();
  if (options.fresh) setAside(config, options.print);
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

  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      options.tell("stopping; what was called is in the journal");
      const forced = setTimeout(() => process.exit(1), stopWithinMs);
      forced.unref();
      running.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          options.tell(String(error));
          process.exit(1);
        },
      );
    });
  }
}

/** `--fresh`: a demo may begin anew; a store of real incidents is never moved by a flag. */
function setAside(config: Config, print: (line: string) => void): void {
  if (config.metrics.kind === "prometheus") {
    throw new UsageError(
      "--fresh is for the recording only: unset PROMETHEUS_URL, or move the data folder yourself",
    );
  }
  if (!existsSync(config.dataDirectory)) return;
  const kept = `${config.dataDirectory}.${new Date().toISOString().replace(/[:.]/g, "-")}`;
  renameSync(config.dataDirectory, kept);
  print(`the old store is kept in ${kept}`);
}
