import { describe, expect, test } from "vitest";
import { explainAlignedRow } from "./explain.ts";
import { sliceFrame, type Frame } from "./frame.ts";
import { memberNames } from "./members.ts";
import { toModelStep } from "./model-step.ts";
import { neededHistorySeconds, usualBand } from "./model.ts";
import { createRandom } from "./random.ts";
import { scoreFrame } from "./score.ts";
import { longestRarityDays } from "./scorer.ts";
import { trainModel } from "./train.ts";

const METRICS = ["cpu", "memory", "errors", "constant"];
const options = { alarmBudget: 0.25, seed: 7, smallestChange: {} };

/** A daily swing with noise, sampled each minute; `change` may disturb it. */
function calmFrame(
  rows: number,
  seed: number,
  change: (values: number[], row: number) => void = () => undefined,
): Frame {
  const random = createRandom(seed);
  const columns = METRICS.map(() => new Float64Array(rows));
  for (let row = 0; row < rows; row++) {
    const swing = Math.sin((2 * Math.PI * row) / 1440);
    const values = [40 + 20 * swing + 3 * random(), 60 + 5 * swing + random(), 0.01 * random(), 1];
    change(values, row);
    values.forEach((value, m) => {
      columns[m]![row] = value;
    });
  }
  return {
    stepSeconds: 60,
    time: Float64Array.from({ length: rows }, (_, row) => 1_700_000_000 + 60 * row),
    metrics: METRICS,
    columns,
  };
}

const DAY = 1440;
const train = calmFrame(2 * DAY, 1);
const model = trainModel(train, options);
const fault = (values: number[], row: number) => {
  if (row >= 800 && row < 900) values[2] = 0.3;
};

