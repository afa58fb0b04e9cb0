/** Numbers in row order: row `r`, column `c` is `values[r * columns + c]`; NaN where a value is missing. */
export type Matrix = {
  rows: number;
  columns: number;
  values: Float32Array;
};

/** A new matrix holding the given rows, in the given order. */
export function takeRows(matrix: Matrix, rows: ArrayLike<number>): Matrix {
  const { columns } = matrix;
  const values = new Float32Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    const start = rows[i]! * columns;
    values.set(matrix.values.subarray(start, start + columns), i * columns);
  }
  return { rows: rows.length, columns, values };
}

/** A new matrix holding the given columns, in the given order. */
export function takeColumns(matrix: Matrix, columns: readonly number[]): Matrix {
  const values = new Float32Array(matrix.rows * columns.length);
  for (let row = 0; row < matrix.rows; row++) {
    const from = row * matrix.columns;
    const to = row * columns.length;
    for (let i = 0; i < columns.length; i++) values[to + i] = matrix.values[from + columns[i]!]!;
  }
  return { rows: matrix.rows, columns: columns.length, values };
}
