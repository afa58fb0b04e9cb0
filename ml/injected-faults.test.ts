import { expect, test } from "vitest";
import type { Frame } from "./frame.ts";
import { faultKinds, injectFaults, type InjectionOptions } from "./injected-faults.ts";
import { createRandom } from "./random.ts";

const rows = 2_000;
const calm: Frame = frameOf({
  busy: (k, random) => 40 + 5 * Math.sin(k / 50) + random(),
  steady: (_, random) => 70 + random(),
  quiet: (_, random) => 0.2 * random(),
  percent: (_, random) => 90 + random(),
  constant: () => 3,
  absent: () => Number.NaN,
});

function frameOf(metrics: Record<string, (k: number, random: () => number) => number>): Frame {
  const random = createRandom(3);
  return {
    stepSeconds: 60,
    time: Float64Array.from({ length: rows }, (_, k) => 600_000 + k * 60),
    metrics: Object.keys(metrics),
    columns: Object.values(metrics).map((value) =>
      Float64Array.from({ length: rows }, (_, k) => value(k, random)),
    ),
  };
}

const options: InjectionOptions = {
  seed: 5,
  firstRow: 200,
  spacingRows: 150,
  lastingRows: 30,
  smallestChange: { busy: 2 },
  highest: { percent: 100 },
};

test("every kind comes in turn, evenly spaced, and nothing before the first row is touched", () => {
  const { frame, faults } = injectFaults(calm, options);
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(faultKinds));
  expect(faults).toHaveLength(12);
  faults.forEach(({ start, end }, i) => {
    expect(start).toBe(600_000 + (320 + i * 150) * 60);
    expect(end).toBe(start + 29 * 60);
  });
  frame.columns.forEach((column, m) => {
    expect(column.subarray(0, 320)).toEqual(calm.columns[m]?.subarray(0, 320));
  });
});

test("only the named metrics change, only while the fault lasts, and the real rows stay as they were", () => {
  const before = calm.columns.map((column) => column.slice());
  const { frame, faults } = injectFaults(calm, options);
  expect(calm.columns).toEqual(before);
  calm.metrics.forEach((metric, m) => {
    const inFault = (t: number) =>
      faults.some(({ start, end, metrics }) => metrics.includes(metric) && t >= start && t <= end);
    frame.columns[m]?.forEach((value, row) => {
      if (!inFault(calm.time[row] ?? 0)) expect(Object.is(value, before[m]?.[row])).toBe(true);
    });
  });
});

test("a fault is a large change: beyond everything usual, but no value that cannot be", () => {
  const { frame, faults } = injectFaults(calm, options);
  const steps = faults.filter(({ kind }) => kind === "step up" || kind === "flat line");
  expect(steps.length).toBeGreaterThan(2);
  for (const { start, end, metrics } of steps) {
    for (const metric of metrics) {
      const m = calm.metrics.indexOf(metric);
      const values = frame.columns[m]?.filter(
        (_, row) => (frame.time[row] ?? 0) >= start && (frame.time[row] ?? 0) <= end,
      );
      const usual = Math.max(...(calm.columns[m] ?? []));
      expect(Math.min(...(values ?? []))).toBeGreaterThan(usual - 1e-9);
      if (metric === "percent") expect(Math.max(...(values ?? []))).toBeLessThanOrEqual(100);
    }
  }
});

test("a drop to zero hits metrics that are usually far from it", () => {
  const { frame, faults } = injectFaults(calm, options);
  const drops = faults.filter(({ kind }) => kind === "drop to zero");
  expect(drops.length).toBeGreaterThan(0);
  for (const { start, metrics } of drops) {
    expect(metrics.every((metric) => ["busy", "steady", "percent"].includes(metric))).toBe(true);
    for (const metric of metrics)
      expect(frame.columns[frame.metrics.indexOf(metric)]?.[frame.time.indexOf(start)]).toBe(0);
  }
});

test("metrics that never move, or are not there, are left alone; without others there are no faults", () => {
  const { faults } = injectFaults(calm, options);
  expect(
    faults.flatMap(({ metrics }) => metrics).filter((name) => ["constant", "absent"].includes(name)),
  ).toEqual([]);
  const still = frameOf({ constant: () => 3, absent: () => Number.NaN });
  expect(injectFaults(still, options).faults).toEqual([]);
});

test("the same seed gives the same faults, another seed others", () => {
  expect(injectFaults(calm, options)).toEqual(injectFaults(calm, options));
  expect(injectFaults(calm, { ...options, seed: 6 }).faults).not.toEqual(injectFaults(calm, options).faults);
});

test("no fault is put where nothing was measured", () => {
  const blank = (row: number) => row >= 900 && row < 1_100;
  const columns = calm.columns.map((column) => column.map((value, row) => (blank(row) ? Number.NaN : value)));
  const { faults } = injectFaults({ ...calm, columns }, options);
  const rowsOf = faults.map(({ start }) => (start - 600_000) / 60);
  expect(rowsOf).toEqual([320, 470, 620, 770, 1220, 1370, 1520, 1670, 1820, 1970]);
});

test("gaps stay gaps", () => {
  const columns = calm.columns.map((column) =>
    column.map((value, row) => (row % 9 === 0 ? Number.NaN : value)),
  );
  const { frame } = injectFaults({ ...calm, columns }, options);
  frame.columns.forEach((column) => {
    column.forEach((value, row) => {
      if (row % 9 === 0) expect(value).toBeNaN();
    });
  });
});
