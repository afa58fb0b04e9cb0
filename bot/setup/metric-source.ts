import { join } from "node:path";
import { type Clock, realClock } from "../../infra/clock.ts";
import type { Config } from "../../infra/config.ts";
import type { Catalog } from "../../infra/prometheus/catalog.ts";
import { createPrometheus, type Prometheus } from "../../infra/prometheus/client.ts";
import { loadCatalog } from "../../infra/prometheus/load-catalog.ts";
import { distinguishingLabels } from "../../infra/prometheus/match-series.ts";
import { PrometheusError } from "../../infra/prometheus/error.ts";
import { findScrapeSeconds } from "../../infra/prometheus/scrape-interval.ts";
import { type Replay, type ReplayStore, startReplay } from "../../infra/replay.ts";
import type { TargetEntry } from "../../infra/targets-file.ts";
import { packageRoot } from "../package-root.ts";

export type MetricSource = {
  prometheus: Prometheus;
  catalog: Catalog;
  clock: Clock;
  /** Seconds between the samples the detector asks for. */
  stepSeconds: number;
  /** Wall milliseconds between two rounds of the watch: a minute of metric time. */
  cycleMs: number;
  /** Metric seconds before a verdict, where a runbook names none: shorter in a recording. */
  settleSeconds: number;
  replay: Replay | null;
  /** A short recording: its models go live early and say so. */
  demo: boolean;
  close(): Promise<void>;
};

const watchSeconds = 60;
const usualScrapeSeconds = 15;
/** A Prometheus that hangs must not hold up the start. */
const quickLook = { timeoutMs: 1_500, tries: 1 };

/** A real Prometheus where one is configured, else a recording replayed as one on loopback. */
export async function openMetricSource(
  config: Config,
  {
    wall,
    replayState,
    targets,
  }: { wall: () => number; replayState: ReplayStore; targets: readonly TargetEntry[] },
): Promise<MetricSource> {
  const labels = distinguishingLabels(targets.flatMap(({ match }) => (match ? [{ match }] : [])));
  const options = { file: config.catalogFile, labels };
  if (config.metrics.kind === "prometheus") {
    const prometheus = createPrometheus({ url: config.metrics.url });
    const scrapeSeconds = await scrapeInterval(createPrometheus({ url: config.metrics.url, ...quickLook }));
    return {
      prometheus,
      catalog: await loadCatalog({ ...options, rateWindow: config.rateWindow, scrapeSeconds, narrows: true }),
      clock: realClock(wall),
      stepSeconds: watchSeconds,
      cycleMs: watchSeconds * 1_000,
      settleSeconds: 300,
      replay: null,
      demo: false,
      close: async () => undefined,
    };
  }
  const { directory, fault, speed } = config.metrics;
  const replay = await startReplay({
    directory: directory ?? join(packageRoot(), "fixtures", "captures", "web-1"),
    fault,
    speed,
    wall,
    state: replayState,
  });
  const scrapeSeconds = replay.capture.step_seconds;
  return {
    prometheus: createPrometheus({ url: replay.url }),
    // The recording's expressions hold the rate window they were recorded with: four scrape intervals.
    catalog: await loadCatalog({ ...options, scrapeSeconds }),
    clock: replay.clock,
    stepSeconds: scrapeSeconds,
    cycleMs: (watchSeconds / speed) * 1_000,
    settleSeconds: 120,
    replay,
    demo: replay.capture.demo,
    close: () => replay.close(),
  };
}

/** A Prometheus that does not answer yet must not keep the bot from starting: the usual interval is assumed. */
async function scrapeInterval(prometheus: Prometheus): Promise<number> {
  try {
    return (await findScrapeSeconds(prometheus)) ?? usualScrapeSeconds;
  } catch (error) {
    if (!(error instanceof PrometheusError)) throw error;
    return usualScrapeSeconds;
  }
}
