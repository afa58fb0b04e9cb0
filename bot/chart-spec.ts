/** One picture of one metric (or one small line a target): plain data, drawn by `chart.ts` in a worker thread. */
export type ChartSpec = {
  title: string;
  /** Catalog unit of the values: "percent", "bytes", "bytes/second", "seconds", "ratio", "requests/second", "count", ... */
  unit: string;
  /** What a screen reader says; also Slack's and Discord's alternative text. */
  alt: string;
  /** `time` unix seconds, `values` NaN where there is no sample. `dashed` for a forecast or what would have been. */
  series: { name: string; time: number[]; values: number[]; dashed?: boolean }[];
  /** The usual range of the (first) metric over `time`. */
  band: { time: number[]; low: number[]; high: number[] } | null;
  /** Stretches in which the metric was anomalous, unix seconds, inclusive. */
  anomalies: { start: number; end: number }[];
  /** Moments worth a line: "restart ran", "detected". */
  marks: { time: number; label: string }[];
  limit: { value: number; label: string } | null;
  /** `clock`: axis shows the time of day in `timeZone`; `relative`: minutes before the newest sample (replay). */
  axis: { kind: "clock"; timeZone: string } | { kind: "relative"; newest: number };
};
