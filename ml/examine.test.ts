import { describe, expect, test } from "vitest";
import { examine, type ExamineOptions } from "./examine.ts";
import type { Frame } from "./frame.ts";
import type { GateName } from "./gates.ts";
import { createRandom } from "./random.ts";

const stepSeconds = 300;

/** Calm rows of four metrics; `busy` rows (from, to) are many times as loud. */
function calm(days: number, { seed = 1, busy = [0, 0], gap = [0, 0] } = {}): Frame {
  const random = createRandom(seed);
  const rows = Math.round((days * 86_400) / stepSeconds);
  const inside = ([from = 0, to = 0]: number[], row: number) => row >= from && row < to;
  const columns = [5, 30, 12, 70].map((level) =>
    Float64Array.from({ length: rows }, (_, row) => {
      const value =
        level + Math.sin(row / 46) + random() + random() + (inside(busy, row) ? level * 5 * random() : 0);
      return inside(gap, row) ? Number.NaN : value;
    }),
  );
  return {
    stepSeconds,
    time: Float64Array.from({ length: rows }, (_, row) => 1_790_000_100 + row * stepSeconds),
    metrics: ["a", "b", "c", "d"],
    columns,
  };
}

const options: ExamineOptions = {
  train: { alarmBudget: 0.25, seed: 1, smallestChange: {} },
  champion: null,
  highest: {},
};
const failed = (frame: Frame, parts: Partial<ExamineOptions> = {}): GateName[] =>
  examine(frame, { ...options, ...parts })
    .report.gates.filter(({ passed }) => !passed)
    .map(({ name }) => name);

const good = calm(3);
const champion = examine(good, options).model;

describe("a challenger", () => {
  test("that learned from calm rows passes, and the same rows give the same numbers", () => {
    const { model, report } = examine(good, options);
    expect(report.passed).toBe(true);
    expect(report.numbers).toMatchObject({ learnedMinutes: 4_320, presentShare: 1, heldBackAlarms: 0 });
    expect(report.numbers.heldBackDays).toBeCloseTo(0.75, 2);
    expect(report.numbers.injectedRecall).toBeGreaterThan(0.9);
    expect(examine(good, options).report).toEqual(report);
    expect(model.trainedTo).toBe(good.time.at(-1));
  });

  test("that took trouble for normal is refused, and is found worse than the live model", () => {
    expect(failed(calm(3, { busy: [100, 400] }), { champion })).toEqual(["injected faults", "live model"]);
  });

  test("of rows that are mostly gap is refused", () => {
    expect(failed(calm(4, { gap: [300, 950] }))).toContain("enough data");
  });

  test("like the live one is no worse than it", () => {
    const { report } = examine(calm(3, { seed: 4 }), { ...options, champion });
    expect(report.passed).toBe(true);
    expect(report.gates.find(({ name }) => name === "live model")).toMatchObject({ inForce: true });
    expect(report.numbers).toMatchObject({ championF1: 1, challengerF1: 1 });
  });

  test("that learned synthetic rows is refused whatever it can do", () => {
    const { model, report } = examine(good, { ...options, train: { ...options.train, synthetic: true } });
    expect(model.synthetic).toBe(true);
    expect(report.passed).toBe(false);
    const marked = { ...good, metrics: ["a", "b", "c", "synthetic"] };
    expect(() => examine(marked, options)).toThrow(/marked as synthetic/);
  });
});

test("a live model of other metrics is nothing to compare with", () => {
  const other = { ...good, metrics: ["e", "f", "g", "h"] };
  const { report } = examine(other, { ...options, champion });
  expect(report.gates.find(({ name }) => name === "live model")).toMatchObject({
    inForce: false,
    passed: true,
  });
});

test("the work is told as it goes on, never backwards", () => {
  const told: [string, number][] = [];
  examine(good, { ...options, progress: (phase, share) => told.push([phase, share]) });
  expect(told.map(([phase]) => phase)).toEqual(["fit", "calibrate", "gates", "gates"]);
  expect(told.map(([, share]) => share)).toEqual(told.map(([, share]) => share).toSorted((a, b) => a - b));
  expect(told.at(-1)).toEqual(["gates", 1]);
});
