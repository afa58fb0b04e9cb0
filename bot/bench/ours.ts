import { fitForest, isolationForest } from "../../ml/isolation-forest.ts";
import type { Matrix } from "../../ml/matrix.ts";
import {
  fitMember,
  memberNames,
  memberScorer,
  scoreRowsWith,
  type MemberName,
  type RowScorer,
} from "../../ml/members.ts";
import { eachMs, medianMs, quantileOf, type Now } from "./stopwatch.ts";

/** How long one detector takes; the last three are medians in milliseconds. */
export type Timing = {
  name: string;
  /** Rows fitted, and rows scored in one call. */
  fitRows: number;
  scoreRows: number;
  fitMs: number;
  scoreMs: number;
  /** One row alone. */
  singleMs: number;
};

const repeats = { most: 3, budgetMs: 2000 };

/** Times each member fitted to the matrix; the forest with `trees` trees when that is given. */
export function timeMembers(
  matrix: Matrix,
  options: { scoreRows: number; singleRows: number; trees?: number; now: Now },
): Timing[] {
  return memberNames.map((name) => timeMember(name, matrix, options));
}

function timeMember(
  name: MemberName,
  matrix: Matrix,
  { scoreRows, singleRows, trees, now }: { scoreRows: number; singleRows: number; trees?: number; now: Now },
): Timing {
  const { columns } = matrix;
  const scored: Matrix = {
    rows: scoreRows,
    columns,
    values: matrix.values.subarray(0, scoreRows * columns),
  };
  const fit = (): RowScorer =>
    name === "isolation-forest" && trees !== undefined
      ? isolationForest.scorer(fitForest(matrix, { seed: 1, trees }))
      : memberScorer(name, fitMember(name, matrix, 1));
  let scorer = fit();
  const fitMs = medianMs(now, () => (scorer = fit()), repeats);
  const scoreMs = medianMs(now, () => scoreRowsWith(scorer, scored), repeats);
  const singles = eachMs(now, singleRows, (row) => scorer(matrix.values, row * columns));
  return { name, fitRows: matrix.rows, scoreRows, fitMs, scoreMs, singleMs: quantileOf(singles, 0.5) };
}
