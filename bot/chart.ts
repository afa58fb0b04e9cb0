import { createRequire } from "node:module";
import type * as ECharts from "echarts";
import type * as Resvg from "@resvg/resvg-js";
import { fontFamily, fontFiles, readFont, type Font } from "./chart-font.ts";
import { metricOption } from "./chart-metric.ts";
import { overviewHeight, overviewOption } from "./chart-overview.ts";
import { colours, size } from "./chart-parts.ts";
import type { ChartSpec } from "./chart-spec.ts";

/** Pixels of the PNG per pixel of the drawing: sharp on a phone, about 40 kB. */
const zoom = 1.5;

type Tools = { echarts: typeof ECharts; resvg: typeof Resvg; fonts: { regular: Font; bold: Font } };

const require = createRequire(import.meta.url);
let tools: Tools | null = null;

/**
 * The PNG of a chart. It needs 50 to 180 ms of one processor and loads echarts at the first call, so only the
 * worker thread calls it. Throws when a series is not drawable (times and values differ in length or order).
 */
export function renderChart(spec: ChartSpec): Buffer {
  const { resvg } = (tools ??= loadTools());
  const picture = new resvg.Resvg(chartSvg(spec), {
    font: { loadSystemFonts: false, fontFiles: fontFiles(), defaultFontFamily: fontFamily },
    fitTo: { mode: "zoom", value: zoom },
    background: colours.background,
  });
  return picture.render().asPng();
}

/** The same chart as SVG text, before it becomes pixels. */
export function chartSvg(spec: ChartSpec): string {
  check(spec);
  const { echarts, fonts } = (tools ??= loadTools());
  const overview = spec.kind === "overview";
  const height = overview ? overviewHeight(spec) : size.height;
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: size.width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: colours.background,
      textStyle: { fontFamily },
      ...(overview ? overviewOption(spec, fonts) : metricOption(spec, fonts)),
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** The one-file build of echarts loads in 66 ms, its module tree in 451 ms. */
function loadTools(): Tools {
  const echarts: typeof ECharts = require("echarts/dist/echarts.min.js");
  const resvg: typeof Resvg = require("@resvg/resvg-js");
  const [regular, bold] = fontFiles().map(readFont);
  if (regular === undefined || bold === undefined)
    throw new Error("The chart's fonts are missing: run npm ci");
  echarts.setPlatformAPI({
    measureText: (text, font) => {
      const pixels = Number(/([\d.]+)px/.exec(font ?? "")?.[1] ?? 12);
      return { width: (/\b600\b|bold/.test(font ?? "") ? bold : regular).width(text, pixels) };
    },
  });
  return { echarts, resvg, fonts: { regular, bold } };
}

function check(spec: ChartSpec): void {
  for (const series of spec.series) {
    if (series.time.length !== series.values.length) {
      throw new Error(
        `Chart series ${series.name} has ${series.time.length} times and ${series.values.length} values; give one value a time`,
      );
    }
    const backwards = series.time.some(
      (at, index) => index > 0 && !(at > (series.time[index - 1] ?? -Infinity)),
    );
    if (backwards)
      throw new Error(`Chart series ${series.name} has times that do not ascend; sort them first`);
  }
  const band = spec.band;
  if (band !== null && (band.low.length !== band.time.length || band.high.length !== band.time.length)) {
    throw new Error(`The usual band of chart "${spec.title}" needs one low and one high a time`);
  }
}
