import type { Matrix } from "./matrix.ts";
import type { Member, RowScorer } from "./members.ts";
import { createRandom, createSampler, type Random } from "./random.ts";

/** All trees in one row of nodes, each tree in preorder: a node's left child is the next node. */
export type IsolationForest = {
  columns: number;
  sampleSize: number;
  /** First node of each tree. */
  roots: Int32Array;
  /** Column asked about; -1 marks a leaf. */
  feature: Int16Array | Int32Array;
  /** Inner node: rows with a value at or below go left. Leaf: the path length it stands for. */
  split: Float32Array;
  /** Nodes from an inner node to its right child. */
  right: Int16Array;
};

type ForestOptions = { seed: number; trees?: number; sampleSize?: number };

export const TREES = 500;
export const SAMPLE_SIZE = 256;

/**
 * Isolation forest (Liu, Ting, Zhou: "Isolation Forest", ICDM 2008): random splits separate unusual rows early.
 * Score in 0..1, higher is more abnormal, about .5 for a row like any other; a missing cell counts as the train mean
 * (0). Fit O(trees x sample x log sample) whatever the number of columns, one row O(columns + trees x log sample);
 * 8 bytes a node, about 1 MB for 500 trees.
 */
export const isolationForest: Member<IsolationForest> = { fit: fitForest, scorer };

/** As the member's fit, for other sizes of forest. A sample may have up to 16,384 rows. */
export function fitForest(matrix: Matrix, options: ForestOptions): IsolationForest {
  const random = createRandom(options.seed);
  const trees = options.trees ?? TREES;
  const sampleSize = Math.min(options.sampleSize ?? SAMPLE_SIZE, matrix.rows);
  const capacity = trees * Math.max(1, 2 * sampleSize - 1);
  const Columns = matrix.columns > 32_767 ? Int32Array : Int16Array;
  const growth: Growth = {
    matrix,
    random,
    maxDepth: Math.ceil(Math.log2(Math.max(2, sampleSize))),
    candidates: Int32Array.from({ length: matrix.columns }, (_, column) => column),
    cells: new Float32Array(sampleSize),
    count: 0,
    feature: new Columns(capacity).fill(-1),
    split: new Float32Array(capacity),
    right: new Int16Array(capacity),
  };
  const sample = createSampler(matrix.rows, sampleSize, random);
  const roots = new Int32Array(trees);
  for (let tree = 0; tree < trees; tree++) {
    roots[tree] = growth.count;
    grow(growth, sample(), 0);
  }
  const [feature, split] = [growth.feature.slice(0, growth.count), growth.split.slice(0, growth.count)];
  return {
    columns: matrix.columns,
    sampleSize,
    roots,
    feature,
    split,
    right: growth.right.slice(0, growth.count),
  };
}

type Growth = Pick<IsolationForest, "feature" | "split" | "right"> & {
  matrix: Matrix;
  random: Random;
  maxDepth: number;
  /** All columns, in an order that changes with every draw. */
  candidates: Int32Array;
  /** The node's values in the column that was chosen last. */
  cells: Float32Array;
  count: number;
};

/** Adds the node for these rows and everything below it; reorders `rows`. */
function grow(growth: Growth, rows: Int32Array, depth: number): void {
  const node = growth.count++;
  if (depth >= growth.maxDepth || rows.length <= 1 || !chooseSplit(growth, rows, node)) {
    growth.split[node] = depth + averagePathLength(rows.length);
    return;
  }
  const border = partition(rows, growth.cells, growth.split[node]!);
  grow(growth, rows.subarray(0, border), depth + 1);
  growth.right[node] = growth.count - node;
  grow(growth, rows.subarray(border), depth + 1);
}

/** A random column that still varies among the rows, and a random place between its ends; false when none varies. */
function chooseSplit(growth: Growth, rows: Int32Array, node: number): boolean {
  const { candidates, random, matrix, cells } = growth;
  for (let untried = candidates.length; untried > 0; untried--) {
    const pick = Math.floor(random() * untried);
    const column = candidates[pick]!;
    candidates[pick] = candidates[untried - 1]!;
    candidates[untried - 1] = column;
    let low = Infinity;
    let high = -Infinity;
    for (let i = 0; i < rows.length; i++) {
      const cell = matrix.values[rows[i]! * matrix.columns + column]!;
      const value = cell === cell ? cell : 0;
      cells[i] = value;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (low === high) continue;
    const split = Math.fround(low + random() * (high - low));
    growth.feature[node] = column;
    // Rounding to 32 bits may land on the upper end, which would leave the right side empty.
    growth.split[node] = split < high ? split : low;
    return true;
  }
  return false;
}

/** Moves the rows whose cell is at or below `split` to the front; answers how many there are. */
function partition(rows: Int32Array, cells: Float32Array, split: number): number {
  let border = 0;
  for (let i = 0; i < rows.length; i++) {
    if (cells[i]! > split) continue;
    const row = rows[i]!;
    rows[i] = rows[border]!;
    cells[i] = cells[border]!;
    rows[border++] = row;
  }
  return border;
}

function scorer({ columns, sampleSize, roots, feature, split, right }: IsolationForest): RowScorer {
  const row = new Float32Array(columns);
  const usual = roots.length * averagePathLength(sampleSize);
  return (values, start) => {
    let present = 0;
    for (let column = 0; column < columns; column++) {
      const value = values[start + column]!;
      const known = value === value;
      row[column] = known ? value : 0;
      if (known) present++;
    }
    if (present === 0) return Number.NaN;
    let depths = 0;
    for (let tree = 0; tree < roots.length; tree++) {
      let node = roots[tree]!;
      let column = feature[node]!;
      while (column >= 0) {
        node += row[column]! <= split[node]! ? 1 : right[node]!;
        column = feature[node]!;
      }
      depths += split[node]!;
    }
    return usual === 0 ? 0.5 : 2 ** (-depths / usual);
  };
}

/** Mean path length of an unsuccessful search in a binary search tree of `size` rows, c(n) of the paper. */
export function averagePathLength(size: number): number {
  if (size <= 1) return 0;
  if (size === 2) return 1;
  return 2 * (Math.log(size - 1) + 0.5772156649015329) - (2 * (size - 1)) / size;
}
