import type { StoredRow } from "./metrics-history-pages.ts";

/** What was collected, over the rows that were asked for. */
export type HistoryStats = {
  /** Metric time of the first and the last row, unix seconds; null without rows. */
  from: number | null;
  to: number | null;
  rows: number;
  targets: number;
  /** Hours for which at least one row was collected; gaps do not count. */
  hours: number;
  /** Places at which rows before are missing, and rows in which the target gave nothing. */
  gaps: number;
  deadScrapes: number;
  /** Rows by label, most frequent first. */
  labels: { label: string; rows: number; share: number }[];
  metrics: MetricStats[];
};

/** `std` is the sample's (divided by n - 1), null below two samples; the unit is the metric's. */
type MetricStats = {
  metric: string;
  samples: number;
  mean: number;
  std: number | null;
  min: number;
  max: number;
};

type Running = { count: number; mean: number; squares: number; min: number; max: number };

/**
 * Statistics over rows in order of time, in one pass and constant memory: Welford's method (Welford 1962), which stays
 * exact for bytes as for fractions. `labelAt` names what was going on at a target (see `bot/history-labels.ts`).
 */
export async function summarise(
  pages: AsyncIterable<readonly StoredRow[]>,
  { stepSeconds, labelAt }: { stepSeconds: number; labelAt: (target: string, at: number) => string },
): Promise<HistoryStats> {
  const metrics = new Map<string, Running>();
  const labels = new Map<string, number>();
  const targets = new Set<string>();
  const stats = { from: null as number | null, to: null as number | null };
  let [rows, moments, gaps, deadScrapes] = [0, 0, 0, 0];
  for await (const page of pages) {
    for (const row of page) {
      rows += 1;
      if (row.at !== stats.to) moments += 1;
      stats.from ??= row.at;
      stats.to = row.at;
      targets.add(row.target);
      if (row.afterGap) gaps += 1;
      if (row.dead) deadScrapes += 1;
      const label = labelAt(row.target, row.at);
      labels.set(label, (labels.get(label) ?? 0) + 1);
      addValues(metrics, row);
    }
  }
  return {
    ...stats,
    rows,
    targets: targets.size,
    hours: Math.round(((moments * stepSeconds) / 3600) * 1000) / 1000,
    gaps,
    deadScrapes,
    labels: [...labels]
      .map(([label, count]) => ({ label, rows: count, share: count / rows }))
      .sort((left, right) => right.rows - left.rows),
    metrics: [...metrics]
      .filter(([, { count }]) => count > 0)
      .map(([metric, running]) => finish(metric, running)),
  };
}

function addValues(metrics: Map<string, Running>, { metrics: names, values }: StoredRow): void {
  for (let i = 0; i < values.length; i++) {
    const name = names[i]!;
    let running = metrics.get(name);
    if (running === undefined) {
      // Also of a metric that has no value yet, so that they come out in the order of the catalog.
      running = { count: 0, mean: 0, squares: 0, min: Infinity, max: -Infinity };
      metrics.set(name, running);
    }
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    running.count += 1;
    const distance = value - running.mean;
    running.mean += distance / running.count;
    running.squares += distance * (value - running.mean);
    if (value < running.min) running.min = value;
    if (value > running.max) running.max = value;
  }
}

function finish(metric: string, { count, mean, squares, min, max }: Running): MetricStats {
  const std = count < 2 ? null : Math.sqrt(squares / (count - 1));
  return { metric, samples: count, mean, std, min, max };
}
