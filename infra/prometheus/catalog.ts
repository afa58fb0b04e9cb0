import { builtinMetrics, newestSample } from "./builtin-metrics.ts";

type Unit = "percent" | "bytes" | "bytes_per_second" | "per_second" | "fraction" | "seconds" | "count" | "up";

/**
 * One named quantity. `expr` is PromQL with `$rate` (the rate window) and `$by` (the labels a series is told apart
 * by); one answer holds all targets. `range` is what a value can be; `smallestChange` is the smallest change that
 * matters, in the metric's unit: a detector's scale never falls below it. `limit` is trouble by itself: with `worse`
 * "more" at or above it, with "less" at or below it. `combine` says what holds when several series are one target.
 */
export type Metric = {
  name: string;
  title: string;
  aliases: readonly string[];
  unit: Unit;
  range: readonly [number, number | null];
  worse: "more" | "less" | "either";
  smallestChange: number;
  expr: string;
  limit: number | null;
  combine: "sum" | "max" | "min";
};

export type Catalog = {
  metrics: readonly Metric[];
  /** The rate window for samples that are `stepSeconds` apart: four intervals (5 s: "20s"), or the configured one. */
  rateWindow(stepSeconds: number): string;
  /** The metric's PromQL with the placeholders filled in. */
  expression(metric: Metric, stepSeconds: number): string;
  /** A question about a few targets may ask for these alone (see `narrowTo`). */
  narrows: boolean;
  /** PromQL for the time (unix seconds) of each target's newest sample: what tells a gap from a carried value. */
  freshness: string;
  /** How far apart samples are, in seconds; null when only the step of a query is known. */
  scrapeSeconds: number | null;
  /** By name, alias or title, in any case, blanks and dashes read as underscores; null when there is none. */
  find(nameOrAlias: string): Metric | null;
};

export type CatalogOptions = {
  metrics?: readonly Metric[];
  /** `SMARTCLOUDOPS_RATE_WINDOW`, in Prometheus syntax; without it four scrape intervals. */
  rateWindow?: string | null;
  /** How far apart samples are. Without it the step of each query stands for it. */
  scrapeSeconds?: number | null;
  /** False for a recording, which answers the catalog's own expressions only. */
  narrows?: boolean;
  /** Labels beyond the address by which `targets.yaml` tells targets apart. */
  labels?: readonly string[];
};

/** Labels a series is told apart by, where an expression says `$by`. */
const groupingLabels = ["address", "instance_id", "target"];

/** The catalog: the built-in metrics, unless others are given (see `loadCatalog` for a user's YAML file). */
export function createCatalog(options: CatalogOptions = {}): Catalog {
  const metrics = options.metrics ?? builtinMetrics;
  const by = [...new Set([...groupingLabels, ...(options.labels ?? [])])].join(", ");
  const names = new Map<string, Metric>();
  for (const metric of metrics)
    for (const alias of [...metric.aliases, metric.title]) names.set(normalise(alias), metric);
  for (const metric of metrics) names.set(normalise(metric.name), metric);
  const rateWindow = (stepSeconds: number) =>
    options.rateWindow ?? `${Math.ceil(4 * (options.scrapeSeconds ?? stepSeconds))}s`;
  return {
    metrics,
    rateWindow,
    expression: (metric, stepSeconds) =>
      metric.expr.replaceAll("$rate", rateWindow(stepSeconds)).replaceAll("$by", by),
    narrows: options.narrows ?? false,
    freshness: newestSample.replaceAll("$by", by),
    scrapeSeconds: options.scrapeSeconds ?? null,
    find: (name) => names.get(normalise(name)) ?? null,
  };
}

/**
 * A value as a person or an older client gives it, in the catalog's unit: `memory_usage_mb: 512` is
 * `memory_usage_bytes` 536870912. Null when no metric has that name.
 */
export function readNamedValue(
  catalog: Catalog,
  name: string,
  value: number,
): { metric: Metric; value: number } | null {
  if (normalise(name) === "memory_usage_mb") {
    const metric = catalog.find("memory_usage_bytes");
    return metric && { metric, value: value * 1024 * 1024 };
  }
  const metric = catalog.find(name);
  return metric && { metric, value };
}

function normalise(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, "_");
}
