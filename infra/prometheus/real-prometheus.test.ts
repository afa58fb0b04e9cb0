import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Gauge, Histogram, Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type TestPrometheus,
  hasPrometheus,
  testPrometheus,
} from "../../fixtures/fakes/prometheus-server.ts";
import { watchedTarget } from "../../fixtures/fakes/target.ts";
import { buildInventory } from "../inventory.ts";
import { createCatalog } from "./catalog.ts";
import { type Prometheus, createPrometheus } from "./client.ts";
import { fetchFrames } from "./frames.ts";
import { findScrapeSeconds } from "./scrape-interval.ts";

const installed = hasPrometheus();
const from = 1_700_000_000;
const seconds = 60_000;
const step = 5;

/** A machine and its service on one address, a second machine with node_exporter only, five seconds apart. */
function history(): string {
  const times = (last: number) => Array.from({ length: last / step + 1 }, (_, i) => from + i * step);
  const all = times(600);
  const samples = (
    name: string,
    labels: string,
    value: (second: number) => string | number | null,
    at = all,
  ) =>
    at.flatMap((time) => {
      const one = value(time - from);
      return one === null ? [] : [`${name}{${labels}} ${one} ${time}`];
    });
  const node = 'instance="10.0.0.1:9100",job="node"';
  const second = 'instance="10.0.0.2:9100",job="node",instance_id="i-0002"';
  const service = 'instance="10.0.0.1:8080",job="shop"';
  const family = (name: string, type: string, ...lines: string[][]) => [
    `# TYPE ${name} ${type}`,
    ...lines.flat(),
  ];
  // Two requests a second, half of them below 0.1 s; the service restarts at 300 s and its counters begin again.
  const requests = (part: number) => (at: number) => (at < 300 ? 2 : 2) * part * (at < 300 ? at : at - 300);
  return [
    ...family(
      "up",
      "gauge",
      samples("up", node, () => 1),
      samples("up", second, (at) => (at <= 400 ? 1 : null)),
      samples("up", service, (at) => (at === 300 ? 0 : 1)),
      samples("up", 'instance="127.0.0.1:9090",job="prometheus"', () => 1),
    ),
    ...family(
      "node_load1",
      "gauge",
      samples("node_load1", node, (at) => at / 100),
      samples("node_load1", second, (at) => (at <= 400 ? 7 : null)),
    ),
    ...family(
      "node_memory_MemTotal_bytes",
      "gauge",
      samples("node_memory_MemTotal_bytes", node, () => 1000),
    ),
    ...family(
      "node_memory_MemAvailable_bytes",
      "gauge",
      samples("node_memory_MemAvailable_bytes", node, (at) => (at > 100 && at < 300 ? "NaN" : 250)),
    ),
    ...family(
      "node_filesystem_size_bytes",
      "gauge",
      samples("node_filesystem_size_bytes", `${node},fstype="ext4",mountpoint="/"`, () => 100),
      samples("node_filesystem_size_bytes", `${node},fstype="tmpfs",mountpoint="/tmp"`, () => 100),
    ),
    ...family(
      "node_filesystem_free_bytes",
      "gauge",
      samples("node_filesystem_free_bytes", `${node},fstype="ext4",mountpoint="/"`, () => 50),
      samples("node_filesystem_free_bytes", `${node},fstype="tmpfs",mountpoint="/tmp"`, () => 1),
    ),
    ...family(
      "node_filesystem_avail_bytes",
      "gauge",
      samples("node_filesystem_avail_bytes", `${node},fstype="ext4",mountpoint="/"`, () => 30),
      samples("node_filesystem_avail_bytes", `${node},fstype="tmpfs",mountpoint="/tmp"`, () => 1),
    ),
    ...family(
      "node_cpu_seconds",
      "counter",
      samples("node_cpu_seconds_total", `${node},cpu="0",mode="idle"`, (at) => at * 0.25),
      samples("node_cpu_seconds_total", `${node},cpu="0",mode="user"`, (at) => at * 0.75),
    ),
    ...family(
      "http_request_duration_seconds",
      "histogram",
      samples("http_request_duration_seconds_bucket", `${service},status="200",le="0.1"`, requests(0.5)),
      samples("http_request_duration_seconds_bucket", `${service},status="200",le="1.0"`, requests(1)),
      samples("http_request_duration_seconds_bucket", `${service},status="200",le="+Inf"`, requests(1)),
      samples("http_request_duration_seconds_count", `${service},status="200"`, requests(1)),
      samples("http_request_duration_seconds_sum", `${service},status="200"`, requests(1)),
    ),
    ...family(
      "long",
      "gauge",
      samples("long", 'instance="10.0.0.1:9100"', (at) => at, times(seconds)),
    ),
    ...family(
      "infinite",
      "gauge",
      samples("infinite", node, (at) => (at < 50 ? "+Inf" : "-Inf")),
    ),
    "# EOF\n",
  ].join("\n");
}

