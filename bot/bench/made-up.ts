import type { Frame } from "../../ml/frame.ts";
import type { Matrix } from "../../ml/matrix.ts";
import { createRandom, type Random } from "../../ml/random.ts";

/**
 * Made-up rows that only serve to measure time: each metric has a daily rhythm of its own phase, slow wandering and
 * noise. No accuracy is measured on them and no model learned from them is kept.
 */
export function madeUpFrame(shape: {
  rows: number;
  metrics: number;
  stepSeconds: number;
  seed: number;
}): Frame {
  const { rows, metrics, stepSeconds, seed } = shape;
  const normal = normals(createRandom(seed));
  const columns = Array.from({ length: metrics }, (_, m) => {
    let wander = 0;
    return Float64Array.from({ length: rows }, (_, row) => {
      wander = 0.98 * wander + 0.2 * normal();
      const day = (2 * Math.PI * row * stepSeconds) / 86_400;
      return 50 + 10 * Math.sin(day + m) + 4 * wander + normal();
    });
  });
  return {
    stepSeconds,
    time: Float64Array.from({ length: rows }, (_, row) => 1_700_000_000 + row * stepSeconds),
    metrics: columns.map((_, m) => `m${m}`),
    columns,
  };
}

/** Independent standard normal numbers. */
export function madeUpMatrix(rows: number, columns: number, seed: number): Matrix {
  const normal = normals(createRandom(seed));
  return { rows, columns, values: Float32Array.from({ length: rows * columns }, () => normal()) };
}

/** Box and Muller's transform. */
function normals(random: Random): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
