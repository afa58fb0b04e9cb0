import type { Matrix } from "./matrix.ts";
import type { Member, MemberOptions } from "./members.ts";
import { comparisonScorer, createSearch, type Comparison, type Nearest } from "./neighbour-search.ts";
import { drawReferences, type References } from "./references.ts";
import { standardDeviation } from "./stats.ts";
import { solveOneClass } from "./sequential-minimal-optimization.ts";

type OneClassSvm = {
  references: References;
  /** Support vectors: rows of the references, and their weights (libsvm's scale: the sum is nu x references). */
  vectors: Int32Array;
  weights: Float64Array;
  /** Kernel exp(-gamma x squared distance). */
  gamma: number;
  /** Kernel sum on the boundary. */
  rho: number;
};

/** Share of the references that may lie outside. On the measured servers .01 to .1 rank alike on features. */
export const NU = 0.05;

/**
 * One-class support vector machine (Schölkopf, Platt, Shawe-Taylor, Smola, Williamson: "Estimating the support of a
 * high-dimensional distribution", 2001), Gaussian kernel, gamma 1 / (columns x variance of all cells) as scikit-learn's
 * "scale", solved exactly on the references. The score is ln rho - ln of the kernel sum: 0 on the boundary, negative
 * inside, growing without limit outside, where the kernel sum itself is 0 for all far rows. Higher is more abnormal.
 * Missing cells are left out of the distances. Fit O(support vectors x references x columns), one row
 * O(references x columns) for the distances and O(support vectors) for the rest.
 */
export const oneClassSvm: Member<OneClassSvm> = {
  fit,
  compare,
  scorer: (state) => comparisonScorer(compare(state)),
};

function fit(matrix: Matrix, { seed, references }: MemberOptions): OneClassSvm {
  return fitBoundary(references ?? drawReferences(matrix, seed));
}

/** As the member's fit, on exactly these rows. */
export function fitBoundary(references: References, nu = NU): OneClassSvm {
  const { rows, columns, values } = references;
  const gamma = scaleGamma(references);
  const search = createSearch(references, 0);
  const cache = new Map<number, Float32Array>();
  const kernelRow = (point: number) => {
    const known = cache.get(point);
    if (known !== undefined) return known;
    const row = Float32Array.from(search(values, point * columns).all, (squared) =>
      Math.exp(-gamma * squared),
    );
    cache.set(point, row);
    return row;
  };
  const { weights, rho } = solveOneClass({ points: rows, nu, kernelRow });
  const vectors = Int32Array.from(weights.keys()).filter((row) => weights[row]! > 0);
  return { references, vectors, weights: Float64Array.from(vectors, (row) => weights[row]!), gamma, rho };
}

/** scikit-learn's gamma="scale": 1 / (columns x variance of all cells), 1 when nothing varies. */
function scaleGamma({ values, columns }: Matrix): number {
  const deviation = standardDeviation(values);
  return deviation > 1e-9 ? 1 / (columns * deviation * deviation) : 1;
}

function compare(state: OneClassSvm): Comparison {
  return { references: state.references, neighbours: 0, score: (nearest) => beyondBoundary(state, nearest) };
}

function beyondBoundary({ vectors, weights, gamma, rho }: OneClassSvm, { all, known }: Nearest): number {
  if (!known) return Number.NaN;
  let nearest = Infinity;
  for (let i = 0; i < vectors.length; i++) nearest = Math.min(nearest, all[vectors[i]!]!);
  let sum = 0;
  // Relative to the nearest support vector, so that the sum of a far row does not vanish.
  for (let i = 0; i < vectors.length; i++)
    sum += weights[i]! * Math.exp(gamma * (nearest - all[vectors[i]!]!));
  return Math.log(rho / sum) + gamma * nearest;
}

/** libsvm's decision value turned round, rho - kernel sum: the same order, but equal for all rows far away. */
export function outsideBy({ vectors, weights, gamma, rho }: OneClassSvm, { all }: Nearest): number {
  let sum = 0;
  for (let i = 0; i < vectors.length; i++) sum += weights[i]! * Math.exp(-gamma * all[vectors[i]!]!);
  return rho - sum;
}
