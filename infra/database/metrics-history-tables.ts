import type { Generated, Kysely, Transaction } from "kysely";

/** A target of the history with what is counted of its rows. `source` keeps recordings apart from real metrics. */
export type MetricTargetsTable = {
  id: Generated<number>;
  source: string;
  name: string;
  row_count: number;
  gap_count: number;
  dead_count: number;
  oldest_metric_at: number;
  newest_metric_at: number;
};

/** The metric names of rows, as JSON, in the order of their cells: a changed catalog leaves old rows readable. */
type MetricSetsTable = {
  id: Generated<number>;
  source: string;
  names: string;
  oldest_metric_at: number;
  newest_metric_at: number;
};

/** Every moment for which rows were stored: how the rows of one target are found although their key begins with time. */
type MetricBeatsTable = { source: string; metric_at: number };

/**
 * One row per target and metric time (unix seconds). `cells`: one little-endian float64 a metric, NaN where there was
 * no sample; null where all are missing. `dead` (0, 1): the target gave nothing. `after_gap` (0, 1): rows before it
 * are missing.
 */
export type MetricRowsTable = {
  metric_at: number;
  target: number;
  metric_set: number;
  after_gap: number;
  dead: number;
  cells: Uint8Array | null;
};

export type MetricsHistoryTables = {
  metric_targets: MetricTargetsTable;
  metric_sets: MetricSetsTable;
  metric_beats: MetricBeatsTable;
  metric_rows: MetricRowsTable;
};

export type HistoryDb = Kysely<MetricsHistoryTables>;
export type HistoryTransaction = Transaction<MetricsHistoryTables>;
