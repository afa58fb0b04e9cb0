import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { compileModules } from "../../fixtures/fakes/compiled.ts";
import { childrenOf, commandLine, processesIn } from "../../fixtures/fakes/own-processes.ts";
import { faultNames } from "../drill/faults.ts";
import { drill } from "./drill.ts";

const programs = ["/usr/bin/prometheus", "/usr/bin/prometheus-node-exporter", "/usr/bin/stress-ng"];
const missing = programs.filter((program) => !existsSync(program));
if (missing.length > 0)
  console.log(`drill: ${missing.join(", ")} is not installed, the real drill is not tested`);

let compiled: ReturnType<typeof compileModules>;
let out: string;
let started: ChildProcess[];

beforeAll(() => {
  compiled = compileModules([
    "bot/commands/drill.ts",
    "bot/drill/service-process.ts",
    "bot/drill/keeper-process.ts",
  ]);
});
afterAll(() => compiled.remove());
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "drill-"));
  started = [];
});
afterEach(() => {
  for (const child of started) child.kill("SIGKILL");
  rmSync(out, { recursive: true, force: true });
});

function start(command: string, args: string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
  started.push(child);
  return child;
}

/** A drill in a process of its own; `by` "shell" puts a shell between it and the test. Answers what it prints. */
function startDrill(options: object, by: "test" | "shell" = "test") {
  const program = join(out, "run.mjs");
  const url = compiled.url("bot/commands/drill.ts").href;
  writeFileSync(
    program,
    `import { drill } from ${JSON.stringify(url)};
     const { prometheusUrl, ...options } = ${JSON.stringify({ out, servicePort: 0, ...options })};
     const query = async (expr) => {
       const answer = await (await fetch(prometheusUrl + "/api/v1/query?query=" + encodeURIComponent(expr))).json();
       return { series: answer.data.result.map(({ value }) => ({ values: [Number(value[1])] })) };
     };
     const prometheus = prometheusUrl === undefined ? undefined : { query };
     console.log("pid " + process.pid);
     await drill({ ...options, prometheus, print: (line) => console.log(line) });`,
  );
  const child =
    by === "test"
      ? start(process.execPath, [program])
      : start("/bin/sh", ["-c", `${process.execPath} ${program}; echo over`]);
  let printed = "";
  child.stdout?.on("data", (piece: Buffer) => (printed += piece.toString()));
  const line = (pattern: RegExp) =>
    expect.poll(() => printed, { timeout: 60_000, interval: 50 }).toMatch(pattern);
  return { child, line, read: (pattern: RegExp) => pattern.exec(printed)?.[1] ?? "" };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

/** Processes of the drill, by the paths in their command lines: those of other drills have other paths. */
const drillProcesses = () => processesIn([fileURLToPath(compiled.url("bot/drill"))]);

/** What a drill starts has the lowest priority: on a busy machine it takes its time to end. */
const patience = { timeout: 60_000 };

const alive = (pids: readonly string[]) => pids.filter((pid) => commandLine(pid) !== "");

const labels = () => readFileSync(join(out, "labels.csv"), "utf8").trim().split("\n");

test("unknown faults and odd durations are refused before anything starts", async () => {
  const print = (line: string) => {
    throw new Error(`printed ${line}`);
  };
  await expect(drill({ out, faults: ["fire"], servicePort: 0, print })).rejects.toThrow(
    `no fault is called fire; the faults are ${faultNames.join(", ")}`,
  );
  await expect(drill({ out, faults: ["constructor"], servicePort: 0, print })).rejects.toThrow(
    /no fault is called/,
  );
  await expect(drill({ out, faults: [], servicePort: 0, calmSeconds: NaN, print })).rejects.toThrow(
    /calmSeconds must/,
  );
  expect(readdirSync(out)).toEqual([]);
});

test("every fault comes and goes, and its label stands in the file", async () => {
  const run = startDrill({
    faults: [],
    quietSeconds: 0.2,
    calmSeconds: 0.2,
    faultSeconds: 1,
    memoryBytes: 2e7,
    diskBytes: 2e7,
  });
  await run.line(/^done: 10 faults/m);
  await ended(run.child);
  expect(labels()[0]).toBe("start,end,fault");
  expect(
    labels()
      .slice(1)
      .map((row) => row.split(",")[2]),
  ).toEqual(faultNames);
  for (const row of labels().slice(1)) {
    const [from = 0, to = 0] = row.split(",").map(Number);
    expect(to - from).toBeGreaterThanOrEqual(0);
    expect(to - from).toBeLessThanOrEqual(4);
  }
  expect(drillProcesses()).toEqual([]);
  expect(readdirSync(out).sort()).toEqual(["labels.csv", "run.mjs"]);
}, 120_000);

const long = { faults: ["cpu_saturation"], quietSeconds: 0.1, calmSeconds: 60, faultSeconds: 60 };

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s ends everything and corrects the label",
  async (signal) => {
    const run = startDrill({ ...long, faults: ["disk_fill"], diskBytes: 1e7 });
    await run.line(/^disk_fill/m);
    await expect.poll(() => drillProcesses().length, patience).toBeGreaterThanOrEqual(2);
    run.child.kill(signal);
    await ended(run.child);
    expect(drillProcesses()).toEqual([]);
    const [from = 0, to = 0] = (labels()[1] ?? "").split(",").map(Number);
    expect(to - from).toBeLessThan(30);
  },
  150_000,
);

