import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Gauge, Histogram, Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type ScrapeJob,
  type TestPrometheus,
  hasPrometheus,
  testPrometheus,
} from "../../fixtures/fakes/prometheus-server.ts";
import {
  type TestVictoriaMetrics,
  hasVictoriaMetrics,
  testVictoriaMetrics,
} from "../../fixtures/fakes/victoria-metrics-server.ts";
import {
  from,
  goneAt,
  importText,
  lengthSeconds,
  openMetrics,
  sampledHistory,
  step,
} from "../../fixtures/fakes/sampled-history.ts";
import type { Frame } from "../../ml/frame.ts";
import { watchedTarget } from "../../fixtures/fakes/target.ts";
import { buildInventory } from "../inventory.ts";
import { createCatalog } from "./catalog.ts";
import { type Prometheus, createPrometheus } from "./client.ts";
import { fetchFrames } from "./frames.ts";
import { findScrapeSeconds } from "./scrape-interval.ts";

const installed = [hasPrometheus(), hasVictoriaMetrics()].every(Boolean);
const catalog = createCatalog({ scrapeSeconds: step });

describe.runIf(installed)("the same samples in a real VictoriaMetrics and a real Prometheus", () => {
  let servers: [TestPrometheus, TestVictoriaMetrics];
  let [prometheus, victoria]: [Prometheus, Prometheus] = [unset(), unset()];
  beforeAll(async () => {
    const samples = sampledHistory();
    servers = await Promise.all([
      testPrometheus({ openMetrics: openMetrics(samples) }),
      testVictoriaMetrics(),
    ]);
    await servers[1].importSamples(importText(samples));
    [prometheus, victoria] = [
      createPrometheus({ url: servers[0].url }),
      createPrometheus({ url: servers[1].url }),
    ];
  }, 30_000);
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  const frameOf = async (server: Prometheus, name: string): Promise<Frame> => {
    const targets = [watchedTarget("web-1", "10.0.0.1"), watchedTarget("web-2", "10.0.0.2")];
    const window = { start: from, end: from + lengthSeconds, stepSeconds: step };
    const { frames } = await fetchFrames({ prometheus: server, catalog, targets, ...window });
    const frame = frames.get(name);
    if (frame === undefined) throw new Error(`no frame of ${name}`);
    return frame;
  };

  /** Pairs of values, [Prometheus', VictoriaMetrics'], from the row on where a rate window is full. */
  const pairsOf = async (metric: string): Promise<[number, number][]> => {
    const [ours, theirs] = [await frameOf(prometheus, "web-1"), await frameOf(victoria, "web-1")];
    expect(theirs.time).toEqual(ours.time);
    const m = ours.metrics.indexOf(metric);
    return [...(ours.columns[m] ?? [])]
      .map((value, row): [number, number] => [value, theirs.columns[m]?.[row] ?? NaN])
      .slice(6);
  };

  test.each([
    "service_up",
    "memory_usage_bytes",
    "memory_usage_percent",
    "disk_usage_percent",
    "load1",
    "active_requests",
  ])("%s is the same in both, row by row", async (metric) => {
    const pairs = await pairsOf(metric);
    expect(pairs.filter(([ours]) => !Number.isNaN(ours)).length).toBeGreaterThan(170);
    for (const [ours, theirs] of pairs)
      expect(Math.abs(theirs - ours)).toBeLessThanOrEqual(1e-12 * Math.abs(ours));
  });

  // Prometheus extrapolates to the edges of the rate window, VictoriaMetrics begins at the sample before it: single rows
  // of a noisy counter differ by several percent, what they add up to does not.
  test.each([
    "cpu_usage_percent",
    "disk_read_bytes_per_second",
    "disk_write_bytes_per_second",
    "network_receive_bytes_per_second",
    "network_transmit_bytes_per_second",
    "requests_per_second",
    "response_time_p50_seconds",
    "response_time_p95_seconds",
    "response_time_p99_seconds",
  ])("%s agrees within a seventh in nine of ten rows, and within a hundredth on average", async (metric) => {
    const pairs = (await pairsOf(metric)).filter(([ours]) => !Number.isNaN(ours));
    expect(pairs.length).toBeGreaterThan(170);
    const near = pairs.filter(([ours, theirs]) => Math.abs(theirs - ours) <= Math.abs(ours) / 7);
    expect(near.length / pairs.length).toBeGreaterThan(0.9);
    const sum = (which: 0 | 1) => pairs.reduce((total, pair) => total + pair[which], 0);
    expect(sum(1) / sum(0)).toBeCloseTo(1, 2);
  });

  test("a question about one target is answered for it alone in both", async () => {
    const narrow = createCatalog({ scrapeSeconds: step, narrows: true });
    const window = { start: from, end: from + 600, stepSeconds: step };
    const [one, two] = [watchedTarget("web-1", "10.0.0.1"), watchedTarget("web-2", "10.0.0.2")];
    for (const server of [prometheus, victoria]) {
      const whole = await fetchFrames({ prometheus: server, catalog, targets: [one, two], ...window });
      for (const each of [one, two]) {
        const alone = await fetchFrames({ prometheus: server, catalog: narrow, targets: [each], ...window });
        expect(alone.warnings).toEqual(whole.warnings);
        expect(alone.frames.get(each.name)).toEqual(whole.frames.get(each.name));
      }
      expect(whole.newest).not.toBeNull();
    }
  });

  test("the error rate agrees within a percent point, and is 0 and not missing without errors", async () => {
    const pairs = await pairsOf("error_rate");
    for (const [ours, theirs] of pairs) expect(Math.abs(theirs - ours)).toBeLessThan(0.01);
  });

  test("a machine that was no longer scraped has a gap in both, a row sooner or later", async () => {
    const newest = async (server: Prometheus) => {
      const frame = await frameOf(server, "web-2");
      const load = frame.columns[frame.metrics.indexOf("load1")] ?? new Float64Array();
      return (frame.time[load.findLastIndex((value) => value === 7)] ?? NaN) - from;
    };
    expect(Math.abs((await newest(victoria)) - (await newest(prometheus)))).toBeLessThanOrEqual(step);
    expect(await newest(victoria)).toBeLessThanOrEqual(goneAt + 3 * step);
  });

  test("how far apart samples are is counted, and mistakes are told in its own words", async () => {
    expect(await findScrapeSeconds(victoria, from + 300)).toBe(step);
    expect(await victoria.ready()).toMatchObject({ ok: true });
    await expect(victoria.query("up{")).rejects.toMatchObject({ kind: "bad_query" });
    await expect(victoria.query("up{")).rejects.toThrow("unexpected token");
  });
});

