export type Stretch = { start: number; end: number };

/**
 * One line. `time` unix seconds, ascending; `values` NaN where there is no sample. `dashed` for a forecast or what
 * would have been.
 */
export type ChartSeries = {
  name: string;
  time: number[];
  values: number[];
  dashed?: boolean;
  /** Overview only: words at the end of the row (without them: the newest value), and the row's own anomalies. */
  note?: string;
  anomalies?: Stretch[];
};

/** One picture of one metric (or one small line a target): plain data, drawn by `chart.ts` in a worker thread. */
export type ChartSpec = {
  /** `metric` (the default): all series in one plot. `overview`: one small row per series, for status cards. */
  kind?: "metric" | "overview";
  title: string;
  /** The catalog's unit of the values: "percent", "bytes", "bytes_per_second", "seconds", "fraction", ... */
  unit: string;
  /** What a screen reader says; also Slack's and Discord's alternative text. */
  alt: string;
  series: ChartSeries[];
  /** The usual range of the (first) metric over `time`. */
  band: { time: number[]; low: number[]; high: number[] } | null;
  /** Stretches in which the metric was anomalous, unix seconds, inclusive. */
  anomalies: Stretch[];
  /** Moments worth a line: "restart ran", "detected". */
  marks: { time: number; label: string }[];
  limit: { value: number; label: string } | null;
  /** `clock`: axis shows the time of day in `timeZone`; `relative`: minutes before the newest sample (replay). */
  axis: { kind: "clock"; timeZone: string } | { kind: "relative"; newest: number };
};
