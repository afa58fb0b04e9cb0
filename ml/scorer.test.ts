import { describe, expect, test } from "vitest";
import { explainAlignedRow } from "./explain.ts";
import { sliceFrame, type Frame } from "./frame.ts";
import { toModelStep } from "./model-step.ts";
import { ModelError } from "./model-error.ts";
import { neededHistorySeconds } from "./model.ts";
import { createRandom } from "./random.ts";
import { createRolling, rollingFeatures } from "./rolling.ts";
import { scoreFrame } from "./score.ts";
import { createScorer, type Scorer } from "./scorer.ts";
import { trainModel } from "./train.ts";

const METRICS = ["cpu", "memory", "requests", "constant"];
const START = 1_700_000_000;

/** A daily swing with noise; `change` may disturb a row (one value a metric). */
function frameOf(
  rows: number,
  seed: number,
  change: (values: number[], row: number) => void = () => undefined,
) {
  const random = createRandom(seed);
  const columns = METRICS.map(() => new Float64Array(rows));
  for (let row = 0; row < rows; row++) {
    const swing = Math.sin((2 * Math.PI * row) / 1440);
    const values = [40 + 20 * swing + 3 * random(), 60 + 5 * swing + random(), 100 * random(), 1];
    change(values, row);
    values.forEach((value, m) => {
      columns[m]![row] = value;
    });
  }
  const time = Float64Array.from({ length: rows }, (_, row) => START + 60 * row);
  return { stepSeconds: 60, time, metrics: METRICS, columns } satisfies Frame;
}

const model = trainModel(frameOf(2880, 1), { alarmBudget: 0.25, seed: 7, smallestChange: {} });

/** Gaps, a silent stretch, a reset to zero, a constant that moves, a metric that vanishes, and absurd values. */
function troubled(seed: number) {
  const random = createRandom(seed);
  return frameOf(700, seed, (values, row) => {
    for (let m = 0; m < values.length; m++) if (random() < 0.05) values[m] = Number.NaN;
    if (row > 200 && row < 230) values.fill(Number.NaN);
    if (row === 300) values[2] = 0;
    if (row > 350 && row < 360) values[3] = 2;
    if (row > 420 && row < 520) values[1] = Number.NaN;
    if (row === 600) values[0] = Number.MAX_VALUE;
    if (row === 610) values[0] = -Infinity;
  });
}
const rowOf = (frame: Frame, row: number) => frame.columns.map((column) => column[row]!);
const push = (scorer: Scorer, frame: Frame, row: number) => scorer.push(frame.time[row]!, rowOf(frame, row));

describe("batch and one row at a time", () => {
  test("give the very same features, whatever is in the rows", () => {
    for (const seed of [11, 12, 13]) {
      const frame = troubled(seed);
      const batch = rollingFeatures(frame, model);
      const rolling = createRolling(model);
      const one = new Float32Array(batch.columns);
      for (let row = 0; row < batch.rows; row++) {
        rolling.push(frame.time[row]!, rowOf(frame, row), one, 0);
        expect(one).toEqual(batch.values.subarray(row * batch.columns, (row + 1) * batch.columns));
      }
    }
  });

  test("give the very same scores and explanations", () => {
    const frame = troubled(14);
    const batch = scoreFrame(model, frame);
    const scorer = createScorer(model);
    for (let row = 0; row < frame.time.length; row++) {
      const one = push(scorer, frame, row);
      expect([one.score, one.rarityDays, one.coverage, one.anomalous, one.thresholdFactor]).toEqual([
        batch.score[row],
        batch.rarityDays[row],
        batch.coverage[row],
        batch.anomalous[row] === 1,
        batch.thresholdFactor[row],
      ]);
      if (row % 100 === 99)
        expect(scorer.explain()).toEqual(explainAlignedRow(model, toModelStep(model, frame).frame, row));
    }
  });

  test("give the same features for any trailing stretch as long as the longest window and the carried gap", () => {
    const frame = troubled(15);
    const whole = rollingFeatures(frame, model);
    const reach = Math.max(...model.windows) + 4;
    for (const end of [210, 235, 305, 430, 611, 700]) {
      const part = rollingFeatures(sliceFrame(frame, end - reach, end), model);
      expect(part.values.slice(-part.columns)).toEqual(
        whole.values.slice((end - 1) * whole.columns, end * whole.columns),
      );
    }
  });

  test("give the same score for any trailing rows of the needed history, to four digits", () => {
    const frame = troubled(16);
    const whole = scoreFrame(model, frame);
    const needed = Math.ceil(neededHistorySeconds(model) / 60);
    for (const end of [200, 380, 480, 605, 700]) {
      const part = scoreFrame(model, sliceFrame(frame, end - needed, end));
      expect(part.score.at(-1)!).toBeCloseTo(whole.score[end - 1]!, 4);
    }
  });
});

