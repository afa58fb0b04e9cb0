import { isolationForest } from "./isolation-forest.ts";
import type { Matrix } from "./matrix.ts";
import { ModelError } from "./model-error.ts";
import { nearestNeighbours } from "./nearest-neighbours.ts";

/** One detector of the ensemble. Its fitted state is plain data with typed arrays; higher scores are more abnormal. */
export type Member<State> = {
  /** Say of this member in the combined surprise, relative to the others. */
  weight: number;
  fit(matrix: Matrix, options: { seed: number }): State;
  score(state: State, matrix: Matrix): Float64Array;
};

/** The ensemble: a new member is one file and one row here. */
const table = {
  "isolation-forest": isolationForest,
  "nearest-neighbours": nearestNeighbours,
};

export type MemberName = keyof typeof table;
export type MemberStates = { [N in MemberName]: ReturnType<(typeof table)[N]["fit"]> };

export const members: { readonly [N in MemberName]: Member<MemberStates[N]> } = table;
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

/** Fits one member of the table. */
export function fitMember<N extends MemberName>(name: N, matrix: Matrix, seed: number): MemberStates[N] {
  return members[name].fit(matrix, { seed });
}

/** Scores rows with a fitted member: one score a row, higher is more abnormal, in the member's own unit. */
export function scoreMember<N extends MemberName>(
  name: N,
  state: MemberStates[N],
  matrix: Matrix,
): Float64Array {
  return members[name].score(state, matrix);
}

function isMember(name: string): name is MemberName {
  return Object.hasOwn(table, name);
}
