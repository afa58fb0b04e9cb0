import type { Frame } from "../../ml/frame.ts";
import type { StoredRow } from "./metrics-history-pages.ts";

export type HistoryWindow = { start: number; end: number; stepSeconds: number };

/**
 * The rows of one target as a frame whose rows are the multiples of the step inside the window, from the first to the
 * last that holds something; null when nothing does. A frame's row at T is the mean of what was measured in (T - step, T],
 * so with the step of the collection it is the row itself. Columns are all metrics of the catalogs of that time, in their
 * order; what was not measured is NaN, as with `fetchFrames`.
 */
export async function toFrame(
  pages: AsyncIterable<readonly StoredRow[]>,
  { start, end, stepSeconds }: HistoryWindow,
): Promise<Frame | null> {
  const first = Math.ceil(start / stepSeconds - 1e-9);
  const last = Math.floor(end / stepSeconds + 1e-9);
  if (!(stepSeconds > 0) || !(last - first < mostRows))
    throw new RangeError(
      `a frame of the metrics history requires a step above 0 and at most ${mostRows} rows, not a step of ${stepSeconds} s between ${start} and ${end}`,
    );
  if (last < first) return null;
  const columns = new Map<string, Column>();
  const length = last - first + 1;
  for await (const rows of pages) {
    for (const { at, metrics, values } of rows) {
      const cell = Math.ceil(at / stepSeconds - 1e-9) - first;
      if (cell >= 0 && cell < length) addRow(columns, { cell, metrics, values, length });
    }
  }
  return finish(columns, { first, length, stepSeconds });
}

/** More cells than this a column is no window of a history that keeps its days: some argument is wrong. */
const mostRows = 4_000_000;

type Column = { sums: Float64Array; counts: Uint32Array };

function addRow(
  columns: Map<string, Column>,
  row: { cell: number; metrics: readonly string[]; values: Float64Array; length: number },
): void {
  row.metrics.forEach((metric, i) => {
    const column = columns.get(metric) ?? {
      sums: new Float64Array(row.length),
      counts: new Uint32Array(row.length),
    };
    columns.set(metric, column);
    const value = row.values[i] ?? Number.NaN;
    if (Number.isNaN(value)) return;
    column.sums[row.cell]! += value;
    column.counts[row.cell]! += 1;
  });
}

function finish(
  columns: ReadonlyMap<string, Column>,
  { first, length, stepSeconds }: { first: number; length: number; stepSeconds: number },
): Frame | null {
  const all = [...columns.values()];
  const isKnown = (cell: number) => all.some(({ counts }) => counts[cell] !== 0);
  let from = 0;
  while (from < length && !isKnown(from)) from += 1;
  if (from === length) return null;
  let to = length;
  while (!isKnown(to - 1)) to -= 1;
  return {
    stepSeconds,
    time: Float64Array.from({ length: to - from }, (_, row) => (first + from + row) * stepSeconds),
    metrics: [...columns.keys()],
    columns: all.map(({ sums, counts }) =>
      sums.slice(from, to).map((sum, row) => {
        const count = counts[from + row] ?? 0;
        return count === 0 ? Number.NaN : sum / count;
      }),
    ),
  };
}
