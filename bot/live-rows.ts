/**
 * The last rows of one target, enough to start a scorer from. Rows are counted in steps of unix time (time / step), so
 * that every target and every round means the same moment by the same number.
 */
export type LiveRows = {
  /** `values[(row % capacity) * metrics + metric]`, NaN where there is no sample. */
  values: Float64Array;
  metrics: number;
  capacity: number;
  /** -1 before the first row. */
  newest: number;
};

/** Samples that arrive: `values[first + metric * rows + i]` is row `firstRow + i`. */
type Arriving = { values: Float64Array; first: number; firstRow: number; rows: number };

export function createLiveRows(metrics: number, capacity: number): LiveRows {
  return { values: new Float64Array(metrics * capacity).fill(Number.NaN), metrics, capacity, newest: -1 };
}

/**
 * Takes rows that come after the newest one; what was skipped in between is missing. Answers false when so much was
 * skipped that nothing known is left. Throws a RangeError for rows that do not come after the newest one.
 */
export function appendRows(known: LiveRows, { values, first, firstRow, rows }: Arriving): boolean {
  const { newest, capacity, metrics } = known;
  if (firstRow <= newest)
    throw new RangeError(`row ${firstRow} does not come after ${newest}: each row is given once, in order`);
  const lost = newest >= 0 && firstRow - newest > capacity;
  for (let row = Math.max(newest + 1, firstRow - capacity); row < firstRow; row++) blank(known, row);
  for (let i = 0; i < rows; i++)
    for (let m = 0; m < metrics; m++)
      known.values[place(known, firstRow + i, m)] = values[first + m * rows + i] ?? Number.NaN;
  known.newest = firstRow + rows - 1;
  return !lost;
}

/** Fills in rows from before the newest one; those that are too old to be kept are left out. */
export function fillRows(known: LiveRows, { values, first, firstRow, rows }: Arriving): void {
  for (let i = 0; i < rows; i++) {
    const row = firstRow + i;
    if (row <= known.newest - known.capacity || row > known.newest) continue;
    for (let m = 0; m < known.metrics; m++)
      known.values[place(known, row, m)] = values[first + m * rows + i] ?? Number.NaN;
  }
}

/** The newest `rows` rows, metric after metric, NaN where there is no sample; fewer when fewer are kept. */
export function newestRows(
  known: LiveRows,
  rows: number,
): { firstRow: number; rows: number; values: Float64Array<ArrayBuffer> } {
  const count = Math.max(0, Math.min(rows, known.capacity, known.newest + 1));
  const firstRow = known.newest - count + 1;
  const values = new Float64Array(known.metrics * count);
  for (let m = 0; m < known.metrics; m++)
    for (let i = 0; i < count; i++)
      values[m * count + i] = known.values[place(known, firstRow + i, m)] ?? Number.NaN;
  return { firstRow, rows: count, values };
}

/**
 * The mean of the samples in the `slots` rows that end with `lastRow`, one value a column of `columns` (-1: a metric
 * that is not collected), NaN where there is none: what `resample` makes of the same rows. `into` is filled.
 */
export function averageRows(
  known: LiveRows,
  { lastRow, slots, columns }: { lastRow: number; slots: number; columns: Int32Array },
  into: Float64Array,
): void {
  for (let column = 0; column < columns.length; column++) {
    const metric = columns[column] ?? -1;
    let [sum, count] = [0, 0];
    for (let row = lastRow - slots + 1; metric >= 0 && row <= lastRow; row++) {
      const value = known.values[place(known, row, metric)] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      sum += value;
      count++;
    }
    into[column] = count === 0 ? Number.NaN : sum / count;
  }
}

function blank(known: LiveRows, row: number): void {
  const start = place(known, row, 0);
  known.values.fill(Number.NaN, start, start + known.metrics);
}

function place({ capacity, metrics }: LiveRows, row: number, metric: number): number {
  return (row % capacity) * metrics + metric;
}
