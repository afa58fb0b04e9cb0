import type { Font } from "./chart-font.ts";
import { fontFamily } from "./chart-font.ts";

/** Pixels before the zoom. Texts stay readable when a phone shows the picture 340 pixels wide. */
export const size = { width: 600, height: 340, margin: 16, title: 19, label: 15, small: 14 };

/** Okabe and Ito's colours, told apart by people with any colour vision (https://jfly.uni-koeln.de/color/). */
export const colours = {
  background: "#ffffff",
  text: "#1c2430",
  muted: "#566172",
  grid: "#e3e7ec",
  axis: "#9aa5b3",
  line: "#0072b2",
  others: ["#009e73", "#cc79a7", "#e69f00", "#56b4e9"],
  band: "rgba(0, 114, 178, 0.16)",
  anomaly: "#d55e00",
  /** The same hue, dark enough for words on white (5.9:1). */
  anomalyText: "#a84300",
  anomalyShade: "rgba(230, 159, 0, 0.22)",
  withoutAction: "#6b4a8a",
  limit: "#a3123a",
  mark: "#1c2430",
};

/** An echarts graphic element; only the few kinds drawn here. */
export type Shape =
  | { type: "text"; x: number; y: number; z: number; style: object }
  | {
      type: "rect";
      z: number;
      shape: { x: number; y: number; width: number; height: number; r: number };
      style: object;
    }
  | { type: "line"; z: number; shape: { x1: number; y1: number; x2: number; y2: number }; style: object };

/** Words with their upper edge at `y`. The white seam keeps them readable where a line runs behind them. */
export function textShape(
  at: { x: number; y: number; align?: "left" | "center" | "right" },
  text: string,
  look: { size: number; fill?: string; bold?: boolean },
): Shape {
  const style = {
    text,
    fill: look.fill ?? colours.text,
    stroke: colours.background,
    lineWidth: 3,
    fontFamily,
    fontSize: look.size,
    fontWeight: look.bold ? 600 : 400,
    align: at.align ?? "left",
    verticalAlign: "top",
  };
  return { type: "text", x: at.x, y: at.y, z: 20, style };
}

export function lineShape(
  from: { x: number; y: number },
  to: { x: number; y: number },
  look: { stroke: string; lineWidth: number; lineDash?: number[] },
  z = 10,
): Shape {
  return { type: "line", z, shape: { x1: from.x, y1: from.y, x2: to.x, y2: to.y }, style: look };
}

/** What a line or shade in the picture means, shown with a sample of exactly that line or shade. */
export type KeyEntry = { name: string; look: "line" | "dashed" | "band" | "shade"; colour: string };

/** Entries side by side under the title, in as many rows as they need; `bottom` is where the next thing may begin. */
export function keyShapes(
  entries: KeyEntry[],
  top: number,
  fonts: Font,
): { shapes: Shape[]; bottom: number } {
  const shapes: Shape[] = [];
  const [swatch, gap, space, rowHeight] = [24, 6, 16, 21];
  const right = size.width - size.margin;
  let x = size.margin;
  let y = top;
  for (const entry of entries) {
    const name = fonts.fit(fonts.drawable(entry.name), size.small, right - size.margin - swatch - gap);
    const width = swatch + gap + fonts.width(name, size.small);
    if (x > size.margin && x + width > right) {
      x = size.margin;
      y += rowHeight;
    }
    shapes.push(swatchShape(entry, { x, y, width: swatch }));
    shapes.push(textShape({ x: x + swatch + gap, y }, name, { size: size.small, fill: colours.muted }));
    x += width + space;
  }
  return { shapes, bottom: entries.length === 0 ? top : y + rowHeight };
}

function swatchShape(entry: KeyEntry, at: { x: number; y: number; width: number }): Shape {
  if (entry.look === "band" || entry.look === "shade") {
    const shape = { x: at.x, y: at.y + 1, width: at.width, height: 13, r: 2 };
    return { type: "rect", z: 20, shape, style: { fill: entry.colour } };
  }
  const y = at.y + 8;
  const lineDash = entry.look === "dashed" ? { lineDash: [6, 4] } : {};
  return lineShape(
    { x: at.x, y },
    { x: at.x + at.width, y },
    { stroke: entry.colour, lineWidth: 3, ...lineDash },
    20,
  );
}
