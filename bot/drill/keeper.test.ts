import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { compileModules } from "../../fixtures/fakes/compiled.ts";
import { type FaultName, type Laboratory, faults } from "./faults.ts";
import { limits } from "./limits.ts";
import { type Keeper, type KeeperSettings, startKeeper } from "./processes.ts";
import { healthy } from "./service.ts";

let compiled: ReturnType<typeof compileModules>;
let directory: string;
let keepers: (Keeper & { pid: number })[];

beforeAll(() => {
  compiled = compileModules(["bot/drill/keeper-process.ts"]);
});
afterAll(() => compiled.remove());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "keeper-"));
  keepers = [];
});
afterEach(async () => {
  await Promise.all(keepers.map((keeper) => keeper.end()));
  rmSync(directory, { recursive: true, force: true });
});

async function keep(settings: KeeperSettings): Promise<Keeper> {
  const keeper = await startKeeper(compiled.url("bot/drill/keeper-process.ts"), settings);
  keepers.push({ ...keeper, pid: keeper.ready });
  return keeper;
}

/** A laboratory of two processors without stress-ng, so that the plain children do the work. */
function laboratory(): Laboratory {
  const service = {
    port: () => null,
    start: () => Promise.resolve(),
    kill: () => Promise.resolve(),
    misbehave: (how: typeof healthy) => void how,
  };
  const bounds = { cpus: 2, hasStressNg: false, memoryBytes: 200e6, diskBytes: 50e6 };
  return { service, keep, directory, ...bounds };
}

const begin = (name: FaultName) => faults[name].begin(laboratory(), 30);
const pid = () => keepers[0]?.pid ?? 0;
const niceness = (of: number) =>
  Number(readFileSync(`/proc/${of}/stat`, "utf8").split(") ")[1]?.split(" ")[16]);
const numberIn = (path: string, pattern: RegExp) => Number(pattern.exec(readFileSync(path, "utf8"))?.[1]);

test("memory pressure holds what it may and no more, at the lowest priority, and is the first to be ended by the kernel", async () => {
  const end = await begin("memory_pressure");
  const resident = () => 1024 * numberIn(`/proc/${pid()}/status`, /^VmRSS:\s+(\d+) kB$/m);
  await expect.poll(resident, { timeout: 10_000 }).toBeGreaterThan(200e6);
  await sleep(500);
  expect(resident()).toBeLessThan(200e6 + 150e6);
  expect(niceness(pid())).toBe(19);
  expect(readFileSync(`/proc/${pid()}/oom_score_adj`, "utf8").trim()).toBe("1000");
  await end();
  expect(existsSync(`/proc/${pid()}`)).toBe(false);
});

test("a disk I/O storm reaches the disk within its bound, and its file has no name", async () => {
  const startedAt = performance.now();
  const end = await begin("disk_io_storm");
  const written = () => numberIn(`/proc/${pid()}/io`, /^wchar: (\d+)$/m);
  await expect.poll(written, { timeout: 10_000 }).toBeGreaterThan(20e6);
  const seconds = (performance.now() - startedAt) / 1000;
  expect(written() / seconds).toBeLessThan(1.3 * limits.stormBytesPerSecond);
  expect(readdirSync(directory)).toEqual([]);
  const held = readdirSync(`/proc/${pid()}/fd`).map((file) => `/proc/${pid()}/fd/${file}`);
  expect(held.length).toBeGreaterThan(3);
  await end();
  expect(existsSync(`/proc/${pid()}`)).toBe(false);
});

test("a network flood goes over loopback alone", async () => {
  const received = () => numberIn("/proc/net/dev", /^\s*lo:\s*(\d+)/m);
  const before = received();
  const end = await begin("network_flood");
  expect(keepers).toHaveLength(2);
  await expect.poll(() => received() - before, { timeout: 10_000 }).toBeGreaterThan(100e6);
  await end();
});

test("a fork storm starts many processes and never has many at once", async () => {
  const started = () => numberIn("/proc/stat", /^processes (\d+)$/m);
  const before = started();
  const end = await begin("fork_storm");
  await expect.poll(() => started() - before, { timeout: 10_000 }).toBeGreaterThan(100);
  const children = readFileSync(`/proc/${pid()}/task/${pid()}/children`, "utf8").trim().split(" ");
  expect(children.length).toBeLessThanOrEqual(limits.forksAtOnce);
  await end();
  expect(existsSync(`/proc/${pid()}`)).toBe(false);
});

test("a keeper whose work cannot go on ends by itself", async () => {
  await keep({ kind: "stress-ng", stressors: ["--bogus-stressor", "1"], seconds: 30 });
  await expect.poll(() => existsSync(`/proc/${pid()}`), { timeout: 10_000 }).toBe(false);
});

test("every fault says in which metrics of the catalog it shows", () => {
  for (const [name, { showsIn, meaning }] of Object.entries(faults)) {
    expect(showsIn.length, name).toBeGreaterThan(0);
    expect(meaning, name).not.toBe("");
  }
  // Loopback is left out of the network metrics: the flood must not promise to be seen there.
  expect(faults.network_flood.showsIn.join()).not.toContain("network");
});
