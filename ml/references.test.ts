import { expect, test } from "vitest";
import type { Matrix } from "./matrix.ts";
import { drawReferences, referenceRows, REFERENCES } from "./references.ts";

const counting = (rows: number, columns: number): Matrix => ({
  rows,
  columns,
  values: Float32Array.from({ length: rows * columns }, (_, i) => i),
});

test("at most 1024 rows are remembered, seeded, in train order, and the input is left alone", () => {
  const train = counting(3000, 3);
  const copy = train.values.slice();
  const rows = referenceRows(train, 1);
  expect(rows.length).toBe(REFERENCES);
  expect([...rows]).toEqual([...new Set(rows)].sort((a, b) => a - b));
  expect(drawReferences(train, 1)).toEqual(drawReferences(train, 1, rows));
  expect(referenceRows(train, 2)).not.toEqual(rows);
  expect([...drawReferences(train, 1).values.subarray(0, 3)]).toEqual([0, 1, 2].map((c) => 3 * rows[0]! + c));
  expect(train.values).toEqual(copy);
});

test("a wide matrix gets fewer rows, but at least 128", () => {
  expect(referenceRows(counting(1100, 2048), 1).length).toBe(1024);
  expect(referenceRows(counting(600, 4096), 1).length).toBe(512);
  expect(referenceRows(counting(150, 30_000), 1).length).toBe(128);
});

test("missing cells get the mean of their column among all rows, and 0 where there is none", () => {
  const matrix: Matrix = {
    rows: 3,
    columns: 2,
    values: Float32Array.of(Number.NaN, Number.NaN, 4, Number.NaN, 8, Number.NaN),
  };
  expect([...drawReferences(matrix, 1, Int32Array.of(0)).values]).toEqual([6, 0]);
});
