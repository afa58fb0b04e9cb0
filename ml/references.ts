import { takeRows, type Matrix } from "./matrix.ts";
import { createRandom, sampleIndices } from "./random.ts";

/** On the measured servers 1024 references rank as well as 4096 at a quarter of the cost; 512 rank a little worse. */
export const REFERENCES = 1024;
/** Wider matrices than 2,048 columns get fewer rows, so that memory and time stay bounded. */
const MOST_CELLS = 2 ** 21;
const LEAST_REFERENCES = 128;

/** Train rows that members compare new rows with: a random sample in train order, without missing cells. */
export type References = Matrix;

/**
 * Which rows of a matrix are remembered: up to 1024 in ascending order, fewer (at least 128) when there are more than
 * 2,048 columns.
 */
export function referenceRows(matrix: Matrix, seed: number): Int32Array {
  const affordable = Math.floor(MOST_CELLS / Math.max(1, matrix.columns));
  const count = Math.min(REFERENCES, Math.max(LEAST_REFERENCES, affordable));
  return sampleIndices(matrix.rows, count, createRandom(seed)).sort();
}

/**
 * The remembered rows of a matrix, or the given ones. A missing cell gets the mean of its column among all rows of the
 * matrix (0 when the column has no value at all), so that every remembered row can be compared in all columns.
 */
export function drawReferences(matrix: Matrix, seed: number, rows = referenceRows(matrix, seed)): References {
  const chosen = takeRows(matrix, rows);
  const { columns, values } = chosen;
  let means: Float64Array | null = null;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === values[i]) continue;
    means ??= columnMeans(matrix);
    values[i] = means[i % columns]!;
  }
  return chosen;
}

/** Mean of the present values of every column, 0 for a column without any. */
export function columnMeans({ rows, columns, values }: Matrix): Float64Array {
  const sums = new Float64Array(columns);
  const counts = new Float64Array(columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const value = values[row * columns + column]!;
      if (value !== value) continue;
      sums[column]! += value;
      counts[column]! += 1;
    }
  return sums.map((sum, column) => (counts[column]! > 0 ? sum / counts[column]! : 0));
}
