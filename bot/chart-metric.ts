import { timeTicks, valueRange, valueTicks, type Tick } from "./chart-axis.ts";
import type { Font } from "./chart-font.ts";
import { markShapes, markRows } from "./chart-marks.ts";
import { colours, keyShapes, lineShape, size, textShape, type KeyEntry, type Shape } from "./chart-parts.ts";
import { axis, line, points } from "./chart-series.ts";
import type { ChartSpec } from "./chart-spec.ts";

/** Where the data is drawn, in pixels, and which values its edges stand for. */
export type Plot = {
  left: number;
  right: number;
  top: number;
  bottom: number;
  start: number;
  end: number;
  low: number;
  high: number;
};

/** The echarts option of one metric: usual band, anomalous stretches, limit, marks, and what would have been. */
export function metricOption(spec: ChartSpec, fonts: { regular: Font; bold: Font }): object {
  const font = fonts.regular;
  const title = fonts.bold.fit(fonts.bold.drawable(spec.title), size.title, size.width - 2 * size.margin);
  const key = keyShapes(keyEntries(spec), size.margin + 30, font);
  const shapes: Shape[] = [
    textShape({ x: size.margin, y: size.margin - 2 }, title, { size: size.title, bold: true }),
    ...key.shapes,
  ];
  const extent = timeExtent(spec);
  if (extent === null) return { graphic: [...shapes, ...nothingToShow(key.bottom)] };

  const { low, high } = valueRange(shownValues(spec), spec.unit);
  const values = valueTicks(low, high, spec.unit, 6);
  const left = size.margin + 8 + Math.max(...values.map((tick) => font.width(tick.label, size.label)));
  const across = { ...extent, left, right: size.width - size.margin - 4 };
  const rows = markRows(spec.marks, across, font);
  const plot: Plot = {
    ...across,
    low,
    high,
    top: key.bottom + 8 + rows.height,
    bottom: size.height - size.margin - 24,
  };
  const times = spacedTicks(spec, plot, font);
  shapes.push(...limitShapes(spec, plot, font), ...markShapes(rows.flags, plot));
  return {
    grid: { left, right: size.width - plot.right, top: plot.top, bottom: size.height - plot.bottom },
    xAxis: axis({ min: plot.start, max: plot.end, ticks: times, lines: false }),
    yAxis: axis({ min: low, max: high, ticks: values, lines: true }),
    series: [...bandSeries(spec), ...lineSeries(spec, plot)],
    graphic: shapes,
  };
}

function keyEntries(spec: ChartSpec): KeyEntry[] {
  const entries: KeyEntry[] = spec.series.map((series, index) => ({
    name: series.name,
    look: series.dashed ? "dashed" : "line",
    colour: colourOf(spec, index),
  }));
  if (spec.band !== null && spec.band.time.length > 0) {
    entries.push({ name: "usual", look: "band", colour: colours.band });
  }
  if (spec.anomalies.length > 0)
    entries.push({ name: "anomalous", look: "shade", colour: colours.anomalyShade });
  // One line alone is named by the title.
  return entries.length === 1 ? [] : entries;
}

function colourOf(spec: ChartSpec, index: number): string {
  if (spec.series[index]?.dashed) return colours.withoutAction;
  const solid = spec.series.slice(0, index).filter((series) => !series.dashed).length;
  return solid === 0 ? colours.line : (colours.others[(solid - 1) % colours.others.length] ?? colours.line);
}

function timeExtent(spec: ChartSpec): { start: number; end: number } | null {
  if (!spec.series.some((series) => series.values.some(Number.isFinite))) return null;
  const ends = spec.series.flatMap((series) => [series.time[0], series.time.at(-1)]);
  const known = ends.filter((at): at is number => at !== undefined);
  const [start, end] = [Math.min(...known), Math.max(...known)];
  return end > start ? { start, end } : { start: start - 30, end: end + 30 };
}

/** A limit far above everything would flatten the line: it is then told in words at the upper edge. */
function limitFits(limit: number, highest: number): boolean {
  return limit <= 2.5 * highest;
}

function shownValues(spec: ChartSpec): number[] {
  const values = [
    ...spec.series.flatMap((series) => series.values),
    ...(spec.band?.low ?? []),
    ...(spec.band?.high ?? []),
  ];
  const highest = values.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, value) : most),
    -Infinity,
  );
  return spec.limit !== null && limitFits(spec.limit.value, highest) ? [...values, spec.limit.value] : values;
}

