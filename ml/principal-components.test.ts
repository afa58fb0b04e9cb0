import { expect, test } from "vitest";
import type { Matrix } from "./matrix.ts";
import { fitComponents, principalComponents } from "./principal-components.ts";
import { createRandom } from "./random.ts";

/** Rows along the diagonal of the first two columns, a little noise in the third. */
function diagonal(rows: number): Matrix {
  const random = createRandom(2);
  const values = new Float32Array(3 * rows);
  for (let row = 0; row < rows; row++) {
    const along = 10 * random() - 5;
    values.set([1 + along, 2 + along, 0.01 * random()], 3 * row);
  }
  return { rows, columns: 3, values };
}

test("one direction explains the diagonal, and the score is the distance from it", () => {
  const state = fitComponents(diagonal(500));
  expect(state.components.length).toBe(3);
  expect(Math.abs(state.components[0]!)).toBeCloseTo(Math.SQRT1_2, 3);
  const score = principalComponents.scorer(state);
  expect(score(Float32Array.of(101, 102, 0), 0)).toBeLessThan(0.1);
  // From (1, 2) a step of (1, -1): square root of 2 away from the line.
  expect(score(Float32Array.of(2, 1, 0), 0)).toBeCloseTo(Math.SQRT2, 2);
});

test("a missing cell counts as the mean, and the distance is scaled up to all columns", () => {
  const score = principalComponents.scorer(fitComponents(diagonal(500)));
  const full = score(Float32Array.of(1, 2, 3), 0);
  expect(score(Float32Array.of(Number.NaN, 2, 3), 0)).toBeCloseTo(full * Math.sqrt(3 / 2), 1);
  expect(score(Float32Array.of(Number.NaN, Number.NaN, Number.NaN), 0)).toBeNaN();
});

test("rows that are all alike have no direction: the score is the distance from them", () => {
  const state = fitComponents({ rows: 5, columns: 2, values: new Float32Array(10).fill(1) });
  expect(state.components.length).toBe(0);
  expect(principalComponents.scorer(state)(Float32Array.of(4, 5), 0)).toBe(5);
});

test("products of rows and products of columns lead to the same plane", () => {
  const random = createRandom(9);
  const wide: Matrix = { rows: 20, columns: 21, values: Float32Array.from({ length: 420 }, random) };
  const square: Matrix = { rows: 21, columns: 21, values: new Float32Array(441) };
  square.values.set(wide.values);
  // The mean row once more changes no direction, only the divisor.
  for (let c = 0; c < 21; c++) {
    let sum = 0;
    for (let row = 0; row < 20; row++) sum += wide.values[row * 21 + c]!;
    square.values[420 + c] = sum / 20;
  }
  const [byRows, byColumns] = [wide, square].map((matrix) =>
    principalComponents.scorer(fitComponents(matrix)),
  );
  const query = Float32Array.from({ length: 21 }, random);
  expect(byRows!(query, 0)).toBeCloseTo(byColumns!(query, 0), 4);
});

test("a matrix wider than 512 columns is fitted on 512 rows", () => {
  const random = createRandom(4);
  const wide: Matrix = { rows: 30, columns: 600, values: Float32Array.from({ length: 18_000 }, random) };
  const state = principalComponents.fit(wide, { seed: 1 });
  expect(state.components.length / 600).toBeLessThanOrEqual(29);
  expect(principalComponents.scorer(state)(wide.values, 0)).toBeLessThan(10);
});
