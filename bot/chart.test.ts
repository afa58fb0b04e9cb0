import { createRequire } from "node:module";
import type * as ResvgModule from "@resvg/resvg-js";
import { expect, test } from "vitest";
import { fontFiles, readFont } from "./chart-font.ts";
import { points } from "./chart-series.ts";
import type { ChartSpec } from "./chart-spec.ts";
import { chartSvg, renderChart } from "./chart.ts";

const newest = 1_790_000_000;
const time = Array.from({ length: 120 }, (_, index) => newest - 595 + index * 5);
const climbing = time.map((_, index) =>
  index < 60 ? 2.1e9 : index < 110 ? 2.1e9 + (index - 60) * 1.4e8 : 2.1e9,
);

function chart(parts: Partial<ChartSpec> = {}): ChartSpec {
  return {
    title: "Memory of web-1",
    unit: "bytes",
    alt: "memory of web-1",
    series: [{ name: "memory", time, values: climbing }],
    band: null,
    anomalies: [],
    marks: [],
    limit: null,
    axis: { kind: "relative", newest },
    ...parts,
  };
}

const incident = chart({
  series: [
    { name: "memory", time, values: climbing },
    {
      name: "without the restart",
      dashed: true,
      time: time.slice(110),
      values: time.slice(110).map((_, i) => 9e9 + i * 1.4e8),
    },
  ],
  band: { time: [newest - 595, newest], low: [1.9e9, 1.9e9], high: [2.4e9, 2.4e9] },
  anomalies: [{ start: newest - 280, end: newest - 50 }],
  marks: [
    { time: newest - 280, label: "detected" },
    { time: newest - 50, label: "restart ran" },
  ],
  limit: { value: 14e9, label: "limit 14 GB" },
});

/** The texts of a picture, in the order in which they are drawn. */
function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text ?? "");
}

/** Width and height from the PNG's header chunk (https://www.w3.org/TR/png-3/#11IHDR). */
function pngSize(png: Buffer): [number, number] {
  expect(png.subarray(0, 8)).toEqual(Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]));
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

test("draws a PNG of 900 by 510 that differs when the data differs", () => {
  const png = renderChart(incident);
  expect(pngSize(png)).toEqual([900, 510]);
  expect(png.equals(renderChart(incident))).toBe(true);
  expect(png.equals(renderChart(chart()))).toBe(false);
});

test("names the line, the usual band, the anomaly, what would have been, the limit and each moment", () => {
  const texts = textsOf(chartSvg(incident));
  for (const said of [
    "Memory of web-1",
    "memory",
    "without the restart",
    "usual",
    "anomalous",
    "limit 14 GB",
    "detected",
    "restart ran",
  ])
    expect(texts).toContain(said);
});

test("writes values in units of people and times relative to the newest sample", () => {
  const texts = textsOf(chartSvg(incident));
  expect(texts).toEqual(expect.arrayContaining(["0", "5.0 GB", "10.0 GB", "−4 min", "now"]));
});

test("a limit far above the line is told in words and does not flatten it", () => {
  const texts = textsOf(chartSvg(chart({ limit: { value: 64e9, label: "limit 64 GB" } })));
  expect(texts).toContain("↑ limit 64 GB");
  expect(texts.some((text) => text.startsWith("60"))).toBe(false);
});

test.each([
  ["there are no series", []],
  ["the series are empty", [{ name: "memory", time: [], values: [] }]],
  ["no value is a number", [{ name: "memory", time, values: time.map(() => NaN) }]],
  ["values are infinite", [{ name: "memory", time, values: time.map(() => Infinity) }]],
])("says that there is no data when %s", (_, series) => {
  const spec = chart({ series, marks: [{ time: newest, label: "restart ran" }] });
  expect(textsOf(chartSvg(spec))).toContain("no data");
  expect(pngSize(renderChart(spec))).toEqual([900, 510]);
});

