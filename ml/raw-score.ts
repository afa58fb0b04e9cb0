import { selectMetrics, type Frame } from "./frame.ts";
import { fitForest, isolationForest } from "./isolation-forest.ts";
import { fitFactor, localOutlierFactor } from "./local-outlier-factor.ts";
import { takeRows, type Matrix } from "./matrix.ts";
import { memberNames, scoreRowsWith, type MemberName, type RowScorer } from "./members.ts";
import { ModelError } from "./model-error.ts";
import { nearestNeighbours } from "./nearest-neighbours.ts";
import { comparisonScorer } from "./neighbour-search.ts";
import { fitBoundary, outsideBy } from "./one-class-svm.ts";
import { fitComponents, principalComponents } from "./principal-components.ts";
import { createRandom, sampleIndices } from "./random.ts";
import { drawReferences } from "./references.ts";
import { mean, standardDeviation } from "./stats.ts";

/** Beyond this many train rows the neighbour members and the support vector machine use a seeded sample. */
const MOST_RAW_ROWS = 30_000;
/** Products of cells that a member may need for all its distances: well under a minute of one core. */
const MOST_PRODUCTS = 8e10;
/** So far away that it cannot matter how far, and its square is still finite. */
const FARTHEST = 1e15;

/**
 * The members as other libraries define them, on bare metrics, for comparing with those: columns z-scored on train
 * (population deviation; a missing value counts as the train mean), no rolling features, no calibration, every train
 * row used. Isolation forest 500 x 256 (0..1), LOF with 20 neighbours (0 and up), one-class SVM with nu .05 and gamma
 * "scale" (rho minus kernel sum), mean distance to the 5 nearest rows, distance from the plane of 90 % of the variance.
 * Higher is more abnormal. Several members are combined by the mean of their ranks (0..1) among the test rows. One score
 * a test row. Distances cost train x (train + test) x columns: train rows are sampled beyond 30,000 or 8e10 products
 * (30,000 rows each of 38 columns need .7e11),
 * and the plane of more than 1,024 columns is that of the sample. Throws a ModelError for parts that cannot be compared.
 */
export function scoreRaw(
  train: Frame,
  test: Frame,
  options: { members?: readonly MemberName[] | undefined; seed: number },
): Float64Array {
  refuseUnusable(train, test);
  const scalers = train.columns.map((column) => ({ centre: mean(column), scale: standardDeviation(column) }));
  const trainMatrix = zScores(train, scalers);
  const testMatrix = zScores(selectMetrics(test, train.metrics), scalers);
  const most = Math.floor(MOST_PRODUCTS / ((trainMatrix.rows + testMatrix.rows) * trainMatrix.columns));
  const count = Math.max(1, Math.min(MOST_RAW_ROWS, most));
  const sample = sampleIndices(trainMatrix.rows, count, createRandom(options.seed)).sort();
  const references = drawReferences(trainMatrix, options.seed, sample);
  const scores = [...new Set(options.members ?? memberNames)].map((name) =>
    scoreRowsWith(fitRaw(name, trainMatrix, { seed: options.seed, references }), testMatrix),
  );
  const [only] = scores;
  return scores.length === 1 ? only! : meanRank(scores);
}

function fitRaw(name: MemberName, train: Matrix, { seed, references }: { seed: number; references: Matrix }) {
  const fits: Record<MemberName, () => RowScorer> = {
    "isolation-forest": () => isolationForest.scorer(fitForest(train, { seed })),
    "local-outlier-factor": () => localOutlierFactor.scorer(fitFactor(references)),
    "one-class-svm": () => supportVectorScorer(references),
    "nearest-neighbours": () => nearestNeighbours.scorer({ references }),
    "principal-components": () =>
      principalComponents.scorer(fitComponents(train.columns > 1024 ? references : train)),
  };
  return fits[name]();
}

/** Compares with the support vectors alone: here no other member needs the distances to the rest. */
function supportVectorScorer(references: Matrix): RowScorer {
  const fitted = fitBoundary(references);
  const vectors = takeRows(references, fitted.vectors);
  const alone = { ...fitted, references: vectors, vectors: Int32Array.from(fitted.vectors.keys()) };
  return comparisonScorer({
    references: vectors,
    neighbours: 0,
    score: (nearest) => outsideBy(alone, nearest),
  });
}

function refuseUnusable(train: Frame, test: Frame): void {
  for (const [part, { time }] of [
    ["train", train],
    ["test", test],
  ] as const)
    if (time.length === 0)
      throw new ModelError("unusable_frame", `The ${part} part has no rows: give at least one.`);
  if (!train.columns.some((column) => column.some(Number.isFinite)))
    throw new ModelError(
      "unusable_frame",
      "The train part holds no number at all: give a part with samples.",
    );
  if (!train.metrics.some((metric) => test.metrics.includes(metric)))
    throw new ModelError(
      "unusable_frame",
      `Train and test share no metric (train: ${train.metrics.slice(0, 5).join(", ")}): give two parts of one target.`,
    );
}

function zScores(frame: Frame, scalers: { centre: number; scale: number }[]): Matrix {
  const columns = frame.metrics.length;
  const values = new Float32Array(frame.time.length * columns);
  frame.columns.forEach((column, m) => {
    const { centre, scale } = scalers[m]!;
    column.forEach((value, row) => {
      const z = (value - centre) / (scale > 0 ? scale : 1);
      values[row * columns + m] = Number.isNaN(z) ? 0 : Math.max(-FARTHEST, Math.min(FARTHEST, z));
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
