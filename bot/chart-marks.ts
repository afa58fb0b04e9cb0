import type { Font } from "./chart-font.ts";
import type { Plot } from "./chart-metric.ts";
import { colours, lineShape, size, textShape, type Shape } from "./chart-parts.ts";
import type { ChartSpec } from "./chart-spec.ts";

/** The words of a mark, beside the upper end of its line; row 0 is the one just above the plot. */
type Flag = { x: number; left: number; right: number; text: string; row: number };

const rowHeight = 20;
const gap = 4;
/** With more marks the search for the fewest rows would take long, and the picture would be all words. */
const mostSearched = 5;

/**
 * Where the words of the marks stand: like flags, in as few rows above the plot as it takes for no words to touch
 * others and for no line to run through words.
 */
export function markRows(
  marks: ChartSpec["marks"],
  plot: Pick<Plot, "left" | "right" | "start" | "end">,
  font: Font,
): { height: number; flags: Flag[] } {
  const shown = marks
    .filter((mark) => mark.time >= plot.start && mark.time <= plot.end)
    .toSorted((a, b) => a.time - b.time)
    .map((mark) => {
      const text = font.fit(font.drawable(mark.label), size.small, (plot.right - plot.left) * 0.6);
      const share = (mark.time - plot.start) / (plot.end - plot.start);
      return {
        x: plot.left + share * (plot.right - plot.left),
        text,
        width: font.width(text, size.small) + gap,
      };
    });
  const flags = placeFlags(shown, plot);
  const rows = flags.reduce((most, flag) => Math.max(most, flag.row + 1), 0);
  return { height: rows * rowHeight, flags };
}

/** A vertical line down the plot for each mark, with its words above. */
export function markShapes(flags: readonly Flag[], plot: Plot): Shape[] {
  const look = { stroke: colours.mark, lineWidth: 1.5 };
  return flags.flatMap(({ x, left, right, text, row }) => {
    const y = plot.top - (row + 1) * rowHeight;
    const at = left < x - 1 ? { x: right - gap, align: "right" as const } : { x: left + gap };
    return [
      lineShape({ x, y }, { x, y: plot.bottom }, look),
      textShape({ ...at, y: y + 1 }, text, { size: size.small, bold: true, fill: colours.mark }),
    ];
  });
}

type Shown = { x: number; text: string; width: number };
type Edges = Pick<Plot, "left" | "right">;

function placeFlags(marks: readonly Shown[], edges: Edges): Flag[] {
  for (let rows = 1; rows <= Math.min(marks.length, mostSearched); rows += 1) {
    const flags = search(marks, rows, edges, []);
    if (flags !== null) return flags;
  }
  // Too crowded: one below the other, and the seam round the words keeps them readable across a line.
  return marks.map(({ x, text, width }, index) => {
    const left = x + width > edges.right ? x - width : x;
    return { x, text, row: index % mostSearched, left, right: left + width };
  });
}

/** Tries both sides and every row for the next mark, and the marks after it; null when nothing fits. */
function search(marks: readonly Shown[], rows: number, edges: Edges, placed: Flag[]): Flag[] | null {
  const mark = marks[placed.length];
  if (mark === undefined) return placed;
  const { x, text, width } = mark;
  for (let row = 0; row < rows; row += 1) {
    for (const left of [x, x - width]) {
      const flag: Flag = { x, text, row, left, right: left + width };
      const inside = flag.left >= edges.left - gap && flag.right <= edges.right + 2 * gap;
      const free = inside && placed.every((other) => !touches(flag, other) && !touches(other, flag));
      const all = free ? search(marks, rows, edges, [...placed, flag]) : null;
      if (all !== null) return all;
    }
  }
  return null;
}

/** Whether the flag's words cover the other's words, or its line runs through them. */
function touches(flag: Flag, other: Flag): boolean {
  if (flag.row === other.row) return flag.left < other.right + 6 && other.left < flag.right + 6;
  return flag.row > other.row && flag.x > other.left - 3 && flag.x < other.right + 3;
}
