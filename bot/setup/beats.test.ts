import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createBeats } from "./beats.ts";

const problems: unknown[] = [];
beforeEach(() => {
  vi.useFakeTimers();
  problems.length = 0;
});
afterEach(() => void vi.useRealTimers());

const beatsOf = () => createBeats((error) => problems.push(error));

it("begins at once, goes on with its time, and never overlaps with itself", async () => {
  const beats = beatsOf();
  const ends: (() => void)[] = [];
  beats.every(1_000, () => new Promise<void>((resolve) => ends.push(resolve)));
  await vi.advanceTimersByTimeAsync(3_500);
  expect(ends).toHaveLength(1);
  ends[0]?.();
  await vi.advanceTimersByTimeAsync(500);
  expect(ends).toHaveLength(2);
  ends[1]?.();
  await beats.stop();
});

it("tells of an error and goes on", async () => {
  const beats = beatsOf();
  beats.every(1_000, () => Promise.reject(new Error("broken")));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(problems).toEqual([new Error("broken"), new Error("broken")]);
  await beats.stop();
});

it("waits at a stop for what is under way, and begins nothing any more", async () => {
  const beats = beatsOf();
  let [begun, ended] = [0, 0];
  const work = async () => {
    begun += 1;
    await new Promise((resolve) => setTimeout(resolve, 500));
    ended += 1;
  };
  beats.every(1_000, work);
  beats.waitFor(work());
  const stopped = beats.stop();
  expect([begun, ended]).toEqual([2, 0]);
  await vi.advanceTimersByTimeAsync(5_000);
  await stopped;
  expect([begun, ended, beats.isStopped()]).toEqual([2, 2, true]);
});

it("tells of what failed beside a beat, but not of what the stop ended", async () => {
  const beats = beatsOf();
  beats.waitFor(Promise.reject(new Error("failed")));
  await vi.advanceTimersByTimeAsync(0);
  let fail: (error: Error) => void = () => undefined;
  beats.waitFor(new Promise((_, reject) => (fail = reject)));
  const stopped = beats.stop();
  fail(new Error("ended by the stop"));
  await stopped;
  expect(problems).toEqual([new Error("failed")]);
});
