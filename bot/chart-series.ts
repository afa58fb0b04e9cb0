import type { Tick } from "./chart-axis.ts";
import { colours, size } from "./chart-parts.ts";
import type { ChartSeries } from "./chart-spec.ts";

/** A value axis whose ticks and labels are exactly the given ones. */
export function axis(given: {
  min: number;
  max: number;
  ticks: Tick[];
  lines: boolean;
  show?: boolean;
}): object {
  const labels = new Map(given.ticks.map((tick) => [tick.at, tick.label]));
  const customValues = given.ticks.map((tick) => tick.at);
  return {
    type: "value",
    show: given.show ?? true,
    min: given.min,
    max: given.max,
    axisLine: { show: !given.lines, onZero: false, lineStyle: { color: colours.axis } },
    axisTick: { show: !given.lines, customValues, lineStyle: { color: colours.axis } },
    splitLine: { show: given.lines, lineStyle: { color: colours.grid } },
    axisLabel: {
      customValues,
      formatter: (value: number) => labels.get(value) ?? "",
      color: colours.muted,
      fontSize: size.label,
      margin: given.lines ? 8 : 11,
      hideOverlap: false,
    },
  };
}

/** Points for echarts: a gap in the samples is a gap in the line; what cannot be drawn (NaN, infinite) is one too. */
export function points(series: Pick<ChartSeries, "time" | "values">): [number, number | null][] {
  const steps = series.time.slice(1).map((at, index) => at - (series.time[index] ?? at));
  const usual = steps.length > 0 ? (steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0) : 0;
  const drawn: [number, number | null][] = [];
  series.time.forEach((at, index) => {
    const before = series.time[index - 1];
    if (before !== undefined && at - before > 3.5 * usual) drawn.push([(at + before) / 2, null]);
    const value = series.values[index];
    drawn.push([at, value !== undefined && Number.isFinite(value) ? value : null]);
  });
  return drawn;
}

/** A line; a lonely point between two gaps is drawn as a dot, or it would be invisible. */
export function line(
  data: [number, number | null][],
  look: { color: string; width: number; z: number; dashed?: boolean },
) {
  const empty = (index: number) => (data[index]?.[1] ?? null) === null;
  const lonely = data.filter((_, index) => !empty(index) && empty(index - 1) && empty(index + 1));
  const lines = {
    type: "line",
    data,
    showSymbol: false,
    connectNulls: false,
    silent: true,
    animation: false,
    z: look.z,
    lineStyle: {
      color: look.color,
      width: look.width,
      type: look.dashed ? [7, 5] : "solid",
      cap: "round",
      join: "round",
    },
  };
  const dots = {
    type: "scatter",
    data: lonely,
    symbolSize: look.width + 3,
    itemStyle: { color: look.color },
    z: look.z,
  };
  return lonely.length > 0 ? [lines, dots] : [lines];
}
