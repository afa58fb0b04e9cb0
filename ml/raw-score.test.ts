import { expect, test } from "vitest";
import type { Frame } from "./frame.ts";
import { memberNames } from "./members.ts";
import { createRandom } from "./random.ts";
import { scoreRaw } from "./raw-score.ts";

/** Metrics that follow one load, each with a little noise of its own. */
function frame(rows: number, seed: number, metrics = ["cpu", "errors", "queue"]): Frame {
  const random = createRandom(seed);
  const load = Array.from({ length: rows }, () => 50 + 20 * (random() + random() + random() - 1.5));
  return {
    stepSeconds: 60,
    time: Float64Array.from({ length: rows }, (_, row) => 60 * row),
    metrics,
    columns: metrics.map(() => Float64Array.from(load, (value) => value + 3 * random())),
  };
}

function frameWithFault(): Frame {
  const rows = frame(50, 2);
  rows.columns.forEach((column, m) => {
    column[20] = 900 * (m - 1);
  });
  return rows;
}

test.each(memberNames)("%s finds the row that leaves the range, one score a test row", (name) => {
  const scores = scoreRaw(frame(400, 1), frameWithFault(), { members: [name], seed: 7 });
  expect(scores.length).toBe(50);
  expect(scores.indexOf(Math.max(...scores))).toBe(20);
});

test("several members are combined by the mean of their ranks", () => {
  const scores = scoreRaw(frame(400, 1), frameWithFault(), { seed: 7 });
  expect(scores[20]).toBeCloseTo(1, 9);
  expect(Math.min(...scores)).toBeGreaterThan(0);
  expect(scores.reduce((sum, score) => sum + score, 0) / 50).toBeCloseTo(51 / 100, 9);
});

test("metrics are matched by name, a missing one and a missing value count as the train mean", () => {
  const train = frame(200, 1, ["cpu", "errors"]);
  const swapped = frame(30, 2, ["errors", "cpu"]);
  const straight = { ...swapped, metrics: ["cpu", "errors"], columns: [...swapped.columns].reverse() };
  const options = { members: ["nearest-neighbours"] as const, seed: 7 };
  expect(scoreRaw(train, swapped, options)).toEqual(scoreRaw(train, straight, options));
  const without = { ...swapped, metrics: ["cpu"], columns: [swapped.columns[1]!] };
  const missing = { ...straight, columns: [straight.columns[0]!, new Float64Array(30).fill(Number.NaN)] };
  expect(scoreRaw(train, without, options)).toEqual(scoreRaw(train, missing, options));
});

test("a constant metric that moves by something enormous has a finite score", () => {
  const train = frame(100, 1, ["cpu", "constant"]);
  train.columns[1]!.fill(5);
  const test = frame(3, 2, ["cpu", "constant"]);
  test.columns[1]!.set([5, 1e300, -1e300]);
  for (const name of memberNames)
    for (const score of scoreRaw(train, test, { members: [name], seed: 7 }))
      expect([name, Number.isFinite(score)]).toEqual([name, true]);
});

test("parts that cannot be compared are refused with what to give", () => {
  const refusal = (train: Frame, rows: Frame) => () => scoreRaw(train, rows, { seed: 7 });
  expect(refusal(frame(0, 1), frame(5, 2))).toThrow("The train part has no rows: give at least one.");
  expect(refusal(frame(5, 1), frame(0, 2))).toThrow("The test part has no rows: give at least one.");
  expect(refusal(frame(5, 1), frame(5, 2, ["other"]))).toThrow(
    /share no metric \(train: cpu, errors, queue\)/,
  );
  const empty = { ...frame(5, 1), columns: [0, 1, 2].map(() => new Float64Array(5).fill(Number.NaN)) };
  expect(refusal(empty, frame(5, 2))).toThrow(/holds no number at all/);
});

test("the plane never takes in every direction: unrelated metrics, or a single one, have a distance from it", () => {
  const random = createRandom(3);
  const unrelated = (rows: number): Frame => {
    const base = frame(rows, 1, ["cpu", "disk"]);
    return { ...base, columns: base.columns.map((column) => column.map(() => random())) };
  };
  const test = unrelated(40);
  test.columns.forEach((column) => {
    column[20] = 9;
  });
  for (const metrics of [["cpu", "disk"], ["cpu"]]) {
    const part = (whole: Frame) => ({ ...whole, metrics, columns: whole.columns.slice(0, metrics.length) });
    const scores = scoreRaw(part(unrelated(300)), part(test), { members: ["principal-components"], seed: 7 });
    expect(scores.indexOf(Math.max(...scores))).toBe(20);
  }
});
