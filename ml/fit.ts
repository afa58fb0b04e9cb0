import { coverageOf, fitScaling, LEAST_COVERAGE, scaleFeatures, shortColumns } from "./features.ts";
import { takeColumns, takeRows, type Matrix } from "./matrix.ts";
import { fitMember, scoreMember, type MemberName, type MemberStates } from "./members.ts";
import type { Fitted } from "./model.ts";
import { nearestNeighbours } from "./nearest-neighbours.ts";
import { COLUMNS_PER_METRIC } from "./rolling.ts";

export type FitOptions = { floors: ArrayLike<number>; members: readonly MemberName[]; seed: number };

/** Scores in the members' own units, NaN where withheld. */
export type MemberScores = {
  coverage: Float64Array;
  members: Partial<Record<MemberName, Float64Array>>;
  short: Float64Array;
};

/** Learns scales and members from the given rows of raw features. */
export function fitRows(features: Matrix, rows: ArrayLike<number>, options: FitOptions): Fitted {
  const scaling = fitScaling(features, rows, options.floors);
  const scaled = scaleFeatures(takeRows(features, rows), scaling);
  const members: Partial<MemberStates> = {};
  for (const name of options.members) fitInto(members, name, scaled, options.seed);
  const calm = members["nearest-neighbours"] ?? nearestNeighbours.fit(scaled, { seed: options.seed });
  return { scaling, members, calm };
}

/** Scores raw features; rows with less than 60 % of their columns present are withheld (NaN). */
export function scoreRows(fitted: Fitted, features: Matrix): MemberScores {
  const scaled = scaleFeatures(features, fitted.scaling);
  const coverage = coverageOf(scaled, fitted.scaling.scale);
  const withhold = (scores: Float64Array) =>
    scores.map((score, row) => (coverage[row]! < LEAST_COVERAGE ? Number.NaN : score));
  const members: MemberScores["members"] = {};
  for (const name of Object.keys(fitted.members) as MemberName[]) {
    const scores = scoreState(fitted.members, name, scaled);
    if (scores !== null) members[name] = withhold(scores);
  }
  const shortCalm = { ...fitted.calm, references: shortOf(fitted.calm.references) };
  return { coverage, members, short: withhold(nearestNeighbours.score(shortCalm, shortOf(scaled))) };
}

function shortOf(scaled: Matrix): Matrix {
  return takeColumns(scaled, shortColumns(scaled.columns / COLUMNS_PER_METRIC));
}

function fitInto<N extends MemberName>(
  states: Partial<MemberStates>,
  name: N,
  scaled: Matrix,
  seed: number,
): void {
  states[name] = fitMember(name, scaled, seed) as Partial<MemberStates>[N];
}

function scoreState<N extends MemberName>(states: Partial<MemberStates>, name: N, scaled: Matrix) {
  const state = states[name] as MemberStates[N] | undefined;
  return state === undefined ? null : scoreMember(name, state, scaled);
}