const catalog = createCatalog({ scrapeSeconds: step });

describe.runIf(installed)("a real Prometheus with recorded history", () => {
  let server: TestPrometheus;
  let prometheus: Prometheus;
  beforeAll(async () => {
    server = await testPrometheus({ openMetrics: history() });
    prometheus = createPrometheus({ url: server.url });
  });
  afterAll(() => server?.stop());

  const column = async (name: string, wanted: string, at: number[]) => {
    const targets = [watchedTarget("web-1", "10.0.0.1"), watchedTarget("web-2", "10.0.0.2")];
    const window = { start: from, end: from + 600, stepSeconds: step };
    const { frames } = await fetchFrames({ prometheus, catalog, targets, ...window });
    const frame = frames.get(wanted);
    const values = frame?.columns[frame.metrics.indexOf(name)];
    return at.map((second) => Number((values?.[second / step] ?? NaN).toFixed(3)));
  };

  test("a question about one target is answered for it alone, with the same samples", async () => {
    const window = { start: from, end: from + 600, stepSeconds: step };
    const asked: number[] = [];
    const counting: Prometheus = {
      ...prometheus,
      async queryRange(expr, part) {
        const answer = await prometheus.queryRange(expr, part);
        asked.push(answer.series.length);
        return answer;
      },
    };
    const [one, two] = [watchedTarget("web-1", "10.0.0.1"), watchedTarget("web-2", "10.0.0.2")];
    const whole = await fetchFrames({ prometheus, catalog, targets: [one, two], ...window });
    for (const each of [one, two]) {
      asked.length = 0;
      const narrow = createCatalog({ scrapeSeconds: step, narrows: true });
      const alone = await fetchFrames({ prometheus: counting, catalog: narrow, targets: [each], ...window });
      expect(alone.frames.get(each.name)).toEqual(whole.frames.get(each.name));
      expect(alone.newestByTarget.get(each.name)).toBe(whole.newestByTarget.get(each.name));
      expect(Math.max(...asked)).toBe(1);
    }
    const both = { prometheus, catalog: createCatalog({ scrapeSeconds: step, narrows: true }), ...window };
    expect((await fetchFrames({ ...both, targets: [one, two] })).frames).toEqual(whole.frames);
  });

  test("says that it is ready and which version it is", async () => {
    expect(await prometheus.ready()).toMatchObject({ ok: true, version: expect.stringMatching(/^\d+\.\d+/) });
  });

  test("how far apart samples are is counted", async () => {
    expect(await findScrapeSeconds(prometheus, from + 300)).toBe(5);
    // Five samples so far: too long for now, never too short.
    expect(await findScrapeSeconds(prometheus, from + 20)).toBe(20);
    expect(await findScrapeSeconds(prometheus, from - 10)).toBeNull();
  });

  test("more than 11,000 points come in parts and without a seam", async () => {
    const window = { start: from, end: from + seconds, stepSeconds: step };
    const { series } = await prometheus.queryRange("long", window);
    expect(series).toHaveLength(1);
    expect(series[0]?.values).toEqual(Array.from({ length: seconds / step + 1 }, (_, i) => i * step));
    expect(series[0]?.time.at(-1)).toBe(from + seconds);
  });

  test("infinite values arrive as such", async () => {
    const { series } = await prometheus.query("infinite", from + 20);
    expect(series[0]?.values).toEqual([Infinity]);
    expect((await prometheus.query("infinite", from + 80)).series[0]?.values).toEqual([-Infinity]);
    expect((await prometheus.query("0 / 0")).series[0]?.values).toEqual([NaN]);
  });

  test("a malformed expression and an impossible one are told in Prometheus' words", async () => {
    await expect(prometheus.query("up{")).rejects.toThrow("parse error");
    await expect(prometheus.query("up + on () up", from + 60)).rejects.toMatchObject({
      kind: "bad_query",
    });
  });

  test("machine and service of one address are one target, and memory without a sample stays without", async () => {
    expect(await column("load1", "web-1", [0, 100, 600])).toEqual([0, 1, 6]);
    expect(await column("cpu_usage_percent", "web-1", [100])).toEqual([75]);
    expect(await column("memory_usage_percent", "web-1", [50, 200])).toEqual([75, NaN]);
    expect(await column("disk_usage_percent", "web-1", [50])).toEqual([62.5]);
    expect(await column("service_up", "web-1", [295, 300, 305])).toEqual([1, 0, 1]);
  });

  test("requests without errors are an error rate of 0, and a restart is no negative rate", async () => {
    expect(await column("requests_per_second", "web-1", [200, 500])).toEqual([2, 2]);
    expect(Math.min(...(await column("requests_per_second", "web-1", [300, 305, 310, 320])))).toBeGreaterThan(
      0.5,
    );
    expect(await column("error_rate", "web-1", [200])).toEqual([0]);
    expect(await column("response_time_p50_seconds", "web-1", [200])).toEqual([0.1]);
    expect(await column("response_time_p95_seconds", "web-1", [200])).toEqual([0.91]);
  });

  test("a machine that was no longer scraped has a gap, not its last value, and is stale", async () => {
    expect(await column("load1", "web-2", [400, 415, 420, 600])).toEqual([7, 7, NaN, NaN]);
    expect(await column("service_up", "web-2", [400])).toEqual([1]);
    const window = { start: from + 300, end: from + 600, stepSeconds: step };
    const targets = [watchedTarget("web-1", "10.0.0.1"), watchedTarget("web-2", "10.0.0.2")];
    const { stale, newestByTarget } = await fetchFrames({ prometheus, catalog, targets, ...window });
    expect(stale).toEqual(["web-2"]);
    expect(newestByTarget.get("web-2")).toBe(from + 400);
  });
});

