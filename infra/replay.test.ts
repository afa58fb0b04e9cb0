import { afterEach, describe, expect, test } from "vitest";
import { readColumns } from "./capture-columns.ts";
import { readCapture } from "./capture.ts";
import { ConfigError } from "./errors.ts";
import { watchedTarget } from "../fixtures/fakes/target.ts";
import { buildInventory } from "./inventory.ts";
import { createCatalog } from "./prometheus/catalog.ts";
import { createPrometheus } from "./prometheus/client.ts";
import { fetchFrames } from "./prometheus/frames.ts";
import { type Replay, type ReplayState, startReplay } from "./replay.ts";

const directory = new URL("../fixtures/captures/web-1", import.meta.url).pathname;
const wallAtStart = Date.parse("2030-01-01T00:00:03Z");
const start = wallAtStart / 1000 - 3;
const catalog = createCatalog({ scrapeSeconds: 5 });
const web1 = watchedTarget("web-1", "127.0.0.1", {
  instanceId: "i-0a1b2c3d4e5f60718",
  region: "us-east-1",
});

const running: Replay[] = [];
afterEach(async () => {
  for (const replay of running.splice(0)) await replay.close();
});

/** A wall clock that is moved by hand and a store in memory, both outliving a replay. */
function world() {
  return { wall: wallAtStart, saved: null as ReplayState | null, saves: 0 };
}

async function replay(around = world(), fault: string | null = null): Promise<Replay> {
  const state = {
    load: () => around.saved,
    save: (one: ReplayState) => {
      around.saved = one;
      around.saves++;
    },
  };
  const started = await startReplay({ directory, fault, speed: 10, wall: () => around.wall, state });
  running.push(started);
  return started;
}

async function metric(from: Replay, name: string, window = 0): Promise<number[]> {
  const end = from.clock.metric();
  const prometheus = createPrometheus({ url: from.url });
  const request = { prometheus, catalog, targets: [web1], start: end - window - 5, end, stepSeconds: 5 };
  const frame = (await fetchFrames(request)).frames.get("web-1");
  return [...(frame?.columns[frame.metrics.indexOf(name)] ?? [])].slice(-(window / 5 + 1));
}

const memory = async (from: Replay) => (await metric(from, "memory_usage_percent"))[0];

