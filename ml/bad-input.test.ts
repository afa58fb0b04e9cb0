import { describe, expect, test } from "vitest";
import type { Frame } from "./frame.ts";
import { ModelError } from "./model-error.ts";
import { memberNamesOf } from "./model.ts";
import { createRandom } from "./random.ts";
import { scoreFrame } from "./score.ts";
import { trainModel, type TrainOptions } from "./train.ts";

const production = { alarmBudget: 0.25, seed: 7, smallestChange: {} } satisfies TrainOptions;
const options = { ...production, dataset: true } satisfies TrainOptions;
const START = 1_700_000_000;

function frameOf(rows: number, metrics: number, value: (row: number, m: number) => number): Frame {
  return {
    stepSeconds: 300,
    time: Float64Array.from({ length: rows }, (_, row) => START + 300 * row),
    metrics: Array.from({ length: metrics }, (_, m) => `m${m}`),
    columns: Array.from({ length: metrics }, (_, m) =>
      Float64Array.from({ length: rows }, (_, row) => value(row, m)),
    ),
  };
}
const noise = (seed: number) => {
  const random = createRandom(seed);
  return () => random();
};
const reasonOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof ModelError ? `${error.reason}: ${error.message}` : "another error";
  }
  return "no error";
};

describe("history that nothing can be learned from is refused with what to do", () => {
  test("no rows, too few rows, and rows without a sample", () => {
    expect(reasonOf(() => trainModel(frameOf(0, 2, noise(1)), options))).toMatch(
      /^not_enough_history.*at least/,
    );
    expect(reasonOf(() => trainModel(frameOf(20, 2, noise(1)), options))).toMatch(
      /^not_enough_history.*at least/,
    );
    expect(
      reasonOf(() =>
        trainModel(
          frameOf(500, 2, () => Number.NaN),
          options,
        ),
      ),
    ).toMatch(/^not_enough_history/);
  });

  test("rows twice, out of order, or without a time", () => {
    for (const wrong of [START, START - 60, Number.NaN]) {
      const frame = frameOf(200, 1, noise(1));
      frame.time[1] = wrong;
      expect(reasonOf(() => trainModel(frame, options))).toMatch(/^unusable_time.*in order of time/);
    }
  });
});

describe("history that is odd but usable gives finite scores", () => {
  const finite = (scores: Float64Array) =>
    scores.subarray(12).every((score) => Number.isFinite(score) && score >= 0);

  test("one metric only", () => {
    const model = trainModel(frameOf(600, 1, noise(2)), options);
    const { score } = scoreFrame(
      model,
      frameOf(200, 1, (row) => (row > 150 ? 50 : 0.5)),
    );
    expect(finite(score)).toBe(true);
    expect(score[160]!).toBeGreaterThan(1);
  });

  test("constants only: they are calm while they stay, and a finding once they move", () => {
    const model = trainModel(
      frameOf(600, 2, () => 5),
      options,
    );
    const { score, anomalous } = scoreFrame(
      model,
      frameOf(200, 2, (row) => (row > 150 ? 6 : 5)),
    );
    expect(finite(score)).toBe(true);
    expect(Math.max(...score.subarray(12, 150))).toBeLessThan(1);
    expect(anomalous[155]).toBe(1);
  });

  test("more metrics than a fit can bear: the 64 that move most often are watched", () => {
    const random = createRandom(3);
    const many = frameOf(200, 70, (_, m) => (m < 3 ? 1 : random()));
    const model = trainModel(many, { ...options, members: ["nearest-neighbours"] });
    expect(model.metrics).toHaveLength(64);
    expect(model.metrics).not.toContain("m0");
    expect(finite(scoreFrame(model, many).score)).toBe(true);
  });

  test("a clock that jumps ahead by a month between two rows", () => {
    const model = trainModel(frameOf(600, 2, noise(4)), options);
    const frame = frameOf(200, 2, noise(5));
    frame.time.set(
      frame.time.subarray(100).map((time) => time + 30 * 86_400),
      100,
    );
    const { score } = scoreFrame(model, frame);
    expect(score[100]).toBeNaN();
    expect(score.subarray(112).every(Number.isFinite)).toBe(true);
  });
});

describe("a young detector", () => {
  const days = (count: number) => frameOf(count * 288, 2, noise(6));

  test("under two days is nearest neighbours only, at twice the threshold", () => {
    const model = trainModel(days(1), production);
    expect([model.stage, memberNamesOf(model)]).toEqual(["first_days", ["nearest-neighbours"]]);
    const alone = trainModel(days(1), { ...options, members: ["nearest-neighbours"] });
    expect(model.threshold / alone.threshold).toBeCloseTo(2, 9);
  });

  test("under eight days has all members at half of the alarm budget", () => {
    const model = trainModel(days(6), production);
    expect([model.stage, memberNamesOf(model).length]).toEqual(["first_week", 5]);
    expect(model.threshold).toBe(trainModel(days(6), { ...options, alarmBudget: 0.125 }).threshold);
    expect(model.alarmBudget).toBe(0.25);
  });

  test("is settled from eight days on, and a dataset or a demo always is", () => {
    expect(trainModel(days(9), { ...production, members: ["nearest-neighbours"] }).stage).toBe("settled");
    expect(trainModel(days(1), options).stage).toBe("settled");
    expect(trainModel(days(1), { ...production, demo: true }).stage).toBe("settled");
  });
});

test("what was learned from generated data says so", () => {
  const frame = frameOf(200, 1, noise(7));
  expect(trainModel(frame, { ...options, synthetic: true }).synthetic).toBe(true);
  expect(trainModel(frame, options).synthetic).toBe(false);
});
