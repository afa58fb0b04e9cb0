import { expect, test } from "vitest";
import { fontFiles, readFont } from "./chart-font.ts";
import { markRows } from "./chart-marks.ts";

const font = readFont(fontFiles()[1] ?? "");
const plot = { left: 60, right: 580, start: 0, end: 520 };

/** Places where words lie on words, or a line runs through words. */
function collisions(flags: ReturnType<typeof markRows>["flags"]): string[] {
  return flags.flatMap((flag) =>
    flags
      .filter((other) => other !== flag)
      .filter((other) =>
        flag.row === other.row
          ? flag.left < other.right && other.left < flag.right
          : flag.row > other.row && flag.x > other.left && flag.x < other.right,
      )
      .map((other) => `${flag.text} meets ${other.text}`),
  );
}

test.each([
  ["far apart", [50, 250, 450], 1],
  ["close together in the middle", [200, 210, 220], 2],
  ["close together at the left edge", [0, 10, 20], 3],
  ["close together at the right edge", [500, 510, 519], 3],
  ["at the same moment", [200, 200, 200], 3],
])("the words of marks %s do not touch each other or a line", (_, times, mostRows) => {
  const labels = ["detected", "plan-17 proposed", "restart ran"];
  const marks = times.map((time, index) => ({ time, label: labels[index] ?? "" }));
  const { flags, height } = markRows(marks, plot, font);
  expect(flags).toHaveLength(3);
  expect(collisions(flags)).toEqual([]);
  expect(height / 20).toBeLessThanOrEqual(mostRows);
  for (const { left, right } of flags) {
    expect(left).toBeGreaterThanOrEqual(plot.left - 4);
    expect(right).toBeLessThanOrEqual(600);
  }
});

test("a mark outside the window is not drawn", () => {
  const { flags, height } = markRows([{ time: 600, label: "restart ran" }], plot, font);
  expect([flags, height]).toEqual([[], 0]);
});

test("many marks are all drawn, in a picture that stays a picture", () => {
  const marks = Array.from({ length: 40 }, (_, index) => ({ time: index * 13, label: `deploy ${index}` }));
  const { flags, height } = markRows(marks, plot, font);
  expect(flags).toHaveLength(40);
  expect(height).toBeLessThanOrEqual(100);
});
