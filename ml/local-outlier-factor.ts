import type { Matrix } from "./matrix.ts";
import type { Member, MemberOptions } from "./members.ts";
import { comparisonScorer, createSearch, type Comparison, type Nearest } from "./neighbour-search.ts";
import { drawReferences, type References } from "./references.ts";

type LocalOutlierFactor = {
  references: References;
  /** Neighbours compared with, fewer than 20 only when there are no more references. */
  neighbours: number;
  /** Of each reference: the distance to its farthest neighbour. */
  reach: Float64Array;
  /** Of each reference: its local reachability density, 1 / (mean reachability distance + floor). */
  density: Float64Array;
  /** Added to every mean reachability distance. */
  floor: number;
};

const FACTOR_NEIGHBOURS = 20;
/** scikit-learn's: only keeps the density of duplicates finite. */
const SMALLEST_FLOOR = 1e-10;
/**
 * The member's floor, in mean reachability distances of its references: an idle machine repeats itself so closely that
 * plain LOF calls its ordinary work an outlier. Ranks better on 9 of 10 measured servers.
 */
const FLOOR_SHARE = 1;

/**
 * Local outlier factor (Breunig, Kriegel, Ng, Sander: "LOF: Identifying density-based local outliers", SIGMOD 2000),
 * for new rows as scikit-learn's `novelty=True`: how many times less dense the place of a row is than the places of
 * its 20 nearest references. 0 and up, higher is more abnormal, about 1 for a row like its neighbours. Missing cells
 * are left out of the distances. Fit O(references^2 x columns) at worst, one row O(references x columns).
 */
export const localOutlierFactor: Member<LocalOutlierFactor> = {
  fit,
  compare,
  scorer: (state) => comparisonScorer(compare(state)),
};

function fit(matrix: Matrix, { seed, references }: MemberOptions): LocalOutlierFactor {
  return fitFactor(references ?? drawReferences(matrix, seed), FLOOR_SHARE);
}

/** As the member's fit, on exactly these rows; without a floor share it is scikit-learn's LOF. */
export function fitFactor(references: References, floorShare = 0): LocalOutlierFactor {
  const { rows, columns, values } = references;
  const neighbours = Math.max(1, Math.min(FACTOR_NEIGHBOURS, rows - 1));
  const search = createSearch(references, neighbours + 1);
  const found = { rows: new Int32Array(rows * neighbours), distances: new Float64Array(rows * neighbours) };
  const reach = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const count = copyOthers(search(values, row * columns), row, found, row * neighbours, neighbours);
    reach[row] = count === 0 ? 0 : found.distances[row * neighbours + count - 1]!;
  }
  const others = Math.min(neighbours, rows - 1);
  const means = reach.map((_, row) => {
    let sum = 0;
    for (let i = row * neighbours; i < row * neighbours + others; i++)
      sum += Math.max(reach[found.rows[i]!]!, found.distances[i]!);
    return others === 0 ? 0 : sum / others;
  });
  const floor = Math.max(SMALLEST_FLOOR, (floorShare * means.reduce((sum, mean) => sum + mean, 0)) / rows);
  return { references, neighbours, reach, density: means.map((mean) => 1 / (mean + floor)), floor };
}

/** Copies up to `count` neighbours other than the row itself; answers how many there were. */
function copyOthers(
  nearest: Nearest,
  self: number,
  into: { rows: Int32Array; distances: Float64Array },
  at: number,
  count: number,
): number {
  let copied = 0;
  for (let i = 0; i < nearest.found && copied < count; i++) {
    // Among many duplicates the row itself may not be found; then the last one found is left out.
    if (nearest.rows[i] === self) continue;
    into.rows[at + copied] = nearest.rows[i]!;
    into.distances[at + copied++] = Math.sqrt(nearest.squared[i]!);
  }
  return copied;
}

function compare(state: LocalOutlierFactor): Comparison {
  const { references, neighbours } = state;
  return { references, neighbours, score: (nearest) => factorOf(state, nearest) };
}

function factorOf({ neighbours, reach, density, floor }: LocalOutlierFactor, nearest: Nearest): number {
  const count = Math.min(neighbours, nearest.found);
  let reachSum = 0;
  let densitySum = 0;
  for (let i = 0; i < count; i++) {
    const neighbour = nearest.rows[i]!;
    reachSum += Math.max(reach[neighbour]!, Math.sqrt(nearest.squared[i]!));
    densitySum += density[neighbour]!;
  }
  return count === 0 ? Number.NaN : (densitySum / count) * (reachSum / count + floor);
}
