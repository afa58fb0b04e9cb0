import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom } from "../../ml/random.ts";
import { score, type ScoreArguments } from "./score.ts";
import { UsageError } from "./usage-error.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bad-input-"));
});
afterAll(() => rm(folder, { recursive: true }));

type Cell = number | string;
type Table = { header: string[]; rows: Cell[][] };

const START = 1_700_000_000;

/** `rows` rows a minute apart; `value` gives each cell. */
function table(rows: number, metrics: number, value: (row: number, metric: number) => Cell, from = 0): Table {
  return {
    header: ["time", ...Array.from({ length: metrics }, (_, m) => `m${m}`)],
    rows: Array.from({ length: rows }, (_, row) => [
      START + 60 * (from + row),
      ...Array.from({ length: metrics }, (_, m) => value(row, m)),
    ]),
  };
}

type Outcome = { refused: string } | { rows: string[][]; told: string };

/** What `score` makes of two files: a refusal that teaches, or a line for every test row and what was told. */
async function outcomeOf(
  train: Table,
  tested: Table,
  options: Partial<ScoreArguments> = {},
): Promise<Outcome> {
  const files = {
    train: join(folder, "train.csv"),
    test: join(folder, "test.csv"),
    out: join(folder, "out.csv"),
  };
  const text = ({ header, rows }: Table) => [header, ...rows].map((cells) => cells.join(",")).join("\n");
  await writeFile(files.train, text(train));
  await writeFile(files.test, text(tested));
  const told: string[] = [];
  try {
    await score({ ...files, tell: (line) => told.push(line), ...options });
  } catch (error) {
    if (error instanceof UsageError) return { refused: error.message };
    throw error;
  }
  const lines = (await readFile(files.out, "utf8")).trimEnd().split("\n").slice(1);
  return { rows: lines.map((line) => line.split(",")), told: told.join("\n") };
}

function scoredRows(outcome: Outcome): { rows: string[][]; told: string } {
  if ("refused" in outcome) throw new Error(`refused: ${outcome.refused}`);
  return outcome;
}

/** Every test row once, in order; each score a plain decimal or empty; never an alarm without a score. */
function expectSound({ rows, told }: { rows: string[][]; told: string }, tested: Table): void {
  expect(rows.map(([time]) => Number(time))).toEqual(tested.rows.map(([time]) => Number(time)));
  for (const [, value, flag] of rows) {
    expect(value).toMatch(/^(-?\d+(\.\d+)?)?$/);
    expect(flag).toMatch(/^[01]$/);
  }
  if (rows.every(([, value]) => value === "")) expect(told).toContain("withheld");
}

const noise = (seed: number) => {
  const random = createRandom(seed);
  return () => (40 + 5 * random()).toFixed(3);
};

test("one metric is enough, and its jump is found", async () => {
  const tested = table(200, 1, (row) => (row >= 100 && row < 140 ? 90 : noise(row)()), 600);
  const { rows } = scoredRows(await outcomeOf(table(600, 1, noise(1)), tested));
  expect(rows.slice(100, 110).some(([, , flag]) => flag === "1")).toBe(true);
});

test("metrics that never moved are no trouble while they stay, and a finding when one moves", async () => {
  const constant = table(600, 3, () => 5);
  const still = table(150, 3, () => 5, 600);
  const quiet = scoredRows(await outcomeOf(constant, still));
  expectSound(quiet, still);
  expect(quiet.rows.every(([, value, flag]) => value !== "" && flag === "0")).toBe(true);
  const moving = table(150, 3, (row, m) => (row >= 50 && m === 1 ? 6 : 5), 600);
  const { rows } = scoredRows(await outcomeOf(constant, moving));
  expect(rows.slice(50, 60).some(([, , flag]) => flag === "1")).toBe(true);
});

test("a test part without any value is withheld, row by row, and said so: it is not healthy", async () => {
  const empty = table(100, 2, () => "", 600);
  const outcome = scoredRows(await outcomeOf(table(600, 2, noise(2)), empty));
  expectSound(outcome, empty);
  // The last values of train are carried for three steps, and windows half full still say a little.
  expect(outcome.rows.slice(8).every(([, value, flag]) => value === "" && flag === "0")).toBe(true);
  expect(outcome.told).toMatch(/no value at all of m0, m1/);
  expect(outcome.told).toMatch(/scores of .*test\.csv (is|are) withheld/);
});