test.each(["cpu_saturation", "memory_pressure", "fork_storm"])(
  "kill -9 of the drill during %s leaves no process, no file and no fault without a label",
  async (fault) => {
    const run = startDrill({ ...long, faults: [fault], memoryBytes: 5e7 });
    await run.line(new RegExp(`^${fault}`, "m"));
    await expect.poll(() => childrenOf(drillProcesses()).length, patience).toBeGreaterThan(0);
    const grandchildren = childrenOf(drillProcesses());
    run.child.kill("SIGKILL");
    await expect.poll(() => [...drillProcesses(), ...alive(grandchildren)], patience).toEqual([]);
    expect(labels()[1]).toMatch(new RegExp(`^\\d+,\\d+,${fault}$`));
    expect(readdirSync(out).sort()).toEqual(["labels.csv", "run.mjs"]);
  },
  150_000,
);

test("kill -9 of what started the drill ends it in order", async () => {
  const run = startDrill({ ...long, faults: ["latency"] }, "shell");
  await run.line(/^latency/m);
  const pid = run.read(/^pid (\d+)$/m);
  run.child.kill("SIGKILL");
  await expect.poll(() => [...drillProcesses(), ...alive([pid])], patience).toEqual([]);
  const [from = 0, to = 0] = (labels()[1] ?? "").split(",").map(Number);
  expect(to - from).toBeLessThan(30);
}, 150_000);

test("a service port that is taken is told, and nothing stays", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const servicePort = typeof address === "object" && address !== null ? address.port : 0;
  const service = compiled.url("bot/drill/service-process.ts");
  const keeper = compiled.url("bot/drill/keeper-process.ts");
  const options = { out, faults: [], servicePort, print: () => undefined, programs: { service, keeper } };
  await expect(drill(options)).rejects.toThrow(
    /the sample service on port \d+ could not start: .*EADDRINUSE/,
  );
  server.close();
  expect(drillProcesses()).toEqual([]);
});

describe.runIf(missing.length === 0 || process.env.CI === "true")("against a real Prometheus", () => {
  test("a fault is seen by node_exporter and the service's metrics, where the label says", async () => {
    const ports = await freePorts(3);
    const [prometheusPort, nodePort, servicePort] = ports;
    const jobs = { node: nodePort, app: servicePort };
    const configuration = join(out, "prometheus.yml");
    const scrapes = Object.entries(jobs).map(
      ([job, port]) => `  - { job_name: ${job}, static_configs: [{ targets: ["127.0.0.1:${port}"] }] }\n`,
    );
    writeFileSync(
      configuration,
      `global: { scrape_interval: 1s, scrape_timeout: 1s }\nscrape_configs:\n${scrapes.join("")}`,
    );
    start("/usr/bin/prometheus-node-exporter", [
      `--web.listen-address=127.0.0.1:${nodePort}`,
      "--collector.disable-defaults",
      "--collector.cpu",
    ]);
    start("/usr/bin/prometheus", [
      `--config.file=${configuration}`,
      `--storage.tsdb.path=${join(out, "tsdb")}`,
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
    ]);
    const prometheusUrl = `http://127.0.0.1:${prometheusPort}`;
    await expect.poll(() => isReady(prometheusUrl), patience).toBe(true);
    const seconds = { quietSeconds: 6, calmSeconds: 1, faultSeconds: 8 };
    const run = startDrill({ ...seconds, faults: ["latency", "cpu_saturation"], servicePort, prometheusUrl });
    await run.line(/^latency/m);
    await expect.poll(() => labels().length, patience).toBe(3);
    await ended(run.child);
    const [latency, saturation] = labels()
      .slice(1)
      .map((row) => row.split(",").map(Number));
    const mean =
      "sum(rate(http_request_duration_seconds_sum[5s])) / sum(rate(http_request_duration_seconds_count[5s]))";
    expect(await valueAt(prometheusUrl, mean, (latency?.[0] ?? 0) - 1)).toBeLessThan(0.4);
    expect(await valueAt(prometheusUrl, mean, (latency?.[1] ?? 0) - 1)).toBeGreaterThan(0.4);
    const busy = '1 - avg(rate(node_cpu_seconds_total{mode="idle"}[5s]))';
    expect(await valueAt(prometheusUrl, busy, (saturation?.[1] ?? 0) - 1)).toBeGreaterThan(0.9);
    expect(drillProcesses()).toEqual([]);
  }, 240_000);
});

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/-/ready`).catch((error: unknown) =>
    error instanceof TypeError ? null : undefined,
  );
  return answer?.ok ?? false;
}

async function valueAt(url: string, expression: string, time: number): Promise<number> {
  const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}&time=${time}`);
  const body = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
  return Number(body.data.result[0]?.value[1]);
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  for (const server of servers) server.close();
  return ports;
}
