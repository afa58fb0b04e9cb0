/** A source of uniform numbers in [0, 1). */
export type Random = () => number;

/**
 * Seeded uniform numbers, so that a fit can be repeated exactly: the same seed gives the same sequence everywhere.
 * Mulberry32 (Tommy Ettinger, 2017): 32 bits of state, good enough for sampling rows, not for secrets.
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `count` different integers of 0..population-1 in random order (all of them when there are no more than `count`). */
export function sampleIndices(population: number, count: number, random: Random): Int32Array {
  return createSampler(population, count, random)().slice();
}

/** Draws such samples one after the other in O(count); the next one overwrites the last. */
export function createSampler(population: number, count: number, random: Random): () => Int32Array {
  const indices = Int32Array.from({ length: population }, (_, i) => i);
  const sample = new Int32Array(Math.min(count, population));
  return () => {
    for (let i = 0; i < sample.length; i++) {
      const j = i + Math.floor(random() * (population - i));
      const kept = indices[i]!;
      indices[i] = indices[j]!;
      indices[j] = kept;
    }
    sample.set(indices.subarray(0, sample.length));
    return sample;
  };
}