test("a train part without any value is refused", async () => {
  const outcome = await outcomeOf(
    table(600, 2, () => ""),
    table(100, 2, noise(3), 600),
  );
  expect(outcome).toEqual({
    refused: expect.stringMatching(/every cell is empty, so there is nothing to learn/),
  });
});

test("a thousand metrics are scored", async () => {
  const tested = table(40, 1000, noise(5), 300);
  const outcome = scoredRows(
    await outcomeOf(table(300, 1000, noise(4)), tested, { members: ["isolation-forest"] }),
  );
  expectSound(outcome, tested);
  expect(outcome.rows.every(([, value]) => value !== "")).toBe(true);
});

test("a clock that jumps within a day costs a gap, one that jumps by years is named by its line", async () => {
  const jumpingBy = (seconds: number) => {
    const jumping = table(300, 2, noise(6), 600);
    jumping.rows.slice(150).forEach((cells) => (cells[0] = Number(cells[0]) + seconds));
    return jumping;
  };
  const day = jumpingBy(86_400);
  const outcome = scoredRows(await outcomeOf(table(600, 2, noise(7)), day));
  expectSound(outcome, day);
  expect(outcome.told).toMatch(/the time jumps ahead \(1 x\), most by 24 h before line 152/);
  const refusal = await outcomeOf(table(600, 2, noise(7)), jumpingBy(50 * 365 * 86_400 * 20));
  expect(refusal).toEqual({
    refused: expect.stringMatching(/test\.csv, line 152: the time jumps ahead by 365000 days/),
  });
});

test("synthetic data needs the word for it, in either part, and the result says what it is", async () => {
  const [train, tested] = [table(500, 2, noise(8)), table(60, 2, noise(9), 500)];
  const mark = ({ header, rows }: Table): Table => ({
    header: ["time", "synthetic", ...header.slice(1)],
    rows: rows.map(([time, ...cells]) => [time!, 1, ...cells]),
  });
  for (const parts of [
    [mark(train), tested],
    [train, mark(tested)],
  ] as const)
    expect(await outcomeOf(...parts)).toEqual({
      refused: expect.stringMatching(/is synthetic .*say --synthetic to use it/),
    });
  const { rows, told } = scoredRows(await outcomeOf(mark(train), mark(tested), { synthetic: true }));
  expect(rows.length).toBe(60);
  expect(told).toContain("SYNTHETIC");
  // The mark is no metric: the same rows without it have the same scores.
  expect(scoredRows(await outcomeOf(train, tested)).rows).toEqual(rows);
});

const cell = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: 0, max: 100, noNaN: true }) },
  { weight: 2, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 1e24, -1e24, 1e-300, 5e-324, 1e12) },
);
const odd = fc.constantFrom("high", "NaN", "1e400", "Infinity", "1,2", "0x10", "'5'");
const steps = fc.constantFrom(0, 1, 5, 59, 60, 61, 300, 3600, 86_400);

/** Files as people and exporters leave them: odd values, odd distances between rows, now and then a word. */
const part = (least: number, most: number) =>
  fc
    .record({
      metrics: fc.integer({ min: 1, max: 3 }),
      cells: fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), {
        ...{ minLength: least, maxLength: most, size: "max" },
      }),
      gaps: fc.array(steps, { minLength: 5, maxLength: 5 }),
      isEven: fc.constantFrom(true, true, true, false),
      word: fc.oneof({ weight: 12, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: odd }),
    })
    .map(({ metrics, cells, gaps, isEven, word }): Table => {
      let time = START;
      const rows = cells.map((values, row): Cell[] => {
        time += isEven ? 60 : gaps[row % gaps.length]!;
        return [time, ...values.slice(0, metrics)];
      });
      if (word !== null) rows[rows.length >> 1]![1] = word;
      return { header: ["time", "a", "b", "c"].slice(0, metrics + 1), rows };
    });

test("whatever stands in small files: a refusal that says what to do, or a sound line for every row", async () => {
  let sound = 0;
  const trains = fc.oneof(part(300, 400), part(1, 140));
  await fc.assert(
    fc.asyncProperty(trains, part(1, 60), fc.boolean(), async (train, tested, raw) => {
      const outcome = await outcomeOf(train, tested, { raw });
      if ("refused" in outcome) expect(outcome.refused).toMatch(/\w{3,} .*[.,:]/);
      else expectSound(outcome, tested);
      if (!("refused" in outcome) && outcome.rows.some(([, value]) => value !== "")) sound++;
    }),
    { numRuns: 60, seed: 11, endOnFailure: true },
  );
  expect(sound).toBeGreaterThan(10);
});
