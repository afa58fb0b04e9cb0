import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeData, shapes } from "../fixtures/reference/data.ts";
import { memberNames, type MemberName } from "./members.ts";
import { scoreRaw } from "./raw-score.ts";

const folder = join(import.meta.dirname, "../fixtures/reference");

type Table = { labels: number[]; checksums: number[]; scores: Record<MemberName, number[]> };

function readTable(file: string): Table {
  const [header, ...lines] = readFileSync(file, "utf8").trimEnd().split("\n");
  const names = header!.split(",");
  const cells = lines.map((line) => line.split(",").map(Number));
  const column = (name: string) => cells.map((row) => row[names.indexOf(name)]!);
  const scores = Object.fromEntries(memberNames.map((name) => [name, column(name)]));
  return {
    labels: column("label"),
    checksums: column("checksum"),
    scores: scores as Record<MemberName, number[]>,
  };
}

/** Ranks from 0; equal values share the mean of their ranks. */
function ranksOf(values: ArrayLike<number>): number[] {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = order.map(() => 0);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) ranks[order[i]!] = (from + to - 1) / 2;
    from = to;
  }
  return ranks;
}

function areaUnderCurve(labels: readonly number[], scores: ArrayLike<number>): number {
  const positive = labels.filter((label) => label === 1).length;
  const sum = ranksOf(scores).reduce((total, rank, i) => total + labels[i]! * rank, 0);
  return (sum - (positive * (positive - 1)) / 2) / (positive * (labels.length - positive));
}

function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [x, y] = [ranksOf(a), ranksOf(b)];
  const middle = (x.length - 1) / 2;
  const product = (p: number[], q: number[]) =>
    p.reduce((sum, value, i) => sum + (value - middle) * (q[i]! - middle), 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

describe.each(shapes)("the $name data, $trainRows x $columns", (shape) => {
  const { train, test: rows } = makeData(shape);
  const reference = readTable(join(folder, `${shape.name}.csv`));

  test("is the data that the committed scores were made of", () => {
    const sums = Array.from(rows.time, (_, row) =>
      rows.columns.reduce((sum, column) => sum + column[row]!, 0).toFixed(5),
    );
    expect(sums).toEqual(reference.checksums.map((sum) => sum.toFixed(5)));
  });

  test.each(memberNames)("%s ranks as scikit-learn's", (name) => {
    const scores = scoreRaw(train, rows, { members: [name], seed: 7 });
    const expected = reference.scores[name];
    expect(rankCorrelation(scores, expected)).toBeGreaterThanOrEqual(0.95);
    const difference = areaUnderCurve(reference.labels, scores) - areaUnderCurve(reference.labels, expected);
    expect(Math.abs(difference)).toBeLessThanOrEqual(0.01);
  });

  // The forest is a matter of chance and is compared by rank; the support vector machine is solved to 1e-3 by both.
  test.each([
    ["local-outlier-factor", 1e-4],
    ["nearest-neighbours", 1e-5],
    ["principal-components", 1e-4],
    ["one-class-svm", 0.02],
  ] as const)("%s gives scikit-learn's very numbers", (name, tolerance) => {
    const scores = scoreRaw(train, rows, { members: [name], seed: 7 });
    scores.forEach((score, row) => {
      const expected = reference.scores[name][row]!;
      expect(Math.abs(score - expected)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected)));
    });
  });
});

function findPython(): string | null {
  const has = (python: string) => spawnSync(python, ["-c", "import sklearn"]).status === 0;
  return ["/usr/bin/python3", "python3"].find(has) ?? null;
}

const python = findPython();
if (python === null)
  console.warn(
    "scikit-learn is not installed (apt-get install python3-sklearn): its scores are not made anew.",
  );

describe.runIf(python !== null || process.env.CI === "true")("with scikit-learn itself", () => {
  test("its scores of today are the committed ones", { timeout: 120_000 }, () => {
    if (python === null) throw new Error("python3 has no sklearn in CI: apt-get install python3-sklearn");
    const made = mkdtempSync(join(tmpdir(), "reference-"));
    try {
      execFileSync(python, [join(folder, "make_reference.py"), made]);
      for (const { name } of shapes) {
        const [today, committed] = [made, folder].map((place) => readTable(join(place, `${name}.csv`)));
        expect(today!.labels).toEqual(committed!.labels);
        expect(today!.checksums).toEqual(committed!.checksums);
        for (const member of memberNames) {
          const correlation = rankCorrelation(today!.scores[member], committed!.scores[member]);
          expect(correlation).toBeGreaterThanOrEqual(member === "isolation-forest" ? 0.98 : 0.99999);
        }
      }
    } finally {
      rmSync(made, { recursive: true });
    }
  });
});