describe.runIf(installed)("a real Prometheus that scrapes a prom-client service", () => {
  test("the catalog and the inventory see it", async () => {
    const register = new Registry();
    const duration = new Histogram({
      name: "http_request_duration_seconds",
      help: "h",
      labelNames: ["status_code"],
      buckets: [0.1, 1],
      registers: [register],
    });
    new Gauge({ name: "http_requests_in_flight", help: "g", registers: [register] }).set(3);
    const service = createServer((_, response) => {
      for (const status_code of ["200", "200", "200", "500"]) duration.observe({ status_code }, 0.05);
      void register.metrics().then((text) => response.end(text));
    });
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    const instance = `127.0.0.1:${(service.address() as AddressInfo).port}`;
    const server = await testPrometheus({
      jobs: [{ job: "shop", targets: [instance], labels: { instance_id: "i-0001" } }],
    });
    try {
      const prometheus = createPrometheus({ url: server.url });
      const cloudInstances = [
        {
          instanceId: "i-0001",
          region: "eu-central-1",
          tags: { Name: "shop-1" },
          privateIp: "10.0.0.1",
          publicIp: null,
        },
      ];
      const own = createCatalog({ scrapeSeconds: 1 });
      for (let attempt = 0; ; attempt++) {
        const targets = await buildInventory({
          prometheus,
          cloudInstances,
          targetsYaml: [],
          self: { instanceId: null, dependencies: [] },
        });
        const end = Date.now() / 1000;
        const { frames } = await fetchFrames({
          prometheus,
          catalog: own,
          targets,
          start: end - 2,
          end,
          stepSeconds: 1,
        });
        const newest = (name: string) => {
          const frame = frames.get("shop-1");
          return frame?.columns[frame.metrics.indexOf(name)]?.findLast((value) => !Number.isNaN(value));
        };
        if (newest("error_rate") === undefined && attempt < 60) {
          await new Promise((resolve) => setTimeout(resolve, 250));
          continue;
        }
        expect(newest("error_rate")).toBeCloseTo(0.25);
        expect(newest("service_up")).toBe(1);
        expect(newest("active_requests")).toBe(3);
        expect(newest("response_time_p95_seconds")).toBeCloseTo(0.095);
        break;
      }
    } finally {
      service.closeAllConnections();
      service.close();
      await server.stop();
    }
  });
});
