import { expect, it } from "vitest";
import { createCatalog } from "../infra/prometheus/catalog.ts";
import type { Prometheus } from "../infra/prometheus/client.ts";
import { webTarget } from "../fixtures/fakes/core.ts";
import { createDetector } from "./detector.ts";

const catalog = createCatalog();
const now = 1_795_000_000;
const stepSeconds = 15;

/** A Prometheus with two metrics of web-1; `service_up` was scraped until so many seconds before now. */
function prometheus(lastSeconds: number): Prometheus {
  const none = { series: [], warnings: [], partial: false };
  const expressionOf = (name: string) => {
    const metric = catalog.find(name);
    if (metric === null) throw new Error(`the catalog lost ${name}`);
    return catalog.expression(metric, stepSeconds);
  };
  const known = new Map([
    [expressionOf("service_up"), { value: 0, until: now - lastSeconds }],
    [expressionOf("cpu_usage_percent"), { value: 3, until: now }],
  ]);
  return {
    query: async () => none,
    ready: async () => ({ ok: true, version: "2" }),
    queryRange: async (expr, { start, end, stepSeconds: step }) => {
      const metric = known.get(expr);
      if (metric === undefined) return none;
      const rows = Math.floor((Math.min(end, metric.until) - start) / step) + 1;
      const time = Array.from({ length: rows }, (_, row) => start + row * step);
      const labels = { instance: "web-1" };
      return { ...none, series: [{ labels, time, values: time.map(() => metric.value) }] };
    },
  };
}

async function readingOf(source: Prometheus) {
  const detector = createDetector({
    prometheus: source,
    catalog,
    clock: { wall: () => now * 1_000, metric: () => now },
    workers: {
      score: () => Promise.reject(new Error("nothing is scored here")),
      live: () => Promise.reject(new Error("nothing is followed here")),
    },
    models: {
      load: () => Promise.reject(new Error("nothing is kept here")),
      live: async () => [],
      find: async () => null,
    },
    stepSeconds,
  });
  const { readings } = await detector.survey([webTarget("web-1")]);
  const [reading] = readings;
  if (reading === undefined) throw new Error("web-1 was not read");
  return reading;
}

it("takes a service that answers down for a minute as beyond its limit", async () => {
  const reading = await readingOf(prometheus(0));
  expect(reading.values.get("service_up")).toBe(0);
  expect(reading.beyond.map(({ metric }) => metric.name)).toEqual(["service_up"]);
});

it("does not tell an old value as the present one: a series that ended is no measurement", async () => {
  const reading = await readingOf(prometheus(600));
  expect([...reading.values.keys()]).toEqual(["cpu_usage_percent"]);
  expect(reading.beyond).toEqual([]);
});
