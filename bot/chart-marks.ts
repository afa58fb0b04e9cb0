import type { Font } from "./chart-font.ts";
import type { Plot } from "./chart-metric.ts";
import { colours, lineShape, size, textShape, type Shape } from "./chart-parts.ts";
import type { ChartSpec } from "./chart-spec.ts";

type Placed = { x: number; left: number; text: string; row: number };

/** Where the words of the marks stand: in as many rows above the plot as it takes for none to touch another. */
export function markRows(
  marks: ChartSpec["marks"],
  plot: Pick<Plot, "left" | "right" | "start" | "end">,
  font: Font,
): { count: number; placed: Placed[] } {
  const rows: number[] = [];
  const shown = marks.filter((mark) => mark.time >= plot.start && mark.time <= plot.end);
  const placed = shown
    .toSorted((a, b) => a.time - b.time)
    .map((mark) => {
      const x = plot.left + ((mark.time - plot.start) / (plot.end - plot.start)) * (plot.right - plot.left);
      const text = font.fit(font.drawable(mark.label), size.small, (plot.right - plot.left) * 0.6);
      const width = font.width(text, size.small);
      const left = Math.min(Math.max(plot.left, x - width / 2), plot.right - width);
      let row = rows.findIndex((taken) => taken + 12 <= left);
      if (row === -1) row = rows.push(-Infinity) - 1;
      rows[row] = left + width;
      return { x, left, text, row };
    });
  return { count: rows.length, placed };
}

/** A vertical line down the plot for each mark, with its words above. */
export function markShapes(rows: ReturnType<typeof markRows>, plot: Plot): Shape[] {
  const look = { stroke: colours.mark, lineWidth: 1.5 };
  return rows.placed.flatMap(({ x, left, text, row }) => {
    const y = plot.top - 20 - row * 19;
    return [
      lineShape({ x, y: y + 16 }, { x, y: plot.bottom }, look),
      textShape({ x: left, y }, text, { size: size.small, bold: true, fill: colours.mark }),
    ];
  });
}
