import type { ChartSpec } from "../chart-spec.ts";
import type { Reading } from "../detector.ts";
import { quantity, usualRange } from "../format.ts";
import { metricTitle, metricUnit, type Scene } from "./scene.ts";

export type MetricChartParts = {
  target: string;
  metric: string;
  time: ArrayLike<number>;
  values: ArrayLike<number>;
  usual: [low: number, high: number] | null;
  anomalies: ChartSpec["anomalies"];
  marks: ChartSpec["marks"];
  /** What would have been, dashed. */
  without?: ChartSpec["series"];
};

const mostPoints = 600;

/** One metric with its usual band, its anomalous stretches and, after a remediation, the moment it ran. */
export function metricChart(parts: MetricChartParts, scene: Scene): ChartSpec {
  const { target, metric, usual } = parts;
  const { time, values } = thin(parts.time, parts.values);
  const unit = metricUnit(scene, metric);
  const limit = scene.catalog.find(metric)?.limit ?? null;
  const newest = values.findLast((value) => !Number.isNaN(value)) ?? Number.NaN;
  const title = `${metricTitle(scene, metric)} of ${target}`;
  const said = [
    `${title}: now ${quantity(newest, unit)}`,
    ...(usual ? [`usually ${usualRange(usual, unit)}`] : []),
    ...parts.marks.map((mark) => mark.label),
  ];
  return {
    title,
    unit,
    alt: `${said.join(", ")}.`,
    series: [{ name: metricTitle(scene, metric), time, values }, ...(parts.without ?? [])],
    band: usual && {
      time: ends(time),
      low: ends(time).map(() => usual[0]),
      high: ends(time).map(() => usual[1]),
    },
    anomalies: parts.anomalies,
    marks: parts.marks,
    // A limit far above everything would flatten the line that matters.
    limit:
      limit !== null && unit === "percent" && values.some((value) => value >= limit / 2)
        ? { value: limit, label: `limit ${quantity(limit, unit)}` }
        : null,
    axis: axis(scene),
  };
}

/** One small line a target: its most telling metric now. */
export function overviewChart(readings: readonly Reading[], scene: Scene): ChartSpec | null {
  const rows = readings.flatMap((reading) => {
    const leading = reading.state === "anomalous" ? reading.top[0]?.metric : reading.beyond[0]?.metric.name;
    const metric = leading ?? "cpu_usage_percent";
    const column = reading.frame.columns[reading.frame.metrics.indexOf(metric)];
    if (column === undefined || reading.frame.time.length === 0) return [];
    const { time, values } = thin(reading.frame.time, column);
    const newest = values.findLast((value) => !Number.isNaN(value)) ?? Number.NaN;
    return [
      {
        name: `${reading.target} ${metricTitle(scene, metric)}`,
        time,
        values,
        note: quantity(newest, metricUnit(scene, metric)),
        anomalies: reading.anomalies,
      },
    ];
  });
  if (rows.length === 0) return null;
  return {
    kind: "overview",
    title: "Targets",
    unit: "count",
    alt: `One line a target: ${rows.map((row) => `${row.name} ${row.note}`).join(", ")}.`,
    series: rows.slice(0, 12),
    band: null,
    anomalies: [],
    marks: [],
    limit: null,
    axis: axis(scene),
  };
}

function axis(scene: Scene): ChartSpec["axis"] {
  return scene.replay
    ? { kind: "relative", newest: scene.metricNow }
    : { kind: "clock", timeZone: scene.timeZone };
}

/** At most 600 points a line: every n-th sample, and always the newest. */
function thin(time: ArrayLike<number>, values: ArrayLike<number>): { time: number[]; values: number[] } {
  const every = Math.max(1, Math.ceil(time.length / mostPoints));
  const rows = Array.from({ length: time.length }, (_, row) => row).filter(
    (row) => (time.length - 1 - row) % every === 0,
  );
  return { time: rows.map((row) => time[row] ?? 0), values: rows.map((row) => values[row] ?? Number.NaN) };
}

function ends(time: readonly number[]): number[] {
  return time.length < 2 ? [...time] : [time[0] ?? 0, time.at(-1) ?? 0];
}
