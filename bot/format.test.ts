import { expect, it } from "vitest";
import { ago, clockTime, duration, list, moment, plural, quantity, usualRange } from "./format.ts";

it("writes numbers in the units people use", () => {
  expect(quantity(0.0612, "seconds")).toBe("61 ms");
  expect(quantity(1.234, "seconds")).toBe("1.2 s");
  expect(quantity(9.8e9, "bytes")).toBe("9.8 GB");
  expect(quantity(0.253, "fraction")).toBe("25.3 %");
  expect(quantity(41, "percent")).toBe("41 %");
  expect(quantity(0, "up")).toBe("down");
  expect(quantity(Number.NaN, "percent")).toBe("no data");
});

it("says a usual range once with its unit", () => {
  expect(usualRange([1.9e9, 2.4e9], "bytes")).toBe("1.9-2.4 GB");
  expect(usualRange([9e8, 2.4e9], "bytes")).toBe("900 MB to 2.4 GB");
  expect(usualRange([0, 0], "fraction")).toBe("0 %");
  expect(usualRange([7.6, 72.4], "per_second")).toBe("7.6-72.4/s");
});

it("writes durations with their two largest parts", () => {
  expect(duration(6)).toBe("6 s");
  expect(duration(90)).toBe("90 s");
  expect(duration(240)).toBe("4 min");
  expect(duration(7_500)).toBe("2 h 5 min");
  expect(duration(3 * 86_400)).toBe("3 days");
});

it("says when, relative and absolute, and the day when it is another one", () => {
  const now = Date.UTC(2026, 10, 20, 3, 26);
  expect(moment(now - 12 * 60_000, now, "UTC")).toBe("12 min ago (03:14 UTC)");
  expect(clockTime(now - 86_400_000, now, "UTC")).toBe("19 Nov 03:26 UTC");
  expect(ago(100)).toBe("just now");
});

it("counts and lists in plain English", () => {
  expect(plural(1, "target")).toBe("1 target");
  expect(plural(0, "target")).toBe("0 targets");
  expect(list(["a", "b", "c"])).toBe("a, b and c");
});
