import { selectMetrics, type Frame } from "./frame.ts";
import type { Matrix } from "./matrix.ts";
import { fitMember, memberNames, scoreMember, type MemberName } from "./members.ts";
import { ModelError } from "./model-error.ts";
import { mean, standardDeviation } from "./stats.ts";

/**
 * A member's own score on bare metrics: columns z-scored on train, missing values at the train mean, no rolling
 * features and no calibration; for comparing members with other implementations. Higher is more abnormal. Several
 * members are combined by the mean of their ranks (0..1) among the test rows.
 */
export function scoreRaw(
  train: Frame,
  test: Frame,
  options: { members?: readonly MemberName[] | undefined; seed: number },
): Float64Array {
  if (!train.metrics.some((metric) => test.metrics.includes(metric)))
    throw new ModelError(
      "unusable_frame",
      `Train and test share no metric (train: ${train.metrics.slice(0, 5).join(", ")}): give two parts of one target.`,
    );
  const scalers = train.columns.map((column) => ({ centre: mean(column), scale: standardDeviation(column) }));
  const [trainMatrix, testMatrix] = [train, selectMetrics(test, train.metrics)].map((frame) =>
    zScores(frame, scalers),
  );
  const names = options.members ?? memberNames;
  const scores = names.map((name) => {
    const state = fitMember(name, trainMatrix!, options.seed);
    return scoreMember(name, state, testMatrix!);
  });
  const [only] = scores;
  return scores.length === 1 ? only! : meanRank(scores);
}

function zScores(frame: Frame, scalers: { centre: number; scale: number }[]): Matrix {
  const columns = frame.metrics.length;
  const values = new Float32Array(frame.time.length * columns);
  frame.columns.forEach((column, m) => {
    const { centre, scale } = scalers[m]!;
    column.forEach((value, row) => {
      const z = (value - centre) / (scale > 0 ? scale : 1);
      values[row * columns + m] = Number.isFinite(z) ? z : 0;
    });
  });
  return { rows: frame.time.length, columns, values };
}

function meanRank(scores: Float64Array[]): Float64Array {
  const combined = new Float64Array(scores[0]!.length);
  for (const values of scores) {
    const order = Int32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
    order.forEach((row, rank) => {
      combined[row]! += (rank + 1) / (order.length * scores.length);
    });
  }
  return combined;
}
