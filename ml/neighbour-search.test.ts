import fc from "fast-check";
import { expect, test } from "vitest";
import type { Matrix } from "./matrix.ts";
import { createSearch } from "./neighbour-search.ts";
import { createRandom } from "./random.ts";

const noise = (rows: number, columns: number, seed: number): Matrix => {
  const random = createRandom(seed);
  return { rows, columns, values: Float32Array.from({ length: rows * columns }, () => random() * 4 - 2) };
};

/** Every distance in full over the columns the query has, scaled up, sorted: slow and plainly right. */
function bruteForce({ rows, columns, values }: Matrix, query: Float32Array) {
  const present = Array.from(query.keys()).filter((column) => !Number.isNaN(query[column]!));
  const all = Array.from({ length: rows }, (_, row) => {
    const sum = present.reduce((total, c) => total + (query[c]! - values[row * columns + c]!) ** 2, 0);
    return { row, squared: (sum * columns) / present.length };
  });
  return all.sort((a, b) => a.squared - b.squared || a.row - b.row);
}

test("a search names the references it found, nearest first, and the earlier of equally near ones", () => {
  const references: Matrix = { rows: 7, columns: 1, values: Float32Array.of(50, 10, 20, 30, 40, 1000, 20) };
  const { rows, squared, found } = createSearch(references, 5)(Float32Array.of(31), 0);
  expect(found).toBe(5);
  expect([...rows]).toEqual([3, 4, 2, 6, 0]);
  expect([...squared]).toEqual([1, 81, 121, 121, 361]);
});

test("with fewer references than asked for, all are found", () => {
  const { rows, found } = createSearch(noise(3, 2, 1), 20)(Float32Array.of(0, 0), 0);
  expect(found).toBe(3);
  expect([...rows.subarray(0, 3)].sort()).toEqual([0, 1, 2]);
});

test("a row among the references is at a distance of exactly 0 from itself", () => {
  const references = noise(50, 37, 1);
  const { rows, squared } = createSearch(references, 3)(references.values, 7 * 37);
  expect([rows[0], squared[0]]).toEqual([7, 0]);
});

test("answers are those of comparing everything with everything, whatever is missing", () => {
  const property = fc.property(
    fc.record({
      seed: fc.nat(1000),
      rows: fc.integer({ min: 1, max: 40 }),
      columns: fc.integer({ min: 1, max: 9 }),
    }),
    fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
    ({ seed, rows, columns }, gaps) => {
      const references = noise(rows, columns, seed);
      const query = noise(1, columns, seed + 1).values.map((value, c) => (gaps[c] ? Number.NaN : value));
      const search = createSearch(references, 5);
      search(noise(1, columns, seed + 2).values, 0);
      const nearest = search(query, 0);
      if (query.every(Number.isNaN)) {
        expect([nearest.known, nearest.found]).toEqual([false, 0]);
        return;
      }
      const expected = bruteForce(references, query);
      expect(nearest.found).toBe(Math.min(5, rows));
      for (let i = 0; i < nearest.found; i++) {
        expect(nearest.rows[i]).toBe(expected[i]!.row);
        expect(nearest.squared[i]).toBeCloseTo(expected[i]!.squared, 9);
      }
      for (const { row, squared } of expected) expect(nearest.all[row]).toBeCloseTo(squared, 9);
    },
  );
  fc.assert(property, { numRuns: 200 });
});
