import { expect, test } from "vitest";
import { createRandom } from "./random.ts";
import { solveOneClass } from "./sequential-minimal-optimization.ts";

test("two equal points and a different one: the solution is that of the conditions, by hand", () => {
  // k(a, b) = 0 otherwise, nu = 2/3, so the weights sum to 2: minimise (x + y)^2 / 2 + z^2 / 2 with x + y + z = 2,
  // each at most 1: z = 1, x + y = 1, every gradient is 1.
  const kernel = [
    [1, 1, 0],
    [1, 1, 0],
    [0, 0, 1],
  ];
  const { weights, rho } = solveOneClass({
    points: 3,
    nu: 2 / 3,
    kernelRow: (point) => Float32Array.from(kernel[point]!),
  });
  expect(weights[2]).toBeCloseTo(1, 3);
  expect(weights[0]! + weights[1]!).toBeCloseTo(1, 3);
  expect(rho).toBeCloseTo(1, 3);
});

test("no pair of weights can still be improved: the gradient is rho on the boundary, more inside, less outside", () => {
  const random = createRandom(1);
  const points = Array.from({ length: 200 }, () => [random(), random()] as const);
  const kernel = (a: number, b: number) =>
    Math.exp(-5 * ((points[a]![0] - points[b]![0]) ** 2 + (points[a]![1] - points[b]![1]) ** 2));
  const kernelRow = (point: number) => Float32Array.from(points, (_, other) => kernel(point, other));
  const { weights, rho } = solveOneClass({ points: 200, nu: 0.1, kernelRow });
  expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(20, 9);
  points.forEach((_, point) => {
    const gradient = weights.reduce((sum, weight, other) => sum + weight * kernel(point, other), 0);
    const weight = weights[point]!;
    if (weight < 1) expect(gradient).toBeGreaterThan(rho - 2e-3);
    if (weight > 0) expect(gradient).toBeLessThan(rho + 2e-3);
  });
});

test("kernel rows are asked for only where weight ever was", () => {
  const asked = new Set<number>();
  const kernelRow = (point: number) => {
    asked.add(point);
    return Float32Array.from({ length: 1000 }, (_, other) => Math.exp(-(((point - other) / 300) ** 2)));
  };
  const { weights } = solveOneClass({ points: 1000, nu: 0.02, kernelRow });
  expect(weights[0]! + weights[999]!).toBeGreaterThan(0);
  expect(asked.size).toBeLessThan(200);
});
