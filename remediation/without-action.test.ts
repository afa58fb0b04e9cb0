import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recorded } from "../fixtures/fakes/recorded.ts";
import { median, withoutAction, type Course } from "./without-action.ts";

const course = (values: readonly number[], step = 5): Course => ({
  time: values.map((_, row) => 1_000 + row * step),
  values,
});
const climb = (rows: number, perRow: number, start = 10) =>
  Array.from({ length: rows }, (_, row) => start + perRow * row);

describe("what would have been", () => {
  it("goes on from where the line was, as fast as it was", () => {
    const seen = withoutAction(course(climb(24, 0.5)), "above", 1_175);
    expect(seen).toMatchObject({ at: 1_175, value: 27.5, from: { at: 1_115, value: 21.5 } });
    expect(seen?.low).toBeCloseTo(27.5);
    expect(seen?.high).toBeCloseTo(27.5);
  });

  it("is not moved by a spike or a missing sample", () => {
    const values = climb(24, 0.5);
    values[6] = 400;
    values[15] = Number.NaN;
    expect(withoutAction(course(values), "above", 1_175)?.value).toBeCloseTo(27.5, 0);
  });

  it("follows a fall where less is trouble", () => {
    expect(withoutAction(course(climb(24, -0.5, 100)), "below", 1_175)?.value).toBeCloseTo(82.5);
  });

  const silent: [string, readonly number[], "above" | "below", number][] = [
    ["of a flat line", climb(24, 0), "above", 1_175],
    ["of a climb towards what is good", climb(24, 0.5), "below", 1_175],
    ["of too few samples", climb(7, 0.5), "above", 1_050],
    ["further ahead than it was watched", climb(24, 0.5), "above", 1_300],
    ["of a moment that was measured", climb(24, 0.5), "above", 1_100],
    ["of a step to a new level", [...climb(12, 0), ...climb(12, 0, 50)], "above", 1_175],
    ["of a climb that has come to its end", [...climb(12, 1), ...climb(12, 0, 21)], "above", 1_175],
    ["of a climb that has just begun", [...climb(16, 0), ...climb(8, 2)], "above", 1_175],
    ["of a wave", Array.from({ length: 48 }, (_, row) => 10 + Math.sin(row / 2)), "above", 1_300],
    ["of nothing", [], "above", 1_175],
    ["of infinities", climb(24, Number.POSITIVE_INFINITY), "above", 1_175],
  ];
  for (const [name, values, direction, until] of silent) {
    it(`says nothing ${name}`, () => {
      expect(withoutAction(course(values), direction, until)).toBeNull();
    });
  }

  it("is seldom said of noise, and always stands within its own range", () => {
    const noise = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 12, maxLength: 40 });
    let said = 0;
    fc.assert(
      fc.property(noise, (values) => {
        const seen = withoutAction(course(values), "above", 1_000 + values.length * 5 + 20);
        if (seen === null) return;
        said += 1;
        expect(seen.low).toBeLessThanOrEqual(seen.value);
        expect(seen.high).toBeGreaterThanOrEqual(seen.value);
      }),
      { numRuns: 300, seed: 7 },
    );
    // fast-check also draws constant and sorted arrays, which are lines.
    expect(said).toBeLessThan(15);
  });
});

describe("on the recording", () => {
  const leak = { begins: 1_795_206_995, ends: 1_795_207_140 };
  const fill = { begins: 1_795_208_045, ends: 1_795_208_105 };

  it("names a range that holds what came, where nobody acted on the leak and it went on", () => {
    let [said, held] = [0, 0];
    for (const metric of ["memory_usage_percent", "memory_usage_bytes"])
      for (let called = leak.begins + 60; called <= leak.begins + 110; called += 5)
        for (let until = called + 10; until <= leak.ends; until += 5) {
          const seen = withoutAction(recorded("test", metric, leak.begins, called), "above", until);
          if (seen === null) continue;
          const came = recorded("test", metric, until - 2, until + 2).values[0] ?? Number.NaN;
          said += 1;
          const room = came * 0.02;
          if (came >= seen.low - room && came <= seen.high + room) held += 1;
        }
    expect(said).toBeGreaterThan(100);
    expect(held / said).toBeGreaterThan(0.9);
  });

  it("speaks of the filling disk while it fills, and is silent once it is full", () => {
    expect(
      withoutAction(recorded("test", "disk_usage_percent", fill.begins, fill.ends), "above", fill.ends + 30)
        ?.value,
    ).toBeGreaterThan(66);
    const full = recorded("test", "disk_usage_percent", fill.begins, fill.ends + 60);
    expect(withoutAction(full, "above", fill.ends + 120)).toBeNull();
  });

  it("says nothing of calm stretches", () => {
    let said = 0;
    for (const metric of ["memory_usage_percent", "cpu_usage_percent", "response_time_p95_seconds", "load1"])
      for (let from = 1_795_207_300; from < 1_795_207_400; from += 10)
        if (withoutAction(recorded("test", metric, from, from + 110), "above", from + 160) !== null)
          said += 1;
    expect(said).toBe(0);
  });
});

it("takes the mean of the two in the middle", () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, Number.NaN]);
});