test("a gap in the samples is a gap in the line", () => {
  const gap = points({ time: [0, 5, 10, 60, 65, 70], values: [1, 2, NaN, 4, Infinity, 6] });
  expect(gap).toEqual([
    [0, 1],
    [5, 2],
    [10, null],
    [35, null],
    [60, 4],
    [65, null],
    [70, 6],
  ]);
});

test("text is drawn as text, and what the font cannot draw is left out", () => {
  const title = "<script>&{a|b} 🎉 {value} 日 Ω";
  const svg = chartSvg(chart({ title, series: [{ name: "{c}", time, values: climbing }], marks: [] }));
  expect(svg).not.toContain("<script");
  expect(textsOf(svg)).toContain("&lt;script&gt;&amp;{a|b} {value} ? Ω");
});

test("a title too long for the picture ends in an ellipsis", () => {
  const texts = textsOf(chartSvg(chart({ title: "ip-10-0-1-5.eu-central-1.compute.internal ".repeat(4) })));
  expect(texts.find((text) => text.startsWith("ip-10"))).toMatch(/…$/);
});

test.each([
  [{ series: [{ name: "memory", time: [1, 2], values: [1] }] }, "memory has 2 times and 1 values"],
  [{ series: [{ name: "memory", time: [2, 1], values: [1, 1] }] }, "times that do not ascend"],
  [{ band: { time: [1, 2], low: [1], high: [1, 2] } }, "one low and one high a time"],
])("refuses a spec that cannot be drawn: %o", (parts, message) => {
  expect(() => renderChart(chart(parts))).toThrow(message);
});

test("knows how wide words are: the measured width is the drawn one", () => {
  const { Resvg }: typeof ResvgModule = createRequire(import.meta.url)("@resvg/resvg-js");
  const [regular, bold] = fontFiles();
  for (const [file, weight] of [
    [regular, 400],
    [bold, 600],
  ] as const) {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="2000" height="100"><text y="60" font-family="Inter" font-weight="${weight}" font-size="40">Hmemory usage of web-17 %H</text></svg>`;
    const box = new Resvg(svg, { font: { loadSystemFonts: false, fontFiles: fontFiles() } }).getBBox();
    const measured = readFont(file ?? "").width("Hmemory usage of web-17 %H", 40);
    expect(Math.abs((box?.width ?? 0) / measured - 1)).toBeLessThan(0.03);
  }
});

test("an overview has one row a target with its name, its note and the limit's meaning", () => {
  const series = [
    {
      name: "web-1",
      time,
      values: climbing,
      note: "memory climbing",
      anomalies: [{ start: newest - 280, end: newest }],
    },
    { name: "web-2", time, values: time.map(() => 2e9) },
    { name: "batch-2", time, values: time.map(() => NaN) },
  ];
  const spec = chart({
    kind: "overview",
    title: "3 targets",
    series,
    limit: { value: 8e9, label: "limit 8 GB" },
  });
  expect(textsOf(chartSvg(spec))).toEqual(
    expect.arrayContaining([
      "3 targets",
      "web-1",
      "memory climbing",
      "web-2",
      "2 GB",
      "batch-2",
      "no data",
      "limit 8 GB",
    ]),
  );
  expect(pngSize(renderChart(spec))).toEqual([900, (52 + 3 * 44 + 24 + 40) * 1.5]);
});

test("an overview of many targets shows twelve and says how many more there are", () => {
  const series = Array.from({ length: 40 }, (_, index) => ({
    name: `web-${index + 1}`,
    time,
    values: climbing,
  }));
  const texts = textsOf(chartSvg(chart({ kind: "overview", series })));
  expect(texts.filter((text) => text.startsWith("web-"))).toHaveLength(12);
  expect(texts).toContain("and 28 more");
});

test("an overview without targets says that there is no data", () => {
  expect(textsOf(chartSvg(chart({ kind: "overview", series: [] })))).toContain("no data");
});
