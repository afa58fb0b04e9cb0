import type { Config } from "../../infra/config.ts";
import { createMetricsHistory, type MetricsHistory } from "../../infra/database/metrics-history.ts";
import type { MetricSource } from "./metric-source.ts";

type Dependencies = {
  db: Parameters<typeof createMetricsHistory>[0]["db"];
  source: Pick<MetricSource, "catalog" | "replay">;
  /** Wall milliseconds between two rounds, where the outside decides it. */
  cycleMs: number | undefined;
};

/**
 * A Prometheus that has just begun looks as if it scraped once a minute at most; a longer interval was really seen.
 */
const longestYoungIntervalSeconds = 60;

/**
 * The metrics history and how often (wall milliseconds) it is added to. Its step is what is configured, or the scrape
 * interval where that is known to be longer: else every second row would have no sample of its own.
 */
export function openHistory(
  config: Pick<Config, "collectionSeconds" | "metrics">,
  { db, source, cycleMs }: Dependencies,
): { history: MetricsHistory; collectMs: number } {
  const scrapeSeconds = Math.ceil(source.catalog.scrapeSeconds ?? 0);
  const isSlow = scrapeSeconds > longestYoungIntervalSeconds;
  const stepSeconds = isSlow ? Math.max(config.collectionSeconds, scrapeSeconds) : config.collectionSeconds;
  const history = createMetricsHistory({
    db,
    source: source.replay === null ? "prometheus" : "recording",
    stepSeconds,
  });
  const speed = config.metrics.kind === "recording" ? config.metrics.speed : 1;
  return { history, collectMs: cycleMs ?? (stepSeconds * 1_000) / speed };
}
