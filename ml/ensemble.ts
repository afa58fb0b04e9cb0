import type { Matrix } from "./matrix.ts";
import {
  fitMember,
  memberComparison,
  memberScorer,
  type MemberName,
  type MemberOptions,
  type MemberStates,
} from "./members.ts";
import { sharedSearch, type Comparison, type Nearest } from "./neighbour-search.ts";
import { drawReferences } from "./references.ts";

/** Fits several members, which then share the rows they remember. */
export function fitMembers(
  names: readonly MemberName[],
  matrix: Matrix,
  { seed, references = drawReferences(matrix, seed) }: MemberOptions,
): Partial<MemberStates> {
  const fitted = names.map((name) => [name, fitMember(name, matrix, seed, references)]);
  return Object.fromEntries(fitted) as Partial<MemberStates>;
}

type EnsembleScorer = {
  names: readonly MemberName[];
  /** Writes every member's score of the row at `values[start ..]` into `scores`, in the order of `names`. */
  score(values: Float32Array, start: number, scores: Float64Array): void;
  /** The references nearest to the row scored last, for explanations; null when no member looks at them. */
  nearest: Nearest | null;
};

/**
 * Scores rows by all fitted members, the same numbers as each member's own scorer. Members that compare with the same
 * references share one search, which is most of the work.
 */
export function createEnsembleScorer(states: Partial<MemberStates>): EnsembleScorer {
  const names = Object.keys(states) as MemberName[];
  const comparisons = names.map((name) => comparisonOf(states, name));
  const references = comparisons.find((comparison) => comparison !== null)?.references;
  const sharing = comparisons.map((comparison) =>
    comparison?.references.values === references?.values ? comparison : null,
  );
  const search =
    references === undefined
      ? null
      : sharedSearch(
          references,
          sharing.filter((comparison) => comparison !== null),
        );
  const own = names.map((name, i) => (sharing[i] === null ? scorerOf(states, name) : null));
  const scorer: EnsembleScorer = { names, score, nearest: null };

  function score(values: Float32Array, start: number, scores: Float64Array): void {
    scorer.nearest = search === null ? null : search(values, start);
    for (let i = 0; i < names.length; i++)
      scores[i] = sharing[i]?.score(scorer.nearest!) ?? own[i]!(values, start);
  }

  return scorer;
}

// `name` is one of the keys of `states` in both.
function comparisonOf<N extends MemberName>(states: Partial<MemberStates>, name: N): Comparison | null {
  return memberComparison(name, states[name] as MemberStates[N]);
}

function scorerOf<N extends MemberName>(states: Partial<MemberStates>, name: N) {
  return memberScorer(name, states[name] as MemberStates[N]);
}