function spacedTicks(spec: ChartSpec, plot: Plot, font: Font): Tick[] {
  for (let most = 8; most > 1; most -= 1) {
    const ticks = timeTicks(plot.start, plot.end, spec.axis, most);
    const widest = Math.max(0, ...ticks.map((tick) => font.width(tick.label, size.label)));
    const room = (plot.right - plot.left) / Math.max(1, ticks.length);
    if (widest + 14 <= room) return ticks;
  }
  return timeTicks(plot.start, plot.end, spec.axis, 1);
}

function bandSeries(spec: ChartSpec): object[] {
  const band = spec.band;
  if (band === null || band.time.length === 0) return [];
  const polygons = polygonsOf(band);
  return polygons.map((polygon) => ({
    type: "custom",
    silent: true,
    clip: true,
    z: 1,
    data: [0],
    renderItem: (_: unknown, api: { coord(point: number[]): number[] }) => ({
      type: "polygon",
      shape: { points: polygon.map((point) => api.coord(point)) },
      style: { fill: colours.band },
    }),
  }));
}

function polygonsOf(band: NonNullable<ChartSpec["band"]>): [number, number][][] {
  const polygons: [number, number][][] = [];
  let upper: [number, number][] = [];
  let lower: [number, number][] = [];
  const close = () => {
    if (upper.length > 1) polygons.push([...upper, ...lower.toReversed()]);
    [upper, lower] = [[], []];
  };
  band.time.forEach((at, index) => {
    const [low, high] = [band.low[index] ?? NaN, band.high[index] ?? NaN];
    if (!Number.isFinite(low) || !Number.isFinite(high)) return close();
    upper.push([at, high]);
    lower.push([at, low]);
  });
  close();
  return polygons;
}

function lineSeries(spec: ChartSpec, plot: Plot): object[] {
  const pad = (plot.end - plot.start) / 400;
  const shades = spec.anomalies.map(({ start, end }) => [
    { xAxis: Math.max(plot.start, start - pad) },
    { xAxis: Math.min(plot.end, end + pad) },
  ]);
  const drawn: object[] = spec.series.flatMap((series, index) =>
    line(points(series), {
      color: colourOf(spec, index),
      width: 2.5,
      z: series.dashed ? 4 : 5,
      dashed: series.dashed ?? false,
    }),
  );
  const first = spec.series.find((series) => !series.dashed);
  if (first === undefined || spec.anomalies.length === 0) return drawn;
  const inside = (at: number) => spec.anomalies.some(({ start, end }) => at >= start && at <= end);
  const hot = points(first).map(([at, value]): [number, number | null] => [at, inside(at) ? value : null]);
  const shade = { markArea: { silent: true, itemStyle: { color: colours.anomalyShade }, data: shades } };
  return [
    { type: "line", data: [], z: 0, ...shade },
    ...drawn,
    ...line(hot, { color: colours.anomaly, width: 3, z: 6 }),
  ];
}

function limitShapes(spec: ChartSpec, plot: Plot, font: Font): Shape[] {
  if (spec.limit === null) return [];
  const text = font.fit(font.drawable(spec.limit.label), size.small, (plot.right - plot.left) / 2);
  if (spec.limit.value > plot.high || spec.limit.value < plot.low) {
    const above = spec.limit.value > plot.high;
    const at = { x: plot.right, y: above ? plot.top + 2 : plot.bottom - 18, align: "right" as const };
    return [textShape(at, `${above ? "↑" : "↓"} ${text}`, { size: size.small, fill: colours.limit })];
  }
  const share = (spec.limit.value - plot.low) / (plot.high - plot.low);
  const y = plot.bottom - share * (plot.bottom - plot.top);
  const stroke = { stroke: colours.limit, lineWidth: 1.5, lineDash: [2, 3] };
  // The words stand below the line, so that they never leave the plot at its upper edge.
  const below = y + 20 < plot.bottom ? y + 3 : y - 18;
  return [
    lineShape({ x: plot.left, y }, { x: plot.right, y }, stroke),
    textShape({ x: plot.left + 6, y: below }, text, { size: size.small, fill: colours.limit }),
  ];
}

function nothingToShow(top: number): Shape[] {
  const middle = { x: size.width / 2, y: (top + size.height) / 2 - 24, align: "center" as const };
  return [
    textShape(middle, "no data", { size: 22, bold: true, fill: colours.muted }),
    textShape({ ...middle, y: middle.y + 32 }, "There is not one sample in this window.", {
      size: size.label,
      fill: colours.muted,
    }),
  ];
}
