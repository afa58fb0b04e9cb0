import fc from "fast-check";
import { expect, test } from "vitest";
import { symmetricEigen } from "./eigen.ts";
import { createRandom } from "./random.ts";

test("a matrix with known eigenvalues", () => {
  // [[2, 1], [1, 2]] stretches (1, 1) by 3 and (1, -1) by 1.
  const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 1, 2), 2);
  expect(values[0]).toBeCloseTo(3, 12);
  expect(values[1]).toBeCloseTo(1, 12);
  expect(vectors[0]! * vectors[1]!).toBeCloseTo(0.5, 12);
  expect(vectors[2]! * vectors[3]!).toBeCloseTo(-0.5, 12);
});

test("A v = value v, vectors of length 1 and at right angles, values in descending order, input left alone", () => {
  const property = fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(1000), fc.nat(3), (n, seed, rank) => {
    const random = createRandom(seed);
    const matrix = new Float64Array(n * n);
    // A sum of a few squares leaves many eigenvalues that are 0.
    for (let k = 0; k < rank * n || k < 1; k++) {
      const x = Array.from({ length: n }, () => random() - 0.5);
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) matrix[i * n + j]! += x[i]! * x[j]!;
    }
    const copy = matrix.slice();
    const { values, vectors } = symmetricEigen(matrix, n);
    expect(matrix).toEqual(copy);
    expect([...values]).toEqual([...values].sort((a, b) => b - a));
    for (let p = 0; p < n; p++)
      for (let i = 0; i < n; i++) {
        let product = 0;
        let inner = 0;
        for (let j = 0; j < n; j++) {
          product += matrix[i * n + j]! * vectors[p * n + j]!;
          inner += vectors[i * n + j]! * vectors[p * n + j]!;
        }
        expect(product).toBeCloseTo(values[p]! * vectors[p * n + i]!, 9);
        expect(inner).toBeCloseTo(i === p ? 1 : 0, 9);
      }
  });
  fc.assert(property, { numRuns: 60 });
});
