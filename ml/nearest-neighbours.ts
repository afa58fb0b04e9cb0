import type { Matrix } from "./matrix.ts";
import type { Member, MemberOptions } from "./members.ts";
import { comparisonScorer, type Comparison, type Nearest } from "./neighbour-search.ts";
import { drawReferences, type References } from "./references.ts";

export type NearestNeighbours = { references: References };

export const NEIGHBOURS = 5;

/**
 * Mean distance to the 5 nearest remembered rows (Ramaswamy, Rastogi, Shim: "Efficient algorithms for mining outliers
 * from large data sets", SIGMOD 2000; the mean as in Angiulli, Pizzuti 2002). 0 and up, higher is more abnormal.
 * Missing cells are left out and the distance is scaled up to the full number of columns.
 * Fit O(references x columns), one row at worst the same; memory 4 bytes a remembered cell.
 */
export const nearestNeighbours: Member<NearestNeighbours> = {
  fit,
  compare,
  scorer: (state) => comparisonScorer(compare(state)),
};

function fit(matrix: Matrix, { seed, references }: MemberOptions): NearestNeighbours {
  return { references: references ?? drawReferences(matrix, seed) };
}

function compare({ references }: NearestNeighbours): Comparison {
  return { references, neighbours: NEIGHBOURS, score: meanDistance };
}

/** Mean distance to the first five. */
function meanDistance({ squared, found }: Nearest): number {
  const count = Math.min(NEIGHBOURS, found);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.sqrt(squared[i]!);
  return count === 0 ? Number.NaN : sum / count;
}