describe("a model trained on two calm days", () => {
  test("finds a fault it never saw, soon, and names its metric first", () => {
    const frame = calmFrame(DAY, 2, fault);
    const { score, anomalous } = scoreFrame(model, frame);
    const first = anomalous.indexOf(1, 790);
    expect(first).toBeGreaterThanOrEqual(800);
    expect(first).toBeLessThan(806);
    expect(score[first]!).toBeGreaterThanOrEqual(1);
    const [reason] = explainAlignedRow(model, toModelStep(model, frame).frame, first);
    expect(reason).toMatchObject({ metric: "errors", value: 0.3 });
    expect(reason!.share).toBeGreaterThan(0.8);
    expect(reason!.usual[1]).toBeLessThan(0.02);
  });

  test("ends the alarm soon after the fault, though the hour-long window still remembers it", () => {
    const { anomalous } = scoreFrame(model, calmFrame(DAY, 2, fault));
    expect([...anomalous.subarray(915, 960)].every((flag) => flag === 0)).toBe(true);
  });

  test("finds a metric that had never moved", () => {
    const frame = calmFrame(DAY, 3, (values, row) => {
      if (row >= 600 && row < 700) values[3] = 2;
    });
    const { anomalous } = scoreFrame(model, frame);
    expect(anomalous.indexOf(1)).toBeLessThan(606);
    expect(explainAlignedRow(model, toModelStep(model, frame).frame, 650)[0]!.metric).toBe("constant");
  });

  test("raises few alarms on another calm day, and scores are finite and not negative", () => {
    const { score, anomalous, rarityDays } = scoreFrame(model, calmFrame(DAY, 4));
    expect(anomalous.reduce((sum, flag) => sum + flag, 0)).toBeLessThan(30);
    const known = score.filter((value) => !Number.isNaN(value));
    expect(known.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
    expect(known.length).toBeGreaterThan(DAY - 20);
    expect(Math.max(...rarityDays.filter(Number.isFinite))).toBeLessThanOrEqual(longestRarityDays(model));
    expect(longestRarityDays(model)).toBeCloseTo(20, 1);
  });

  test("scores a stronger fault higher", () => {
    const peak = (strength: number) => {
      const frame = calmFrame(DAY, 5, (values, row) => {
        if (row >= 700 && row < 720) values[0]! += strength;
      });
      return Math.max(...scoreFrame(model, frame).score.subarray(700, 720));
    };
    const peaks = [0, 5, 15, 40].map(peak);
    expect(peaks).toEqual([...peaks].sort((a, b) => a - b));
    expect(peaks[3]!).toBeGreaterThan(1);
  });

  test("gives the same scores and alarms for any long enough trailing window", () => {
    const frame = calmFrame(DAY, 2, fault);
    const whole = scoreFrame(model, frame);
    const context = Math.ceil(neededHistorySeconds(model) / 60);
    for (const end of [700, 802, 803, 850, 899, 903, 910, 1000]) {
      const part = scoreFrame(model, sliceFrame(frame, end - context, end));
      expect(part.score.at(-1)!).toBeCloseTo(whole.score[end - 1]!, 4);
      expect(part.anomalous.at(-1)).toBe(whole.anomalous[end - 1]);
    }
  });

  test("withholds the score when too much is missing, and no data is never anomalous", () => {
    const frame = calmFrame(300, 6, (values, row) => {
      if (row >= 100) values.fill(Number.NaN, 0, 3);
    });
    const { score, anomalous, coverage } = scoreFrame(model, frame);
    expect(score[99]).not.toBeNaN();
    expect(score[250]).toBeNaN();
    expect(coverage[250]!).toBeCloseTo(0.25, 6);
    expect([...anomalous.subarray(200)].every((flag) => flag === 0)).toBe(true);
    expect(score.subarray(0, 3).every(Number.isNaN)).toBe(true);
  });

  test("still scores with one metric missing, matched by name in any order", () => {
    const frame = calmFrame(400, 7);
    const shuffled: Frame = {
      ...frame,
      metrics: ["errors", "extra", "cpu", "memory"],
      columns: [frame.columns[2]!, frame.columns[0]!, frame.columns[0]!, frame.columns[1]!],
    };
    const { score, coverage } = scoreFrame(model, shuffled);
    expect(coverage[300]!).toBeCloseTo(0.75, 6);
    expect(score[300]!).toBeLessThan(1);
  });

  test("survives enormous and infinite values", () => {
    const frame = calmFrame(300, 8, (values, row) => {
      if (row === 200) values[0] = Number.MAX_VALUE;
      if (row === 201) values[1] = -Infinity;
    });
    const { score } = scoreFrame(model, frame);
    expect(score.subarray(150).every(Number.isFinite)).toBe(true);
    expect(score[200]!).toBeGreaterThan(score[199]!);
  });

  test("leaves its input alone and gives the same model for the same seed", () => {
    const copies = train.columns.map((column) => column.slice());
    const again = trainModel(train, options);
    expect(again).toEqual(model);
    scoreFrame(model, train);
    expect(train.columns).toEqual(copies);
    expect(trainModel(train, { ...options, seed: 8 }).fitted).not.toEqual(model.fitted);
  });

  test("knows each metric's usual range in its own unit", () => {
    const [low, high] = usualBand(model, "cpu")!;
    expect(low).toBeGreaterThan(18);
    expect(low).toBeLessThan(25);
    expect(high).toBeGreaterThan(58);
    expect(high).toBeLessThan(64);
    expect(usualBand(model, "unheard of")).toBeNull();
  });
});

test("the smallest change that matters keeps a harmless step from alarming", () => {
  const step = calmFrame(600, 9, (values, row) => {
    values[1] = row < 300 ? 30 : 30.2;
  });
  const quiet = calmFrame(2 * DAY, 1, (values) => {
    values[1] = 30;
  });
  const peak = (smallestChange: Record<string, number>) =>
    Math.max(...scoreFrame(trainModel(quiet, { ...options, smallestChange }), step).score.subarray(300, 400));
  expect(peak({})).toBeGreaterThan(1);
  expect(peak({ memory: 1 })).toBeLessThan(1);
});

test("less than twelve hours of history is refused with what to do, unless it is a demo or a dataset", () => {
  const short = calmFrame(700, 1);
  expect(() => trainModel(short, options)).toThrow(/Only 11.7 hours of history: a detector needs 12/);
  expect(trainModel(short, { ...options, dataset: true }).budgetInForce).toBe(true);
  const demo = trainModel(short, { ...options, demo: true });
  expect([demo.demo, demo.budgetInForce, demo.learnedMinutes]).toEqual([true, false, 700]);
  expect(() => trainModel(calmFrame(100, 1), { ...options, demo: true })).toThrow(
    /Only 40 rows of 60 s .* at least 60 are needed, so give a train part of at least 120 rows every 60 s/,
  );
});

test("one member alone is a detector too", () => {
  for (const member of memberNames) {
    const single = trainModel(train, { ...options, members: [member] });
    const frame = calmFrame(DAY, 2, fault);
    expect(scoreFrame(single, frame).score[850]!).toBeGreaterThan(1);
    expect(explainAlignedRow(single, toModelStep(single, frame).frame, 850)[0]!.metric).toBe("errors");
  }
});

test("data of another target or another step is refused with what to do", () => {
  const frame = calmFrame(100, 1);
  expect(() => scoreFrame(model, { ...frame, metrics: ["a", "b", "c", "d"] })).toThrow(
    /none of these is in the data/,
  );
  expect(() => scoreFrame(model, { ...frame, stepSeconds: 90 })).toThrow(
    /scores every 60 s and cannot use a step of 90 s/,
  );
});

test("a metric missing throughout train weighs nothing", () => {
  const withHole = {
    ...train,
    columns: [...train.columns.slice(0, 3), new Float64Array(2 * DAY).fill(Number.NaN)],
  };
  const holed = trainModel(withHole, options);
  const { score, coverage } = scoreFrame(holed, calmFrame(400, 3));
  expect(coverage[300]).toBe(1);
  expect(score[300]!).toBeLessThan(1);
  expect(usualBand(holed, "constant")).toBeNull();
});
