import { expect, it } from "vitest";
import { createSpeakingLimit } from "./speaking-limit.ts";

it("grants a burst, then makes the person wait, and nobody else", () => {
  let now = 0;
  const take = createSpeakingLimit({ perMinute: 30, burst: 10, wall: () => now });
  for (let turn = 0; turn < 10; turn += 1) expect(take("mara")).toBe(0);
  expect(take("mara")).toBe(2);
  expect(take("jon")).toBe(0);
  now = 2_000;
  expect(take("mara")).toBe(0);
  expect(take("mara")).toBe(2);
});

it("does not grant more when the clock jumps back", () => {
  let now = 1_000_000;
  const take = createSpeakingLimit({ perMinute: 3, burst: 1, wall: () => now });
  expect(take("mara")).toBe(0);
  now = 0;
  expect(take("mara")).toBeGreaterThan(0);
});
