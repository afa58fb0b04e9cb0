/** Mean of the finite values, NaN when there are none. mean([1, NaN, 3]) // => 2 */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    sum += value;
    count++;
  }
  return count === 0 ? Number.NaN : sum / count;
}

/** Population standard deviation (divided by n) of the finite values, NaN when there are none. */
export function standardDeviation(values: ArrayLike<number>): number {
  const centre = mean(values);
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    sum += (value - centre) ** 2;
    count++;
  }
  return count === 0 ? Number.NaN : Math.sqrt(sum / count);
}

/** The finite values in ascending order, as a new array. */
export function sortedFinite(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).filter(Number.isFinite).sort();
}

/**
 * Quantile of an ascending array, linear between neighbours (R's type 7, numpy's default); `share` in 0..1.
 * NaN when the array is empty. quantile([1, 2, 3, 4], 0.5) // => 2.5
 */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  if (ascending.length === 0) return Number.NaN;
  const position = (ascending.length - 1) * share;
  const below = ascending[Math.floor(position)]!;
  const above = ascending[Math.ceil(position)]!;
  return below + (above - below) * (position - Math.floor(position));
}

/** Middle of the finite values, NaN when there are none. */
export function median(values: ArrayLike<number>): number {
  return quantile(sortedFinite(values), 0.5);
}

/** How many values of an ascending array are at or above `value`. */
export function countAtOrAbove(ascending: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return ascending.length - low;
}
