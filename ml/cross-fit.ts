import { fitRows, scoreRows, type FitOptions, type MemberScores } from "./fit.ts";
import { takeRows, type Matrix } from "./matrix.ts";

/** Contiguous blocks, because neighbouring rows are nearly the same row. */
const BLOCKS = 3;

/**
 * Scores every given row by a fit on the other two of three contiguous blocks, so that calm scores are those of
 * unseen moments. `gap` rows on either side of a block are left out of its fit: their windows overlap.
 */
export function crossFit(features: Matrix, rows: Int32Array, gap: number, options: FitOptions): MemberScores {
  const all: MemberScores = {
    coverage: new Float64Array(features.rows),
    members: {},
    short: new Float64Array(features.rows).fill(Number.NaN),
  };
  for (const name of options.members) all.members[name] = new Float64Array(features.rows).fill(Number.NaN);
  for (let block = 0; block < BLOCKS; block++) {
    const from = Math.floor((block * rows.length) / BLOCKS);
    const to = Math.floor(((block + 1) * rows.length) / BLOCKS);
    const held = rows.subarray(from, to);
    const first = held[0]! - gap;
    const last = held.at(-1)! + gap;
    const others = rows.filter((row) => row < first || row > last);
    const scores = scoreRows(fitRows(features, others, options).fitted, takeRows(features, held));
    scatter(scores.coverage, held, all.coverage);
    scatter(scores.short, held, all.short);
    for (const name of options.members) scatter(scores.members[name]!, held, all.members[name]!);
  }
  return all;
}

function scatter(values: Float64Array, rows: Int32Array, into: Float64Array): void {
  values.forEach((value, i) => {
    into[rows[i]!] = value;
  });
}
