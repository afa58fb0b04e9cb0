import type { Matrix } from "./matrix.ts";
import type { Member } from "./members.ts";
import { createRandom, sampleIndices, type Random } from "./random.ts";

/** Trees in preorder: a node's left child is the next node, `right` is the other one; `feature` -1 marks a leaf. */
export type IsolationForest = {
  trees: number;
  sampleSize: number;
  /** First node of each tree. */
  roots: Int32Array;
  feature: Int16Array;
  /** Inner node: rows with a value at or below go left. Leaf: the path length it stands for. */
  split: Float32Array;
  right: Int32Array;
};

export const TREES = 500;
export const SAMPLE_SIZE = 256;

/**
 * Isolation forest (Liu, Ting, Zhou: "Isolation Forest", ICDM 2008): random splits separate unusual rows early.
 * Score in 0..1, higher is more abnormal, about .5 for a row like any other. Missing values count as the train mean (0).
 */
export const isolationForest: Member<IsolationForest> = { weight: 1, fit: fitForest, score: scoreForest };

function fitForest(
  matrix: Matrix,
  { seed, trees = TREES }: { seed: number; trees?: number },
): IsolationForest {
  const random = createRandom(seed);
  const sampleSize = Math.min(SAMPLE_SIZE, matrix.rows);
  const capacity = trees * Math.max(1, 2 * sampleSize - 1);
  const nodes: Nodes = {
    count: 0,
    feature: new Int16Array(capacity).fill(-1),
    split: new Float32Array(capacity),
    right: new Int32Array(capacity),
  };
  const maxDepth = Math.ceil(Math.log2(Math.max(2, sampleSize)));
  const candidates = Int16Array.from({ length: matrix.columns }, (_, c) => c);
  const choose = (rows: Int32Array, depth: number) =>
    depth < maxDepth && rows.length > 1 ? chooseSplit(matrix, rows, candidates, random) : null;
  const roots = new Int32Array(trees);
  for (let tree = 0; tree < trees; tree++) {
    roots[tree] = nodes.count;
    grow(nodes, matrix, { rows: sampleIndices(matrix.rows, sampleSize, random), depth: 0, choose });
  }
  const [feature, split] = [nodes.feature.slice(0, nodes.count), nodes.split.slice(0, nodes.count)];
  return { trees, sampleSize, roots, feature, split, right: nodes.right.slice(0, nodes.count) };
}

type Nodes = Pick<IsolationForest, "feature" | "split" | "right"> & { count: number };
type Branch = {
  rows: Int32Array;
  depth: number;
  choose: (rows: Int32Array, depth: number) => { feature: number; split: number } | null;
};

/** Adds the node for these rows and everything below it. */
function grow(nodes: Nodes, matrix: Matrix, { rows, depth, choose }: Branch): void {
  const node = nodes.count++;
  const chosen = choose(rows, depth);
  if (chosen === null) {
    nodes.split[node] = depth + averagePathLength(rows.length);
    return;
  }
  nodes.feature[node] = chosen.feature;
  nodes.split[node] = chosen.split;
  const isLeft = (row: number) => valueOf(matrix, row, chosen.feature) <= chosen.split;
  grow(nodes, matrix, { rows: rows.filter(isLeft), depth: depth + 1, choose });
  nodes.right[node] = nodes.count;
  grow(nodes, matrix, { rows: rows.filter((row) => !isLeft(row)), depth: depth + 1, choose });
}

/** A random column that still varies among the rows, and a random place between its ends; null when none varies. */
function chooseSplit(matrix: Matrix, rows: Int32Array, candidates: Int16Array, random: Random) {
  for (let untried = candidates.length; untried > 0; untried--) {
    const pick = Math.floor(random() * untried);
    const feature = candidates[pick]!;
    candidates[pick] = candidates[untried - 1]!;
    candidates[untried - 1] = feature;
    let low = Infinity;
    let high = -Infinity;
    for (let i = 0; i < rows.length; i++) {
      const value = valueOf(matrix, rows[i]!, feature);
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (low === high) continue;
    const split = Math.fround(low + random() * (high - low));
    // Rounding to 32 bits may land on the upper end, which would leave the right side empty.
    return { feature, split: split < high ? split : low };
  }
  return null;
}

function scoreForest(forest: IsolationForest, matrix: Matrix): Float64Array {
  const { roots, feature, split, right, trees } = forest;
  const { values, columns } = matrix;
  const scores = new Float64Array(matrix.rows);
  const usual = trees * averagePathLength(forest.sampleSize);
  for (let row = 0; row < matrix.rows; row++) {
    const start = row * columns;
    let depths = 0;
    for (let tree = 0; tree < trees; tree++) {
      let node = roots[tree]!;
      let column = feature[node]!;
      while (column >= 0) {
        const value = values[start + column]!;
        // A comparison with NaN is false, so a missing value is compared as the train mean.
        node = (value === value ? value : 0) <= split[node]! ? node + 1 : right[node]!;
        column = feature[node]!;
      }
      depths += split[node]!;
    }
    scores[row] = usual === 0 ? 0.5 : 2 ** (-depths / usual);
  }
  return scores;
}

/** Mean path length of an unsuccessful search in a binary search tree of `size` rows, c(n) of the paper. */
export function averagePathLength(size: number): number {
  if (size <= 1) return 0;
  if (size === 2) return 1;
  return 2 * (Math.log(size - 1) + 0.5772156649015329) - (2 * (size - 1)) / size;
}

function valueOf(matrix: Matrix, row: number, column: number): number {
  const value = matrix.values[row * matrix.columns + column]!;
  return value === value ? value : 0;
}
