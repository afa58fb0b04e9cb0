import type { RowScorer } from "./members.ts";
import type { References } from "./references.ts";

/** What a search found; overwritten by the next one. All distances are squared and scaled up to all columns. */
export type Nearest = {
  /** Reference rows, nearest first; of equally near ones the earlier row. */
  readonly rows: Int32Array;
  /** Their squared distances, exact. */
  readonly squared: Float64Array;
  /** At most the number asked for; 0 when the query has no value. */
  found: number;
  /** Whether the query had a value at all; without one there are no distances. */
  known: boolean;
  /** Squared distance to every reference, up to a rounding error of about 1e-15 of the squared norms. */
  readonly all: Float64Array;
};

/** A score that depends only on distances to references: `neighbours` exact ones, or all of them. */
export type Comparison = {
  references: References;
  neighbours: number;
  score(nearest: Nearest): number;
};

/** Scores rows by a comparison alone, with a search of its own. */
export function comparisonScorer({ references, neighbours, score }: Comparison): RowScorer {
  const search = createSearch(references, neighbours);
  return (values, start) => score(search(values, start));
}

/** The search that serves several comparisons with the same references. */
export function sharedSearch(references: References, comparisons: readonly Comparison[]): Search {
  return createSearch(references, Math.max(0, ...comparisons.map(({ neighbours }) => neighbours)));
}

/** Finds the references nearest to the row at `values[start ..]`; missing cells (NaN) of that row are left out. */
type Search = (values: Float32Array, start: number) => Nearest;

/**
 * Exact search for the `count` nearest references by Euclidean distance. When cells of a query are missing, distances
 * are taken over the others and scaled up by columns / present columns. O(references x columns): all inner products,
 * four references at a time, then the distances of the nearest once more without the rounding of that shortcut. (Giving
 * up far references early saves little: a row that differs from all of them keeps every limit wide.)
 */
export function createSearch(references: References, count: number): Search {
  const { rows, columns, values } = references;
  const nearest = {
    rows: new Int32Array(count).fill(-1),
    squared: new Float64Array(count),
    found: 0,
    known: false,
    all: new Float64Array(rows),
  };
  const norms = Float64Array.from({ length: rows }, (_, row) => squaredNorm(values, row * columns, columns));
  const query = new Float64Array(columns);
  const missing = new Int32Array(columns);

  return (from, start) => {
    const absent = readQuery(from, start, query, missing);
    const scale = columns / (columns - absent);
    nearest.found = 0;
    nearest.known = absent < columns;
    if (!nearest.known) return nearest;
    innerProducts(query, values, nearest.all);
    const norm = squaredNorm(query, 0, columns);
    let limit = count === 0 ? -1 : Infinity;
    for (let row = 0; row < rows; row++) {
      let squared = norm + norms[row]! - 2 * nearest.all[row]!;
      for (let i = 0; i < absent; i++) squared -= values[row * columns + missing[i]!]! ** 2;
      squared = squared > 0 ? squared * scale : 0;
      nearest.all[row] = squared;
      if (squared < limit || nearest.found < count) {
        insert(nearest, row, squared);
        limit = nearest.found < count ? Infinity : nearest.squared[count - 1]!;
      }
    }
    const found = nearest.found;
    nearest.found = 0;
    for (let i = 0; i < found; i++) {
      const row = nearest.rows[i]!;
      insert(nearest, row, scale * distance(from, start, values, row * columns, columns));
    }
    return nearest;
  };
}

/** Copies a row with 0 for its missing cells and lists these; answers their number. */
function readQuery(from: Float32Array, start: number, query: Float64Array, missing: Int32Array): number {
  let absent = 0;
  for (let column = 0; column < query.length; column++) {
    const value = from[start + column]!;
    query[column] = value === value ? value : 0;
    missing[absent] = column;
    if (value !== value) absent++;
  }
  return absent;
}

/** Four references are read at once, because the processor can follow four sums as fast as one. */
function innerProducts(query: Float64Array, values: Float32Array, products: Float64Array): void {
  const columns = query.length;
  let row = 0;
  for (; row + 4 <= products.length; row += 4) {
    const first = row * columns;
    const second = first + columns;
    const third = second + columns;
    const fourth = third + columns;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let column = 0; column < columns; column++) {
      const value = query[column]!;
      a += value * values[first + column]!;
      b += value * values[second + column]!;
      c += value * values[third + column]!;
      d += value * values[fourth + column]!;
    }
    products[row] = a;
    products[row + 1] = b;
    products[row + 2] = c;
    products[row + 3] = d;
  }
  for (; row < products.length; row++) {
    let product = 0;
    for (let column = 0; column < columns; column++)
      product += query[column]! * values[row * columns + column]!;
    products[row] = product;
  }
}

function squaredNorm(values: Float32Array | Float64Array, start: number, columns: number): number {
  let sum = 0;
  for (let i = start; i < start + columns; i++) sum += values[i]! * values[i]!;
  return sum;
}

/** Squared distance over the columns that the first row has. */
function distance(a: Float32Array, startA: number, b: Float32Array, startB: number, columns: number): number {
  let sum = 0;
  for (let column = 0; column < columns; column++) {
    const difference = a[startA + column]! - b[startB + column]!;
    if (difference === difference) sum += difference * difference;
  }
  return sum;
}

/** Keeps the list in order of distance, then of row. */
function insert(nearest: Nearest, reference: number, squared: number): void {
  const { rows, squared: distances } = nearest;
  let place = Math.min(nearest.found, rows.length - 1);
  while (
    place > 0 &&
    (squared < distances[place - 1]! || (squared === distances[place - 1]! && reference < rows[place - 1]!))
  ) {
    distances[place] = distances[place - 1]!;
    rows[place] = rows[place - 1]!;
    place--;
  }
  distances[place] = squared;
  rows[place] = reference;
  nearest.found = Math.min(rows.length, nearest.found + 1);
}