describe.runIf(installed)("a real VictoriaMetrics that scrapes a prom-client service", () => {
  let scraped: ScrapedService;
  beforeAll(async () => {
    scraped = await startScrapedService();
  });
  afterAll(() => scraped.stop());

  const look = async (victoria: Prometheus) => {
    const self = { instanceId: null, dependencies: [] };
    const targets = await buildInventory({
      ...{ prometheus: victoria, cloudInstances: [], targetsYaml: [], self },
    });
    const end = Date.now() / 1000;
    const own = createCatalog({ scrapeSeconds: 1 });
    const window = { start: end - 10, end, stepSeconds: 1 };
    const { frames, newest } = await fetchFrames({ prometheus: victoria, catalog: own, targets, ...window });
    const [frame] = frames.values();
    const value = (name: string) =>
      frame?.columns[frame.metrics.indexOf(name)]?.findLast((each) => !Number.isNaN(each));
    return { value, ageSeconds: end - (newest ?? NaN) };
  };

  test("with a short -search.latencyOffset the catalog and the inventory see it within seconds", async () => {
    const server = await testVictoriaMetrics({ jobs: scraped.jobs, latencyOffset: "1s" });
    const victoria = createPrometheus({ url: server.url });
    try {
      await expect
        .poll(async () => (await look(victoria)).value("error_rate"), { timeout: 20_000, interval: 500 })
        .toBeCloseTo(0.25);
      const { value, ageSeconds } = await look(victoria);
      expect(value("service_up")).toBe(1);
      expect(value("active_requests")).toBe(3);
      expect(value("response_time_p95_seconds")).toBeCloseTo(0.095);
      expect(ageSeconds).toBeLessThan(5);
    } finally {
      await server.stop();
    }
  }, 40_000);

  test("as installed, an instant query is fresh, and a range of short steps never passes old samples off as new", async () => {
    const server = await testVictoriaMetrics({ jobs: scraped.jobs });
    const victoria = createPrometheus({ url: server.url });
    const clockAge = async () => {
      const { series } = await victoria.query("clock_seconds");
      return Date.now() / 1000 - (series[0]?.values[0] ?? NaN);
    };
    try {
      // A client that does not ask for fresh samples gets none of the last 30 seconds.
      await expect.poll(clockAge, { timeout: 20_000, interval: 500 }).toBeLessThan(5);
      const { value, ageSeconds } = await look(victoria);
      expect([value("active_requests"), ageSeconds]).toEqual([undefined, NaN]);
    } finally {
      await server.stop();
    }
  }, 40_000);
});

type ScrapedService = { jobs: ScrapeJob[]; stop(): Promise<void> };

/** A quarter of its requests fail; `clock_seconds` is the time of the scrape. */
async function startScrapedService(): Promise<ScrapedService> {
  const register = new Registry();
  const registers = [register];
  const duration = new Histogram({
    name: "http_request_duration_seconds",
    help: "h",
    labelNames: ["status_code"],
    buckets: [0.1, 1],
    registers,
  });
  new Gauge({ name: "http_requests_in_flight", help: "g", registers }).set(3);
  const clock = new Gauge({ name: "clock_seconds", help: "c", registers });
  const service = createServer((_, response) => {
    for (const status_code of ["200", "200", "200", "500"]) duration.observe({ status_code }, 0.05);
    clock.set(Date.now() / 1000);
    void register.metrics().then((text) => response.end(text));
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const instance = `127.0.0.1:${(service.address() as AddressInfo).port}`;
  return {
    jobs: [{ job: "shop", targets: [instance], labels: { instance_id: "i-0001" } }],
    stop: async () => {
      service.closeAllConnections();
      await new Promise((resolve) => service.close(resolve));
    },
  };
}

function unset(): Prometheus {
  const fail = () => Promise.reject(new Error("not started"));
  return { query: fail, queryRange: fail, ready: fail };
}
