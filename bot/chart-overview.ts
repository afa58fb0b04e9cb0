import { timeTicks, valueRange } from "./chart-axis.ts";
import type { Font } from "./chart-font.ts";
import { colours, lineShape, size, textShape, type Shape } from "./chart-parts.ts";
import { axis, line, points } from "./chart-series.ts";
import type { ChartSeries, ChartSpec, Stretch } from "./chart-spec.ts";
import { quantity } from "./format.ts";

/** A status picture of more rows would not be read on a phone; the last line says how many are left out. */
const mostRows = 12;
const rowHeight = 44;
const headHeight = 52;
const footHeight = 40;

type Row = { series: ChartSeries; top: number; low: number; high: number };

/** How high the picture of this many targets is, in pixels before the zoom. */
export function overviewHeight(spec: ChartSpec): number {
  const rows = Math.min(spec.series.length, mostRows);
  const words = spec.series.length > mostRows || spec.limit !== null ? 24 : 0;
  return headHeight + Math.max(1, rows) * rowHeight + words + footHeight;
}

/** The echarts option of a status picture: one small line per target, its name before it and its state behind it. */
export function overviewOption(spec: ChartSpec, fonts: { regular: Font; bold: Font }): object {
  const font = fonts.regular;
  const title = fonts.bold.fit(fonts.bold.drawable(spec.title), size.title, size.width - 2 * size.margin);
  const head = textShape({ x: size.margin, y: size.margin - 2 }, title, { size: size.title, bold: true });
  if (spec.series.length === 0) {
    const at = { x: size.width / 2, y: headHeight + 12, align: "center" as const };
    return { graphic: [head, textShape(at, "no data", { size: 20, bold: true, fill: colours.muted })] };
  }
  const shown = spec.series.slice(0, mostRows);
  const names = shown.map((series) => fonts.bold.fit(fonts.bold.drawable(series.name), size.label, 150));
  const notes = shown.map((series) => font.fit(font.drawable(noteOf(series, spec.unit)), size.small, 170));
  const left = size.margin + 12 + Math.max(...names.map((name) => fonts.bold.width(name, size.label)));
  const right =
    size.width - size.margin - 12 - Math.max(...notes.map((note) => font.width(note, size.small)));
  const rows = shown.map((series, index) => rowOf(series, spec, headHeight + index * rowHeight));
  const extent = extentOf(shown);
  const bottom = headHeight + rows.length * rowHeight;
  const shapes: Shape[] = [head, ...rowTexts(rows, names, notes), ...limitLines(rows, spec, { left, right })];
  const hidden = spec.series.length - shown.length;
  if (hidden > 0) {
    const at = { x: size.width - size.margin, y: overviewHeight(spec) - 26, align: "right" as const };
    shapes.push(textShape(at, `and ${hidden} more`, { size: size.small, fill: colours.muted }));
  }
  shapes.push(...limitKey(spec, font));
  const ticks = timeTicks(extent.start, extent.end, spec.axis, right - left > 300 ? 4 : 2);
  const grids = rows.map((row) => ({
    left,
    right: size.width - right,
    top: row.top + 6,
    height: rowHeight - 14,
  }));
  return {
    grid: [...grids, { left, right: size.width - right, top: bottom - 2, height: 2 }],
    xAxis: [
      ...rows.map((_, index) => ({
        ...axis({ ...span(extent), ticks: [], lines: false, show: false }),
        gridIndex: index,
      })),
      { ...axis({ ...span(extent), ticks, lines: false }), gridIndex: rows.length },
    ],
    yAxis: [...rows, { low: 0, high: 1 }].map(({ low, high }, index) => ({
      ...axis({ min: low, max: high, ticks: [], lines: true, show: false }),
      gridIndex: index,
    })),
    series: rows.flatMap((row, index) => rowSeries(row, index, extent)),
    graphic: shapes,
  };
}

function span(extent: Stretch): { min: number; max: number } {
  return { min: extent.start, max: extent.end };
}

function noteOf(series: ChartSeries, unit: string): string {
  if (series.note !== undefined) return series.note;
  const newest = series.values.findLast(Number.isFinite);
  return newest === undefined ? "no data" : quantity(newest, unit);
}

/** With a limit all rows share one scale, so that they can be compared; without one each line fills its row. */
function rowOf(series: ChartSeries, spec: ChartSpec, top: number): Row {
  const limit = spec.limit?.value;
  const values =
    limit === undefined ? series.values : [...spec.series.flatMap((each) => each.values), 0, limit];
  return { series, top, ...valueRange(values, spec.unit) };
}

function extentOf(series: ChartSeries[]): Stretch {
  const times = series.flatMap((each) => [each.time[0], each.time.at(-1)]).filter((at) => at !== undefined);
  if (times.length === 0) return { start: 0, end: 1 };
  const [start, end] = [Math.min(...times), Math.max(...times)];
  return end > start ? { start, end } : { start: start - 30, end: end + 30 };
}

function rowTexts(rows: Row[], names: string[], notes: string[]): Shape[] {
  return rows.flatMap((row, index) => {
    const trouble = (row.series.anomalies ?? []).length > 0;
    const y = row.top + rowHeight / 2 - 9;
    const note = { size: size.small, fill: trouble ? colours.anomalyText : colours.muted, bold: trouble };
    return [
      textShape({ x: size.margin, y }, names[index] ?? "", { size: size.label, bold: true }),
      textShape({ x: size.width - size.margin, y, align: "right" }, notes[index] ?? "", note),
      lineShape(
        { x: size.margin, y: row.top + rowHeight },
        { x: size.width - size.margin, y: row.top + rowHeight },
        { stroke: colours.grid, lineWidth: 1 },
        0,
      ),
    ];
  });
}

function limitLines(rows: Row[], spec: ChartSpec, across: { left: number; right: number }): Shape[] {
  if (spec.limit === null) return [];
  const limit = spec.limit.value;
  const look = { stroke: colours.limit, lineWidth: 1.25, lineDash: [2, 3] };
  return rows.map((row) => {
    const y = row.top + rowHeight - 8 - ((limit - row.low) / (row.high - row.low)) * (rowHeight - 14);
    return lineShape({ x: across.left, y }, { x: across.right, y }, look);
  });
}

/** What the dotted line is, below the time axis. */
function limitKey(spec: ChartSpec, font: Font): Shape[] {
  if (spec.limit === null) return [];
  const y = overviewHeight(spec) - 26;
  const words = font.fit(font.drawable(spec.limit.label), size.small, size.width / 2);
  const look = { stroke: colours.limit, lineWidth: 1.5, lineDash: [2, 3] };
  return [
    lineShape({ x: size.margin, y: y + 8 }, { x: size.margin + 22, y: y + 8 }, look),
    textShape({ x: size.margin + 28, y }, words, { size: size.small, fill: colours.limit }),
  ];
}

function rowSeries(row: Row, index: number, extent: Stretch): object[] {
  const pad = (extent.end - extent.start) / 300;
  const anomalies = row.series.anomalies ?? [];
  const shades = anomalies.map(({ start, end }) => [
    { xAxis: Math.max(extent.start, start - pad) },
    { xAxis: Math.min(extent.end, end + pad) },
  ]);
  const shade = { markArea: { silent: true, itemStyle: { color: colours.anomalyShade }, data: shades } };
  const color = anomalies.length > 0 ? colours.anomaly : colours.line;
  const drawn: object[] = line(points(row.series), { color, width: 2, z: 5 });
  return [{ type: "line", data: [], z: 0, ...shade }, ...drawn].map((series) => ({
    ...series,
    xAxisIndex: index,
    yAxisIndex: index,
  }));
}
