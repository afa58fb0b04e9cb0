import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { compileModules } from "../../fixtures/fakes/compiled.ts";
import { childrenOf, commandLine, processesIn } from "../../fixtures/fakes/own-processes.ts";
import { findScraper } from "../drill/scraper.ts";

const programs = ["/usr/bin/prometheus", "/usr/bin/prometheus-node-exporter"];
const missing = programs.filter((program) => !existsSync(program));
if (missing.length > 0)
  console.log(`drill --evaluate: ${missing.join(", ")} is not installed, the real one is not tested`);

let compiled: ReturnType<typeof compileModules>;
let out: string;
let child: ChildProcess | null = null;

beforeAll(() => {
  compiled = compileModules([
    "bot/commands/drill-evaluate.ts",
    ...["service-process", "keeper-process", "scraper-process"].map((name) => `bot/drill/${name}.ts`),
  ]);
});
afterAll(() => compiled.remove());
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "drill-evaluate-"));
});
afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(out, { recursive: true, force: true });
});

/** In a process of its own: its temporary files go to `out` too, its result is the line that begins with "result ". */
function start(options: object) {
  const program = join(out, "run.mjs");
  writeFileSync(
    program,
    `import { drillEvaluate } from ${JSON.stringify(compiled.url("bot/commands/drill-evaluate.ts").href)};
     const print = (line) => console.log(line);
     const printed = await drillEvaluate({ ...${JSON.stringify({ out: join(out, "capture"), servicePort: 0, ...options })}, print });
     console.log("result " + printed);`,
  );
  const environment = { ...process.env, TMPDIR: out };
  const started = spawn(process.execPath, [program], {
    stdio: ["ignore", "pipe", "inherit"],
    env: environment,
  });
  child = started;
  let printed = "";
  started.stdout.on("data", (piece: Buffer) => (printed += piece.toString()));
  const ended = new Promise<void>((resolve) => started.once("exit", () => resolve()));
  const line = (pattern: RegExp, timeout = 60_000) =>
    expect.poll(() => printed, { timeout, interval: 200 }).toMatch(pattern);
  return { process: started, ended, line, printed: () => printed };
}

/** Processes of this drill, by the paths in their command lines, and those that these started. */
function processesOfDrill(): string[] {
  const own = processesIn([fileURLToPath(compiled.url("bot/drill")), out]);
  return [...new Set([...own, ...childrenOf(own)])];
}

test("without Prometheus or node_exporter it says which Debian packages bring them", () => {
  expect(() => findScraper("/nowhere")).toThrow(
    "sudo apt-get install --no-install-recommends prometheus prometheus-node-exporter",
  );
  expect(() => findScraper("/nowhere")).toThrow("--prometheus URL");
});

describe.runIf(missing.length === 0 || process.env.CI === "true")("with a real Prometheus", () => {
  test("a killed service is found by a hard limit, and Ctrl-C evaluates what was done", async () => {
    const seconds = { quietSeconds: 28, calmSeconds: 3, faultSeconds: 70 };
    const run = start({ ...seconds, faults: ["service_down", "error_storm"], json: true });
    await run.line(/^error_storm/m, 150_000);
    run.process.kill("SIGINT");
    await run.ended;
    const result = JSON.parse(run.printed().split("\nresult ")[1] ?? "null") as {
      faults: { fault: string; limit: { metric: string; seconds: number } | null }[];
      found: number;
      detector: unknown;
      whyNot: string;
    };
    expect(result.faults.map(({ fault }) => fault)).toEqual(["service_down", "error_storm"]);
    expect(result.faults[0]?.limit?.metric).toBe("service_up");
    expect(result.faults[0]?.limit?.seconds).toBeGreaterThanOrEqual(50);
    // A few seconds are too short to learn from, and that is said.
    expect(result.detector).toBeNull();
    expect(result.whyNot).toContain("rows");
    expect(run.printed()).toContain("note: under 1143 s of quiet nothing can be learned");
    expect(readdirSync(join(out, "capture")).sort()).toEqual(["capture.json", "lab-1", "labels.csv"]);
    const causes = readFileSync(join(out, "capture", "lab-1", "causes.csv"), "utf8");
    expect(causes).toMatch(/^start,end,metrics\n\d+,\d+,service_up requests_per_second/);
    expect(processesOfDrill()).toEqual([]);
    expect(readdirSync(out).sort()).toEqual(["capture", "run.mjs"]);
  }, 200_000);

  test("kill -9 leaves no Prometheus, no node_exporter and no temporary folder behind", async () => {
    const run = start({ quietSeconds: 60, faults: ["latency"] });
    await run.line(/^quiet for/m);
    // The drill, the service, the scraper, and what the scraper started.
    const processes = processesOfDrill();
    expect(processes.map((pid) => commandLine(pid)).join("\n")).toMatch(/node-exporter/);
    expect(processes.length).toBeGreaterThanOrEqual(5);
    run.process.kill("SIGKILL");
    const alive = () => processes.filter((pid) => commandLine(pid) !== "");
    await expect.poll(() => [...processesOfDrill(), ...alive()], { timeout: 10_000 }).toEqual([]);
    await expect.poll(() => readdirSync(out).sort(), { timeout: 10_000 }).toEqual(["capture", "run.mjs"]);
  }, 80_000);
});
