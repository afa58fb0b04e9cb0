import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEnsembleScorer, fitMembers } from "./ensemble.ts";
import type { Matrix } from "./matrix.ts";
import {
  fitMember,
  memberNames,
  memberScorer,
  scoreRowsWith,
  type MemberName,
  type MemberStates,
} from "./members.ts";
import { createRandom } from "./random.ts";

function noise(rows: number, columns: number, seed: number): Matrix {
  const random = createRandom(seed);
  return { rows, columns, values: Float32Array.from({ length: rows * columns }, () => random() - 0.5) };
}

/** Scores every row of a matrix by all fitted members. */
function scoreMembers(
  states: Partial<MemberStates>,
  { rows, columns, values }: Matrix,
): Partial<Record<MemberName, Float64Array>> {
  const { names, score } = createEnsembleScorer(states);
  const scores = names.map(() => new Float64Array(rows));
  const row = new Float64Array(names.length);
  for (let r = 0; r < rows; r++) {
    score(values, r * columns, row);
    for (let i = 0; i < names.length; i++) scores[i]![r] = row[i]!;
  }
  return Object.fromEntries(names.map((name, i) => [name, scores[i]!]));
}

describe("all members together", () => {
  const train = noise(300, 6, 1);
  const states = fitMembers(memberNames, train, { seed: 7 }) as MemberStates;

  test("score as each member alone, although they share one search", () => {
    const rows = noise(50, 6, 2);
    rows.values[3] = Number.NaN;
    const together = scoreMembers(states, rows);
    for (const name of memberNames) {
      const state = fitMember(name, train, 7) as MemberStates[typeof name];
      expect(together[name]).toEqual(scoreRowsWith(memberScorer(name, state), rows));
    }
  });

  test("remember the same rows once", () => {
    expect(states["local-outlier-factor"].references).toBe(states["nearest-neighbours"].references);
    expect(states["one-class-svm"].references).toBe(states["nearest-neighbours"].references);
  });

  test("tell which references were nearest, for an explanation", () => {
    const scorer = createEnsembleScorer(states);
    expect(scorer.nearest).toBeNull();
    scorer.score(states["nearest-neighbours"].references.values, 6 * 10, new Float64Array(5));
    expect(scorer.nearest!.rows[0]).toBe(10);
  });

  test("the same seed gives the same states, and members that share nothing still score", () => {
    expect(fitMembers(memberNames, train, { seed: 7 })).toEqual(states);
    const other = fitMember("nearest-neighbours", noise(300, 6, 3), 7);
    const mixed = scoreMembers({ ...states, "nearest-neighbours": other }, train);
    expect(mixed["nearest-neighbours"]).toEqual(
      scoreRowsWith(memberScorer("nearest-neighbours", other), train),
    );
    expect(mixed["one-class-svm"]).toEqual(scoreMembers(states, train)["one-class-svm"]);
  });
});

/** Cells as they occur: ordinary, equal, constant, clipped, enormous or missing. */
const cell = fc.oneof(
  fc.float({ min: -3, max: 3, noNaN: true }),
  fc.constantFrom(0, 0, 1, 30, -30, Number.NaN),
  fc.float({ min: Math.fround(-1e30), max: Math.fround(1e30), noNaN: true }),
);

test("every row with a value gets a finite score from every member, and an empty row none", () => {
  const shape = fc.record({
    rows: fc.integer({ min: 1, max: 30 }),
    columns: fc.integer({ min: 1, max: 5 }),
    repeat: fc.boolean(),
  });
  const property = fc.property(
    shape,
    fc.array(cell, { minLength: 150, maxLength: 150 }),
    fc.array(cell, { minLength: 15, maxLength: 15 }),
    ({ rows, columns, repeat }, cells, queries) => {
      const values = Float32Array.from(
        { length: rows * columns },
        (_, i) => cells[repeat ? i % columns : i]!,
      );
      const states = fitMembers(memberNames, { rows, columns, values }, { seed: 3 });
      const asked: Matrix = { rows: 3, columns, values: Float32Array.from(queries.slice(0, 3 * columns)) };
      const scores = scoreMembers(states, asked);
      for (const name of memberNames)
        scores[name]!.forEach((score, row) => {
          const empty = asked.values.subarray(row * columns, (row + 1) * columns).every(Number.isNaN);
          expect([name, Number.isFinite(score)]).toEqual([name, !empty]);
        });
    },
  );
  fc.assert(property, { numRuns: 300 });
});

test("a column that was constant in train is a finding when it moves", () => {
  const train = noise(200, 3, 4);
  for (let row = 0; row < 200; row++) train.values[3 * row + 1] = 0;
  const states = fitMembers(memberNames, train, { seed: 1 });
  const rows: Matrix = { rows: 2, columns: 3, values: Float32Array.of(0.1, 0, 0.1, 0.1, 30, 0.1) };
  const scores = scoreMembers(states, rows);
  for (const name of memberNames.filter((each) => each !== "isolation-forest"))
    expect([name, scores[name]![1]! > scores[name]![0]!]).toEqual([name, true]);
  // A forest cannot ask about a column that never varied.
  expect(scores["isolation-forest"]![1]).toBe(scores["isolation-forest"]![0]);
});
