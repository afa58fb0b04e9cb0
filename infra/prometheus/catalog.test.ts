import { describe, expect, test } from "vitest";
import { readCapture } from "../capture.ts";
import { ConfigError } from "../errors.ts";
import { createCatalog, readNamedValue } from "./catalog.ts";
import { loadCatalog, mergeMetrics } from "./load-catalog.ts";

const catalog = createCatalog();
const capture = new URL("../../fixtures/captures/web-1", import.meta.url).pathname;

describe("the built-in catalog", () => {
  test("has the metrics whose names other programs rely on, in this order", () => {
    expect(catalog.metrics.map(({ name }) => name)).toEqual(
      (
        "service_up cpu_usage_percent memory_usage_bytes memory_usage_percent disk_usage_percent " +
        "disk_read_bytes_per_second disk_write_bytes_per_second network_receive_bytes_per_second " +
        "network_transmit_bytes_per_second load1 active_requests requests_per_second error_rate " +
        "response_time_p50_seconds response_time_p95_seconds response_time_p99_seconds"
      ).split(" "),
    );
  });

  test("is what the committed recording answers; when it is not, record it anew", async () => {
    const recorded = await readCapture(capture);
    const own = createCatalog({ scrapeSeconds: recorded.step_seconds });
    const expressions = own.metrics.map((metric) => [metric.name, own.expression(metric, 60)]);
    const remedy =
      "the catalog and fixtures/captures/web-1 differ: run the `smartcloudops record` command of fixtures/README.md";
    expect(recorded.expressions, remedy).toEqual(Object.fromEntries(expressions));
    expect(recorded.freshness, remedy).toBe(own.freshness);
  });

  test("no name or alias means two metrics", () => {
    const names = catalog.metrics.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
  });

  test("every metric says what is possible and what matters", () => {
    for (const { range, smallestChange, limit } of catalog.metrics) {
      expect(smallestChange).toBeGreaterThan(0);
      expect(limit ?? 0).toBeGreaterThanOrEqual(range[0]);
      expect(limit ?? 0).toBeLessThanOrEqual(range[1] ?? Infinity);
    }
  });

  test.each([
    ["cpu", "cpu_usage_percent"],
    ["CPU usage", "cpu_usage_percent"],
    ["memory", "memory_usage_percent"],
    ["disk", "disk_usage_percent"],
    ["errors", "error_rate"],
    ["p95", "response_time_p95_seconds"],
    ["latency", "response_time_p95_seconds"],
    ["response-time-p99", "response_time_p99_seconds"],
  ])("%s is %s", (alias, name) => {
    expect(catalog.find(alias)?.name).toBe(name);
  });

  test("an unknown name is nobody's, not the nearest one's", () => {
    expect(catalog.find("cp")).toBeNull();
    expect(catalog.find("constructor")).toBeNull();
    expect(readNamedValue(catalog, "fan_speed", 1)).toBeNull();
  });

  test("memory in MB is read as bytes", () => {
    expect(readNamedValue(catalog, "memory_usage_mb", 512)).toMatchObject({
      metric: { name: "memory_usage_bytes" },
      value: 536_870_912,
    });
  });

  test("a rate spans four scrapes unless it is configured", () => {
    expect(catalog.rateWindow(5)).toBe("20s");
    expect(createCatalog({ scrapeSeconds: 15 }).rateWindow(60)).toBe("60s");
    expect(createCatalog({ scrapeSeconds: 15, rateWindow: "2m" }).rateWindow(60)).toBe("2m");
  });
});

describe("a catalog file", () => {
  const complaints = (text: string) => {
    try {
      mergeMetrics(text, "catalog.yaml");
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
    return [];
  };

  test("changes what it names and adds what is new", () => {
    const metrics = mergeMetrics(
      "metrics:\n" +
        "  - {name: error_rate, expr: my_error_ratio}\n" +
        "  - {name: queue_depth, unit: count, worse: more, smallest_change: 5, limit: 1000, " +
        'expr: "max by ($by) (queue_depth)"}\n',
      "catalog.yaml",
    );
    const merged = createCatalog({ metrics, labels: ["pod"] });
    expect(merged.find("errors")).toMatchObject({ expr: "my_error_ratio", unit: "fraction", limit: 0.05 });
    const added = merged.find("queue depth");
    expect(added).toMatchObject({ title: "queue depth", smallestChange: 5, limit: 1000, combine: "max" });
    expect(added && merged.expression(added, 60)).toBe(
      "max by (address, instance_id, target, pod) (queue_depth)",
    );
  });

  test.each([
    ["metrics:\n  - {name: Queue, expr: x}\n", "catalog.yaml:2:12 metrics.0.name: must be lower case"],
    ["metrics:\n  - name: x\n    colour: red\n", 'catalog.yaml:3:5 metrics.0: "colour" is not known here'],
    ["metrics:\n  - name: error_rate\n    limit: high\n", "catalog.yaml:3:12 metrics.0.limit"],
    ["metrics:\n  - {name: queue_depth, expr: q}\n", "is new, so it needs unit"],
    ["metrics:\n  - {name: load1, expr: 'x[$interval]'}\n", "$rate (the rate window)"],
    [
      "metrics:\n  - {name: load1, aliases: [cpu]}\n",
      "the alias cpu of load1 already means cpu_usage_percent",
    ],
    ["metrics: [\n", "catalog.yaml:2:1"],
    ["metrics: []\n", "catalog.yaml:1:10 metrics"],
    ["", "catalog.yaml:1:1 the file"],
    ["metrics:\n  - {name: a, name: b}\n", "catalog.yaml:2:15"],
  ])("complains about %j with the place", (text, complaint) => {
    expect(complaints(text).join("\n")).toContain(complaint);
  });

  test("a dollar inside a string is PromQL's own", () => {
    expect(
      complaints('metrics:\n  - {name: load1, expr: \'label_replace(a, "b", "$1", "c", "(.*)$")\'}\n'),
    ).toEqual([]);
  });

  test("a file that is not there names the variable", async () => {
    await expect(loadCatalog({ file: "/nowhere/catalog.yaml" })).rejects.toThrow("SMARTCLOUDOPS_CATALOG");
  });
});
