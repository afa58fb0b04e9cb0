/** Eigenvalues in descending order; the vector of `values[i]` is `vectors[i * n .. (i + 1) * n)`, of length 1. */
export type Eigen = { values: Float64Array; vectors: Float64Array };

/**
 * All eigenvalues and eigenvectors of a symmetric matrix (row order, `n` x `n`, left alone): Householder reflections to
 * tridiagonal form, then the implicit QL iteration (Golub, Van Loan: "Matrix Computations", 8.3; the iteration as in
 * EISPACK's tql2). O(n^3); written for rows in sequence, so that 380 x 380 takes a fraction of a second.
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const { diagonal, beside, vectors } = tridiagonal(matrix.slice(), n);
  for (let l = 0; l < n; l++) isolate(diagonal, beside, vectors, l);
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b]! - diagonal[a]!);
  const sorted = new Float64Array(n * n);
  order.forEach((from, to) => sorted.set(vectors.subarray(from * n, (from + 1) * n), to * n));
  return { values: Float64Array.from(order, (i) => diagonal[i]!), vectors: sorted };
}

/** `beside[i]` stands between `diagonal[i]` and `diagonal[i + 1]`; rows of `vectors` are the basis of that form. */
type Tridiagonal = { diagonal: Float64Array; beside: Float64Array; vectors: Float64Array };

/** Overwrites `a`: row k keeps the reflection that cleared column k. */
function tridiagonal(a: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  const factors = new Float64Array(n);
  const product = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    diagonal[k] = a[k * n + k]!;
    if (k === n - 1) break;
    const reflection = a.subarray(k * n, (k + 1) * n);
    beside[k] = makeReflection(reflection, k + 1, factors, k);
    if (factors[k]! > 0) applyBothSides(a, n, k + 1, reflection, factors[k]!, product);
  }
  return { diagonal, beside, vectors: accumulate(a, n, factors) };
}

/** Turns x = row[from ..] into v with (I - f v v') x = (length, 0, 0, ...); answers that length, stores f. */
function makeReflection(row: Float64Array, from: number, factors: Float64Array, k: number): number {
  let rest = 0;
  for (let i = from + 1; i < row.length; i++) rest += row[i]! * row[i]!;
  const first = row[from]!;
  if (rest === 0) return first;
  const length = first > 0 ? -Math.sqrt(first * first + rest) : Math.sqrt(first * first + rest);
  row[from] = first - length;
  factors[k] = 2 / (row[from]! * row[from]! + rest);
  return length;
}

/** A := (I - f v v') A (I - f v v') for the rows and columns from `from` on. */
function applyBothSides(
  a: Float64Array,
  n: number,
  from: number,
  v: Float64Array,
  factor: number,
  product: Float64Array,
): void {
  let along = 0;
  for (let i = from; i < n; i++) {
    let sum = 0;
    for (let j = from; j < n; j++) sum += a[i * n + j]! * v[j]!;
    product[i] = factor * sum;
    along += product[i]! * v[i]!;
  }
  for (let i = from; i < n; i++) product[i]! -= 0.5 * factor * along * v[i]!;
  for (let i = from; i < n; i++) {
    const vi = v[i]!;
    const wi = product[i]!;
    for (let j = from; j < n; j++) a[i * n + j]! -= vi * product[j]! + wi * v[j]!;
  }
}

/** The product of all reflections, transposed: its rows are the new basis. */
function accumulate(a: Float64Array, n: number, factors: Float64Array): Float64Array {
  const basis = new Float64Array(n * n);
  for (let i = 0; i < n; i++) basis[i * n + i] = 1;
  for (let k = n - 2; k >= 0; k--) {
    if (factors[k] === 0) continue;
    const v = a.subarray(k * n, (k + 1) * n);
    for (let row = k + 1; row < n; row++) {
      const start = row * n;
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += basis[start + j]! * v[j]!;
      sum *= factors[k]!;
      for (let j = k + 1; j < n; j++) basis[start + j]! -= sum * v[j]!;
    }
  }
  return basis;
}

/** Two or three sweeps an eigenvalue are usual; the limit only keeps a matrix with NaN from running for ever. */
const MOST_SWEEPS = 100;

/** QL sweeps until `diagonal[l]` is an eigenvalue: its neighbour beside the diagonal has vanished. */
function isolate(diagonal: Float64Array, beside: Float64Array, vectors: Float64Array, l: number): void {
  const n = diagonal.length;
  for (let sweeps = 0; sweeps < MOST_SWEEPS; sweeps++) {
    let m = l;
    while (m < n - 1 && !isNegligible(diagonal, beside, m)) m++;
    if (m === l) return;
    sweep(diagonal, beside, vectors, l, m);
  }
}

function isNegligible(diagonal: Float64Array, beside: Float64Array, i: number): boolean {
  const scale = Math.abs(diagonal[i]!) + Math.abs(diagonal[i + 1]!);
  return Math.abs(beside[i]!) <= Number.EPSILON * scale || Math.abs(beside[i]!) < 1e-290;
}

/** One implicit QL step with Wilkinson's shift over the block l..m. */
function sweep(
  diagonal: Float64Array,
  beside: Float64Array,
  vectors: Float64Array,
  l: number,
  m: number,
): void {
  const slope = (diagonal[l + 1]! - diagonal[l]!) / (2 * beside[l]!);
  const root = Math.hypot(slope, 1);
  let g = diagonal[m]! - diagonal[l]! + beside[l]! / (slope + (slope < 0 ? -root : root));
  let sine = 1;
  let cosine = 1;
  let shift = 0;
  for (let i = m - 1; i >= l; i--) {
    const f = sine * beside[i]!;
    const b = cosine * beside[i]!;
    const r = Math.hypot(f, g);
    beside[i + 1] = r;
    if (r === 0) {
      diagonal[i + 1]! -= shift;
      beside[m] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = diagonal[i + 1]! - shift;
    const t = (diagonal[i]! - g) * sine + 2 * cosine * b;
    shift = sine * t;
    diagonal[i + 1] = g + shift;
    g = cosine * t - b;
    rotateRows(vectors, diagonal.length, i, sine, cosine);
  }
  diagonal[l]! -= shift;
  beside[l] = g;
  beside[m] = 0;
}

function rotateRows(vectors: Float64Array, n: number, i: number, sine: number, cosine: number): void {
  const upper = i * n;
  const lower = upper + n;
  for (let k = 0; k < n; k++) {
    const below = vectors[lower + k]!;
    const above = vectors[upper + k]!;
    vectors[lower + k] = sine * above + cosine * below;
    vectors[upper + k] = cosine * above - sine * below;
  }
}
