import { isolationForest } from "./isolation-forest.ts";
import { localOutlierFactor } from "./local-outlier-factor.ts";
import type { Matrix } from "./matrix.ts";
import { ModelError } from "./model-error.ts";
import { nearestNeighbours } from "./nearest-neighbours.ts";
import type { Comparison } from "./neighbour-search.ts";
import { oneClassSvm } from "./one-class-svm.ts";
import { principalComponents } from "./principal-components.ts";
import type { References } from "./references.ts";

/**
 * Scores the row at `values[start .. start + columns)`; NaN cells are missing. Higher is more abnormal, in the member's
 * own unit; finite for every row with a value in it, NaN for an empty one. Memory of its own: not to be called from two
 * places at once.
 */
export type RowScorer = (values: Float32Array, start: number) => number;

export type MemberOptions = {
  seed: number;
  /** Rows remembered of the same matrix and seed, when other members remember them too; drawn when absent. */
  references?: References;
};

/**
 * One detector of the ensemble, fitted to a matrix whose columns are z-scores (0 is the train mean, NaN is missing).
 * Its fitted state is plain data with typed arrays.
 */
export type Member<State> = {
  fit(matrix: Matrix, options: MemberOptions): State;
  scorer(state: State): RowScorer;
  /** Members that only look at distances to references: with it they share one search, see ensemble.ts. */
  compare?(state: State): Comparison;
};

/** The ensemble: a new member is one file and one row here. How members are combined stands in combine.ts. */
const table = {
  "isolation-forest": isolationForest,
  "local-outlier-factor": localOutlierFactor,
  "one-class-svm": oneClassSvm,
  "nearest-neighbours": nearestNeighbours,
  "principal-components": principalComponents,
};

export type MemberName = keyof typeof table;
export type MemberStates = { [N in MemberName]: ReturnType<(typeof table)[N]["fit"]> };

const members: { readonly [N in MemberName]: Member<MemberStates[N]> } = table;
export const memberNames = Object.keys(table) as MemberName[];

/** Checks names typed by a person; throws a ModelError that lists the existing members. */
export function parseMembers(names: readonly string[]): MemberName[] {
  const unknown = names.filter((name) => !isMember(name));
  if (unknown.length > 0 || names.length === 0) {
    const complaint =
      unknown.length > 0 ? `There is no member "${unknown.join('", "')}"` : "No member was named";
    throw new ModelError(
      "unknown_member",
      `${complaint}: choose from ${memberNames.join(", ")}, separated by commas.`,
    );
  }
  return [...new Set(names.filter(isMember))];
}

/** Fits one member of the table. Throws a ModelError when the matrix has no rows or no columns. */
export function fitMember<N extends MemberName>(
  name: N,
  matrix: Matrix,
  seed: number,
  references?: References,
): MemberStates[N] {
  if (matrix.rows === 0 || matrix.columns === 0)
    throw new ModelError(
      "not_enough_history",
      `There is nothing to learn from: ${matrix.rows} rows of ${matrix.columns} columns. Give a longer train part.`,
    );
  return members[name].fit(matrix, references === undefined ? { seed } : { seed, references });
}

/** How the member compares rows with references; null for one that does not. */
export function memberComparison<N extends MemberName>(name: N, state: MemberStates[N]): Comparison | null {
  return members[name].compare?.(state) ?? null;
}

/** A function that scores one row after the other with a fitted member. */
export function memberScorer<N extends MemberName>(name: N, state: MemberStates[N]): RowScorer {
  return members[name].scorer(state);
}

/** One score a row of the matrix, as `RowScorer` says. */
export function scoreRowsWith(scorer: RowScorer, { rows, columns, values }: Matrix): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => scorer(values, row * columns));
}

function isMember(name: string): name is MemberName {
  return Object.hasOwn(table, name);
}