describe("the recording as a Prometheus", () => {
  test("history is the recorded quiet part to the last digit, missing samples included", async () => {
    const from = await replay();
    const train = await readColumns(`${directory}/web-1/train.csv.gz`);
    const prometheus = createPrometheus({ url: from.url });
    const request = { start: start - 330 * 5, end: start - 5, stepSeconds: 5, catalog, targets: [web1] };
    const { frames, warnings, stale, partial } = await fetchFrames({ prometheus, ...request });
    const frame = frames.get("web-1");
    expect(frame?.time.length).toBe(330);
    for (const [m, name] of (frame?.metrics ?? []).entries())
      expect([name, ...(frame?.columns[m] ?? [])]).toEqual([name, ...(train.columns.get(name) ?? [])]);
    expect({ warnings, stale, partial }).toEqual({ warnings: [], stale: [], partial: false });
  });

  test("before the recording and in the future there is nothing", async () => {
    const from = await replay();
    const prometheus = createPrometheus({ url: from.url });
    expect((await prometheus.query("up", start - 331 * 5)).series).toEqual([]);
    expect((await prometheus.query("up", start - 330 * 5)).series).toHaveLength(1);
    expect((await prometheus.query("up", start + 15)).series).toHaveLength(1);
    expect((await prometheus.query("up", start + 16)).series).toEqual([]);
  });

  test("any other expression is refused as Prometheus refuses one", async () => {
    const { url } = await replay();
    const response = await fetch(`${url}/api/v1/query?query=rate(up[5m])`);
    expect(response.status).toBe(422);
    expect(await response.json()).toEqual({
      status: "error",
      errorType: "execution",
      error: "the recording holds only the catalog's expressions",
    });
  });

  test.each([
    ["/api/v1/query_range?query=up&start=0&end=100000&step=1", 400, "11,000 points"],
    ["/api/v1/query_range?query=up&start=10&end=5&step=1", 400, "before start"],
    ["/api/v1/query_range?query=up&start=1&end=5&step=0", 400, "zero or negative"],
    ["/api/v1/query_range?query=up&start=1&end=5", 400, '"step"'],
    ["/api/v1/query?query=up&time=soon", 400, '"time"'],
    ["/api/v1/series", 400, "match[]"],
    ["/api/v1/admin/tsdb/snapshot", 404, "admin"],
  ])("%s is %i", async (path, status, words) => {
    const { url } = await replay();
    const response = await fetch(url + path);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ status: "error", error: expect.stringContaining(words) });
  });

  test("GET, POST, labels, series and build information answer as Prometheus does", async () => {
    const { url } = await replay();
    const ask = async (path: string, init?: RequestInit) =>
      ((await (await fetch(url + path, init)).json()) as { data: unknown }).data;
    const labels = { instance: "127.0.0.1:8088", job: "app", instance_id: web1.instanceId, target: "web-1" };
    const up = { __name__: "up", ...labels };
    const answer = { resultType: "vector", result: [{ metric: up, value: [start, "1"] }] };
    expect(await ask(`/api/v1/query?query=up&time=${start}`)).toEqual(answer);
    const body = new URLSearchParams({ query: "up", time: new Date(start * 1000).toISOString() });
    expect(await ask("/api/v1/query", { method: "POST", body })).toEqual(answer);
    const matrix = {
      resultType: "matrix",
      result: [
        {
          metric: up,
          values: [
            [start - 60, "1"],
            [start, "1"],
          ],
        },
      ],
    };
    expect(await ask(`/api/v1/query_range?query=up&start=${start - 60}&end=${start}&step=1m`)).toEqual(
      matrix,
    );
    expect(await ask("/api/v1/labels")).toEqual(["__name__", "instance", "instance_id", "job", "target"]);
    expect(await ask("/api/v1/label/target/values")).toEqual(["web-1"]);
    expect(await ask("/api/v1/series?match[]=up")).toEqual([up]);
    expect(await ask("/api/v1/status/buildinfo")).toMatchObject({ version: "0.0.0-replay" });
    expect((await fetch(`${url}/-/ready`)).status).toBe(200);
    expect((await fetch(`${url}/api/v1/query`, { method: "DELETE" })).status).toBe(405);
    const large = { method: "POST", body: "x".repeat(300_000) };
    expect((await fetch(`${url}/api/v1/query`, large)).status).toBe(413);
  });

  test("the inventory finds the recorded target and its instance", async () => {
    const { url } = await replay();
    const instance = { instanceId: "i-0a1b2c3d4e5f60718", region: "us-east-1", tags: { role: "web" } };
    const targets = await buildInventory({
      prometheus: createPrometheus({ url }),
      cloudInstances: [{ ...instance, privateIp: "10.0.1.5", publicIp: null }],
      targetsYaml: [],
      self: { instanceId: null, dependencies: [{ what: "Prometheus", addresses: ["127.0.0.1"] }] },
    });
    expect(targets).toMatchObject([
      { name: "web-1", instanceId: "i-0a1b2c3d4e5f60718", region: "us-east-1", protectedBecause: null },
    ]);
  });
});

