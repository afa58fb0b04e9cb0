import { expect, test } from "vitest";
import { createRandom } from "./random.ts";
import { labelledStretches, volumeUnderSurface, widestBufferRows } from "./volume-under-surface.ts";

/**
 * The definition of the published code (TheDatumOrg/VUS, `RangeAUC_volume`) for one buffer, row by row and threshold by
 * threshold, without any of the shortcuts of the implementation.
 */
function areaByDefinition(scores: number[], labels: number[], buffer: number): number {
  const soft = labels.map(Number);
  for (const { from, to } of labelledStretches(Uint8Array.from(labels))) {
    const reach = Math.floor(buffer / 2);
    for (let x = to; x < Math.min(to + reach, labels.length); x++)
      soft[x]! += Math.sqrt(1 - (x - to) / buffer);
    for (let x = Math.max(from - reach, 0); x < from; x++) soft[x]! += Math.sqrt(1 - (from - x) / buffer);
  }
  const extended = soft.map((label) => Math.min(1, label));
  const stretches = labelledStretches(Uint8Array.from(extended, (label) => (label > 0 ? 1 : 0)));
  const positives = labels.reduce((a, b) => a + b, 0);
  const sorted = [...scores].sort((a, b) => b - a);
  const points = [{ recall: 0, precision: 1 }];
  const count = Math.min(250, scores.length);
  for (let i = 0; i < count; i++) {
    const threshold = sorted[Math.floor((i * (scores.length - 1)) / (count - 1))]!;
    const flagged = scores.map((score) => score >= threshold);
    const product = extended.map((label, row) => (flagged[row] ? label : 0));
    const hits = product.reduce((a, b) => a + b, 0);
    const counted = product.map((value, row) => (extended[row] === 1 ? 1 : value)).reduce((a, b) => a + b, 0);
    const found = stretches.filter(({ from, to }) =>
      product.slice(from, to + 1).some((value) => value > 0),
    ).length;
    const recall = Math.min(hits / ((positives + counted) / 2), 1) * (found / stretches.length);
    points.push({ recall, precision: hits / flagged.filter(Boolean).length });
  }
  return points
    .slice(1)
    .reduce((area, { recall, precision }, i) => area + (recall - points[i]!.recall) * precision, 0);
}

test("the shortcuts give what the published definition gives", () => {
  const random = createRandom(4);
  for (let round = 0; round < 5; round++) {
    const labels = Array.from({ length: 120 }, (_, row) => (row % 40 > 30 - 3 * round ? 1 : 0));
    const scores = labels.map((label) => Math.round(20 * (random() + 0.4 * label)) / 20);
    const widest = 12;
    let expected = 0;
    for (let buffer = 0; buffer <= widest; buffer++) expected += areaByDefinition(scores, labels, buffer);
    const measured = volumeUnderSurface(Float64Array.from(scores), Uint8Array.from(labels), widest);
    expect(measured).toBeCloseTo(expected / (widest + 1), 9);
  }
});

test("a score that is the label is nearly perfect, a random one stays near the base rate", () => {
  const random = createRandom(6);
  const labels = Uint8Array.from({ length: 4000 }, (_, row) => (row % 1000 >= 950 ? 1 : 0));
  const perfect = Float64Array.from(labels, (label) => label + random() / 10);
  const noise = Float64Array.from(labels, () => random());
  expect(volumeUnderSurface(perfect, labels, 20)).toBeGreaterThan(0.9);
  expect(volumeUnderSurface(noise, labels, 20)).toBeLessThan(0.12);
});

test("a hit just beside the label counts in part, one far away does not", () => {
  const labels = Uint8Array.from({ length: 400 }, (_, row) => (row >= 200 && row < 210 ? 1 : 0));
  const hitAt = (from: number) =>
    Float64Array.from(labels, (_, row) => (row >= from && row < from + 10 ? 1 : 0));
  const [inside, beside, far] = [200, 190, 50].map((from) => volumeUnderSurface(hitAt(from), labels, 40));
  expect(inside!).toBeGreaterThan(beside!);
  expect(beside!).toBeGreaterThan(2 * far!);
});

test("the buffer is 100 minutes, at most 100 rows; 3 minutes for steps under a minute", () => {
  expect([5, 15, 60, 300, 36_000].map(widestBufferRows)).toEqual([36, 12, 100, 20, 1]);
  expect(volumeUnderSurface(Float64Array.of(1, 2), Uint8Array.of(0, 0), 5)).toBeNaN();
});
