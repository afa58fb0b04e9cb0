// Runs node_exporter and a Prometheus that scrapes it and the sample service, in a folder of its own, and ends both and
// removes the folder when whoever started it ends, however that is. Usage: scraper-process.js SETTINGS (JSON).
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ScraperSettings } from "./scraper.ts";

const readyWithinMs = 30_000;
/** What the catalog reads, and no more: a scrape must be cheap while the machine is in trouble. */
const collectors = ["cpu", "diskstats", "filesystem", "loadavg", "meminfo", "netdev"];
const settings = JSON.parse(process.argv[2] ?? "") as ScraperSettings;
const folder = mkdtempSync(join(tmpdir(), "smartcloudops-drill-"));
const children: ChildProcess[] = [];
let ending = false;

// Ctrl-C reaches every process of a terminal: what was scraped is still needed then, for the evaluation.
for (const event of ["SIGINT", "SIGHUP"]) process.on(event, () => undefined);
for (const event of ["disconnect", "SIGTERM"]) process.on(event, end);
setTimeout(end, settings.seconds * 1000);
try {
  const nodePort = await start(settings.nodeExporter, [
    "--web.listen-address=127.0.0.1:0",
    "--collector.disable-defaults",
    ...collectors.map((name) => `--collector.${name}`),
  ]);
  const configuration = join(folder, "prometheus.yml");
  writeFileSync(configuration, JSON.stringify(scrapeConfiguration(nodePort)));
  const port = await start(settings.prometheus, [
    `--config.file=${configuration}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    "--web.listen-address=127.0.0.1:0",
  ]);
  await untilReady(`http://127.0.0.1:${port}/-/ready`);
  process.send?.({ ready: port });
} catch (error) {
  process.send?.({ failed: error instanceof Error ? error.message : String(error) });
  end();
}

/** JSON is YAML. The timeout is shorter than the interval, so that every sample is there before the next is due. */
function scrapeConfiguration(nodePort: number): unknown {
  const { scrapeSeconds, instance } = settings;
  const jobs = { node: `127.0.0.1:${nodePort}`, app: instance };
  return {
    global: { scrape_interval: `${scrapeSeconds}s`, scrape_timeout: `${Math.max(1, scrapeSeconds - 1)}s` },
    scrape_configs: Object.entries(jobs).map(([job_name, target]) => ({
      job_name,
      static_configs: [{ targets: [target] }],
    })),
  };
}

/** Starts a program in a process group of its own, out of Ctrl-C's reach, and answers the port it took. */
function start(command: string, args: string[]): Promise<number> {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  children.push(child);
  return new Promise((resolve, reject) => {
    let log = "";
    child.stderr.on("data", (piece: Buffer) => {
      if (log.length < 100_000) log += piece.toString("utf8");
      const port = /Listening on".*address=127\.0\.0\.1:(\d+)/.exec(log)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      reject(new Error(`${command} ended with code ${code}: ${log.trim().split("\n").at(-1) ?? ""}`));
      // Half of the measurement is none: the drill hears of it by this process' end.
      if (!ending) end();
    });
  });
}

async function untilReady(url: string): Promise<void> {
  const until = performance.now() + readyWithinMs;
  while (performance.now() < until) {
    const response = await fetch(url);
    await response.arrayBuffer();
    if (response.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Prometheus was not ready within ${readyWithinMs / 1000} s`);
}

function end(): void {
  ending = true;
  const alive = children.filter(
    (child) => child.pid !== undefined && child.exitCode === null && child.signalCode === null,
  );
  const gone = alive.map((child) => new Promise((resolve) => child.once("exit", resolve)));
  for (const child of alive) child.kill("SIGKILL");
  void Promise.all(gone).then(() => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
}