describe("the fault waits for its cure", () => {
  test("quiet first, then the leak, then the plateau for as long as nothing is done", async () => {
    const around = world();
    const from = await replay(around);
    expect(from.fault?.name).toBe("memory_leak");
    expect(await memory(from)).toBeCloseTo(2.42, 1);
    around.wall += 12_000;
    expect(await memory(from)).toBeLessThan(2.6);
    around.wall += 6_000;
    expect(await memory(from)).toBeGreaterThan(8);
    for (const minutes of [1, 10, 60]) {
      around.wall += minutes * 60_000;
      for (const value of await metric(from, "memory_usage_percent", 200)) expect(value).toBeGreaterThan(21);
    }
  });

  test("another action, or the right one elsewhere, leaves the plateau", async () => {
    const around = world();
    const from = await replay(around);
    around.wall += 60_000;
    expect(from.cure("clean_disk", "web-1")).toBe(false);
    expect(from.cure("reboot", "web-1")).toBe(false);
    expect(from.cure("restart_service", "web-2")).toBe(false);
    around.wall += 10_000;
    expect(await memory(from)).toBeGreaterThan(21);
  });

  test("the cure brings the recorded recovery and then calm, and leaves what was answered as it was", async () => {
    const around = world();
    const from = await replay(around);
    around.wall += 60_000;
    const before = await metric(from, "memory_usage_percent", 100);
    expect(from.cure("restart_service", "i-0a1b2c3d4e5f60718")).toBe(true);
    expect(from.cure("restart_service", "web-1")).toBe(false);
    expect(await metric(from, "memory_usage_percent", 100)).toEqual(before);
    around.wall += 500;
    expect(await metric(from, "service_up")).toEqual([0]);
    around.wall += 500;
    expect(await metric(from, "service_up")).toEqual([1]);
    around.wall += 600_000;
    for (const value of await metric(from, "memory_usage_percent", 200)) expect(value).toBeLessThan(2.6);
  });

  test("a cure while the leak grows ends it at once; one before it keeps it from coming", async () => {
    const growing = world();
    const first = await replay(growing);
    growing.wall += 18_000;
    expect(first.cure("restart_service", "web-1")).toBe(true);
    growing.wall += 2_000;
    expect(await memory(first)).toBeLessThan(2.6);
    const quiet = world();
    const second = await replay(quiet);
    quiet.wall += 5_000;
    expect(second.cure("restart_service", "web-1")).toBe(true);
    quiet.wall += 120_000;
    for (const value of await metric(second, "memory_usage_percent", 600)) expect(value).toBeLessThan(2.6);
  });

  test("none repeats the quiet part, and nothing cures what is not there", async () => {
    const around = world();
    const from = await replay(around, "none");
    around.wall += 3_600_000;
    for (const value of await metric(from, "memory_usage_percent", 1000)) expect(value).toBeLessThan(3);
    expect(from.cure("restart_service", "web-1")).toBe(false);
  });

  test.each([
    ["error_storm", "error_rate", (value: number) => value > 0.15],
    ["cpu_saturation", "cpu_usage_percent", (value: number) => value > 95],
    ["disk_fill", "disk_usage_percent", (value: number) => value > 59],
    ["latency", "response_time_p95_seconds", (value: number) => value > 1],
    ["service_down", "service_up", (value: number) => value === 0],
    ["memory_pressure", "memory_usage_percent", (value: number) => value > 59],
  ])("%s shows in %s", async (fault, name, isSick) => {
    const around = world();
    const from = await replay(around, fault);
    expect((await metric(from, name)).some(isSick)).toBe(false);
    around.wall += 120_000;
    expect((await metric(from, name, 300)).every(isSick)).toBe(true);
    const { cure } = from.fault ?? {};
    expect(cure ? from.cure(cure, "web-1") : "no cure").toBe(cure ? true : "no cure");
    around.wall += 60_000;
    expect((await metric(from, name, 300)).some(isSick)).toBe(!cure);
  });

  test("a fault that was not recorded is refused with those that were", async () => {
    await expect(replay(world(), "meteor")).rejects.toThrow(/no fault "meteor".*memory_leak, error_storm/);
  });
});

describe("metric time", () => {
  test("is wall time at the first start, on a sample, then ten times as fast", async () => {
    const around = world();
    const { clock } = await replay(around);
    expect(clock.metric()).toBe(start);
    around.wall += 1_500;
    expect(clock.metric()).toBe(start + 15);
    around.wall -= 60_000;
    expect(clock.metric()).toBe(start + 15);
    around.wall += 1_000;
    expect(clock.metric()).toBe(start + 25);
  });

  test("goes on where it was after a stop, with the cure still in force", async () => {
    const around = world();
    const first = await replay(around);
    around.wall += 60_000;
    first.cure("restart_service", "web-1");
    around.wall += 60_000;
    const last = first.clock.metric();
    await running.pop()?.close();
    around.wall += 3_600_000;
    const second = await replay(around);
    expect(second.clock.metric()).toBe(last);
    expect(await memory(second)).toBeLessThan(2.6);
  });

  test("never goes back after kill -9, and skips little", async () => {
    const around = world();
    const first = await replay(around);
    for (let i = 0; i < 40; i++) {
      around.wall += 777;
      const told = first.clock.metric();
      const { clock } = await startReplay({
        directory,
        fault: null,
        speed: 10,
        wall: () => around.wall,
        state: { load: () => around.saved, save: () => undefined },
      }).then(async (again) => (await again.close(), again));
      expect(clock.metric()).toBeGreaterThanOrEqual(told);
      expect(clock.metric()).toBeLessThanOrEqual(told + 20);
    }
    expect(around.saves).toBeLessThan(25);
  });

  test("another fault than the stored one asks for a new store", async () => {
    const around = world();
    await replay(around);
    await running.pop()?.close();
    await expect(replay(around, "latency")).rejects.toThrow("--fresh");
    expect((await replay(around, "memory_leak")).fault?.name).toBe("memory_leak");
  });
});

test("a folder that is no capture says how to record one", async () => {
  await expect(readCapture("/nowhere")).rejects.toThrow(ConfigError);
  await expect(readCapture("/nowhere")).rejects.toThrow("smartcloudops record");
  await expect(readCapture("/nowhere")).rejects.toThrow("Correct SMARTCLOUDOPS_REPLAY or unset it");
});
