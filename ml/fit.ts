import { createEnsembleScorer, fitMembers } from "./ensemble.ts";
import { fitScaling, LEAST_COVERAGE, scaleFeatures, scaleRow, shortColumns } from "./features.ts";
import { takeColumns, takeRows, type Matrix } from "./matrix.ts";
import type { MemberName } from "./members.ts";
import type { Fitted } from "./model.ts";
import { nearestNeighbours } from "./nearest-neighbours.ts";
import { drawReferences, referenceRows } from "./references.ts";
import { COLUMNS_PER_METRIC } from "./rolling.ts";

export type FitOptions = { floors: ArrayLike<number>; members: readonly MemberName[]; seed: number };

/** Scores in the members' own units, NaN where withheld. */
export type MemberScores = {
  coverage: Float64Array;
  members: Partial<Record<MemberName, Float64Array>>;
  short: Float64Array;
};

/** A quarter of the references ends alarms as well as all of them. */
const SHORT_REFERENCES = 256;

/** Learns scales and members from the given rows of raw features; `calmRows` are those of them it remembers. */
export function fitRows(
  features: Matrix,
  rows: ArrayLike<number>,
  options: FitOptions,
): { fitted: Fitted; calmRows: Int32Array } {
  const scaling = fitScaling(features, rows, options.floors);
  const scaled = scaleFeatures(takeRows(features, rows), scaling);
  const remembered = referenceRows(scaled, options.seed);
  const references = drawReferences(scaled, options.seed, remembered);
  const members = fitMembers(options.members, scaled, { seed: options.seed, references });
  const calm = members["nearest-neighbours"] ?? { references };
  return { fitted: { scaling, members, calm }, calmRows: remembered.map((row) => rows[row]!) };
}

/** What the members make of one row, overwritten by the next; all NaN when the row is withheld. */
type RowMembers = {
  readonly names: readonly MemberName[];
  /** In the members' own units, in the order of `names`. */
  readonly scores: Float64Array;
  /** Distance to calm moments over the value and the shortest window only. */
  short: number;
  /** Share of the known columns that are present, 0..1. */
  coverage: number;
  /** The row in the units of the scales. */
  readonly scaled: Float32Array;
};

/** Scores raw feature rows one at a time: `score` reads `raw` from `start` on. */
export function createRowMembers(fitted: Fitted): {
  row: RowMembers;
  score(raw: Float32Array, start: number): RowMembers;
} {
  const ensemble = createEnsembleScorer(fitted.members);
  const { names } = ensemble;
  const { scale } = fitted.scaling;
  const short = createShort(fitted);
  const known = scale.reduce((count, each) => count + (Number.isNaN(each) ? 0 : 1), 0);
  const row: RowMembers = {
    names,
    scores: new Float64Array(names.length).fill(Number.NaN),
    short: Number.NaN,
    coverage: 0,
    scaled: new Float32Array(scale.length).fill(Number.NaN),
  };

  function score(raw: Float32Array, start: number): RowMembers {
    scaleRow(raw, start, fitted.scaling, row.scaled, 0);
    let present = 0;
    for (const value of row.scaled) if (value === value) present++;
    row.coverage = known === 0 ? 0 : present / known;
    const withheld = row.coverage < LEAST_COVERAGE;
    if (withheld) row.scores.fill(Number.NaN);
    else ensemble.score(row.scaled, 0, row.scores);
    row.short = withheld ? Number.NaN : short(row.scaled);
    return row;
  }

  return { row, score };
}

/** Scores raw features; rows with less than 60 % of their columns present are withheld (NaN). */
export function scoreRows(fitted: Fitted, features: Matrix): MemberScores {
  const { row, score } = createRowMembers(fitted);
  const columns = row.names.map(() => new Float64Array(features.rows));
  const coverage = new Float64Array(features.rows);
  const short = new Float64Array(features.rows);
  for (let r = 0; r < features.rows; r++) {
    score(features.values, r * features.columns);
    for (let i = 0; i < columns.length; i++) columns[i]![r] = row.scores[i]!;
    coverage[r] = row.coverage;
    short[r] = row.short;
  }
  return { coverage, short, members: Object.fromEntries(row.names.map((name, i) => [name, columns[i]!])) };
}

/** Distance to calm moments over the value and the shortest window; it only tells when an alarm may end. */
function createShort({ calm, scaling }: Fitted): (scaled: Float32Array) => number {
  const picked = shortColumns(scaling.scale.length / COLUMNS_PER_METRIC);
  const every = Math.ceil(calm.references.rows / SHORT_REFERENCES);
  const few = Int32Array.from({ length: Math.ceil(calm.references.rows / every) }, (_, i) => i * every);
  const scorer = nearestNeighbours.scorer({
    references: takeColumns(takeRows(calm.references, few), picked),
  });
  const values = new Float32Array(picked.length);
  return (scaled) => {
    for (let i = 0; i < picked.length; i++) values[i] = scaled[picked[i]!]!;
    return scorer(values, 0);
  };
}