describe("a stream", () => {
  test("with a gap in time is scored as one with missing rows there", () => {
    const frame = frameOf(400, 21);
    const gap = (row: number) => row >= 300 && row < 320;
    const holed = frameOf(400, 21, (values, row) => {
      if (gap(row)) values.fill(Number.NaN);
    });
    const filled = createScorer(model);
    const skipped = createScorer(model);
    for (let row = 0; row < 400; row++) {
      const expected = push(filled, holed, row);
      if (!gap(row)) expect(push(skipped, frame, row)).toEqual(expected);
    }
  });

  test("that pauses for a year goes on without filling the year", () => {
    const frame = frameOf(300, 22);
    const scorer = createScorer(model);
    for (let row = 0; row < 200; row++) push(scorer, frame, row);
    expect(scorer.push(START + 365 * 86_400, rowOf(frame, 200)).score).toBeNaN();
    for (let row = 201; row < 300; row++) scorer.push(START + 365 * 86_400 + 60 * row, rowOf(frame, row));
    expect(scorer.push(START + 365 * 86_400 + 60 * 300, rowOf(frame, 299)).score).toBeLessThan(2);
  });

  test("whose clock jitters by less than half a step has no gaps", () => {
    const frame = frameOf(300, 23);
    const [steady, jittering] = [createScorer(model), createScorer(model)];
    for (let row = 0; row < 300; row++) {
      const expected = push(steady, frame, row).score;
      expect(jittering.push(frame.time[row]! + (row % 3) * 9, rowOf(frame, row)).score).toBe(expected);
    }
  });

  test("refuses a row twice, a clock set back, and a row without a time", () => {
    const frame = frameOf(3, 24);
    const scorer = createScorer(model);
    push(scorer, frame, 1);
    expect(() => push(scorer, frame, 1)).toThrow(ModelError);
    expect(() => push(scorer, frame, 0)).toThrow(/does not come after the last one.*start a new scorer/);
    expect(() => scorer.push(Number.NaN, rowOf(frame, 2))).toThrow(/times are unix seconds/);
    expect(scorer.lastTime).toBe(frame.time[1]);
    const twice = { ...frame, time: Float64Array.of(START, START, START + 60) };
    expect(() => scoreFrame(model, twice)).toThrow(ModelError);
  });

  test("is never scored NaN except where it is withheld", () => {
    const frame = troubled(25);
    const { score, coverage, rarityDays } = scoreFrame(model, frame);
    score.forEach((value, row) => {
      expect(Number.isNaN(value)).toBe(coverage[row]! < 0.6);
      expect(Number.isNaN(rarityDays[row]!)).toBe(Number.isNaN(value));
    });
    expect(score.slice(100, 200).every(Number.isFinite)).toBe(true);
  });
});

test("a metric that was always there and is gone for five minutes has vanished, until it returns", () => {
  const frame = frameOf(200, 31, (values, row) => {
    if (row >= 100 && row < 150) values[1] = Number.NaN;
    if (row >= 170) values.fill(Number.NaN);
  });
  const scorer = createScorer(model);
  const vanished = Array.from(frame.time, (_, row) => push(scorer, frame, row).vanished.join());
  expect(vanished.indexOf("memory")).toBe(104);
  expect(vanished.lastIndexOf("memory")).toBe(149);
  expect(vanished.slice(170).every((names) => names === "")).toBe(true);
});

test("the nearest normal moment is a moment of train", () => {
  const frame = frameOf(300, 32);
  const scorer = createScorer(model);
  expect([scorer.nearestCalm(), scorer.explain()]).toEqual([null, []]);
  for (let row = 0; row < 300; row++) push(scorer, frame, row);
  const nearest = scorer.nearestCalm()!;
  expect(nearest).toBeGreaterThanOrEqual(model.trainedFrom);
  expect(nearest).toBeLessThanOrEqual(model.trainedTo);
  // The swing puts row 299 of a day beside rows of about the same time of day (or its mirror image, row 421).
  const row = ((nearest - START) / 60) % 1440;
  expect(Math.min(Math.abs(row - 299), Math.abs(row - 421))).toBeLessThan(60);
});

test("a level that nobody undoes is alarmed, then settled, never simply over", () => {
  const frame = frameOf(60 * 34, 5, (values, row) => {
    if (row >= 100) values[3] = 2;
  });
  const scored = scoreFrame(model, frame);
  const scorer = createScorer(model);
  const rows = Array.from(frame.time.keys(), (row) => push(scorer, frame, row));
  expect(rows.at(-1)).toMatchObject({ anomalous: false, settled: true });
  expect(rows.slice(200).every(({ anomalous, settled }) => anomalous !== settled)).toBe(true);
  expect(scored.anomalous.at(-1)).toBe(0);
});
