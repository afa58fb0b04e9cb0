/** The solution of the one-class problem: weights sum to nu x points, each in 0..1. */
type OneClassSolution = {
  weights: Float64Array;
  /** Value of the kernel sum on the boundary. */
  rho: number;
};

type OneClassProblem = {
  points: number;
  /** Share of the points that may lie outside, above 0 and at most 1. */
  nu: number;
  /** Kernel values of one point with all points; k(x, x) must be 1. Called again only for points that matter. */
  kernelRow: (point: number) => Float32Array;
};

/** As libsvm's default. */
const TOLERANCE = 1e-3;

/**
 * Minimises half the squared length of the weighted kernel sum, by changing two weights at a time (Platt's sequential
 * minimal optimization, the pair chosen by second-order information: Fan, Chen, Lin, JMLR 2005, as libsvm does).
 * Deterministic. O(points) a step; only the kernel rows of points that ever had a weight are asked for.
 */
export function solveOneClass({ points, nu, kernelRow }: OneClassProblem): OneClassSolution {
  const weights = Float64Array.from({ length: points }, (_, i) => Math.min(1, Math.max(0, nu * points - i)));
  const gradient = new Float64Array(points);
  for (let i = 0; i < points && weights[i]! > 0; i++) add(gradient, kernelRow(i), weights[i]!);
  for (let steps = Math.max(10_000, 100 * points); steps > 0; steps--) {
    const growing = lowest(gradient, weights);
    if (growing < 0) break;
    const row = kernelRow(growing);
    const shrinking = partnerOf(gradient, weights, growing, row);
    if (shrinking < 0) break;
    const curvature = Math.max(1e-12, 2 - 2 * row[shrinking]!);
    const wanted = (gradient[shrinking]! - gradient[growing]!) / curvature;
    const change = Math.min(wanted, 1 - weights[growing]!, weights[shrinking]!);
    weights[growing]! += change;
    weights[shrinking]! -= change;
    add(gradient, row, change);
    add(gradient, kernelRow(shrinking), -change);
  }
  return { weights, rho: boundary(gradient, weights) };
}

function add(gradient: Float64Array, row: Float32Array, factor: number): void {
  for (let i = 0; i < gradient.length; i++) gradient[i]! += factor * row[i]!;
}

/** The point that gains most from more weight; -1 when none may have more. */
function lowest(gradient: Float64Array, weights: Float64Array): number {
  let best = -1;
  let least = Infinity;
  for (let i = 0; i < gradient.length; i++)
    if (weights[i]! < 1 && gradient[i]! < least) {
      least = gradient[i]!;
      best = i;
    }
  return best;
}

/** The point to take weight from, by the decrease it promises; -1 when nothing beyond the tolerance is to be gained. */
function partnerOf(
  gradient: Float64Array,
  weights: Float64Array,
  growing: number,
  row: Float32Array,
): number {
  const least = gradient[growing]!;
  let best = -1;
  let most = 0;
  let highest = -Infinity;
  for (let i = 0; i < gradient.length; i++) {
    if (weights[i]! <= 0) continue;
    const difference = gradient[i]! - least;
    if (difference > highest) highest = difference;
    if (difference <= 0) continue;
    const gain = (difference * difference) / Math.max(1e-12, 2 - 2 * row[i]!);
    if (gain > most) {
      most = gain;
      best = i;
    }
  }
  return highest < TOLERANCE ? -1 : best;
}

/** Mean gradient of the points on the boundary; without any, the middle of where it may lie. */
function boundary(gradient: Float64Array, weights: Float64Array): number {
  let sum = 0;
  let free = 0;
  let below = -Infinity;
  let above = Infinity;
  for (let i = 0; i < gradient.length; i++) {
    if (weights[i]! >= 1) below = Math.max(below, gradient[i]!);
    else if (weights[i]! <= 0) above = Math.min(above, gradient[i]!);
    else {
      sum += gradient[i]!;
      free++;
    }
  }
  if (free > 0) return sum / free;
  if (below === -Infinity) return above;
  return above === Infinity ? below : (below + above) / 2;
}
