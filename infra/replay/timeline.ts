import type { Capture, CaptureFault } from "../capture.ts";
import { ConfigError } from "../errors.ts";

/**
 * Which recorded row is shown at which step of the replay. Step 0 is the moment the replay was first started; the
 * quiet part of the recording lies before it. `curedAt` is the step at which the cure took hold, null before.
 */
type Timeline = {
  /** Row of the recording, null before the recording begins. */
  rowAt(step: number, curedAt: number | null): number | null;
};

/** Rows `first`, `first` + 1, ... of the recording. */
type Rows = { first: number; count: number };

/**
 * The order of a fault: before and onset once, the plateau forward and backward until the cure, then the recorded
 * recovery once and calm forward and backward. A cure in the onset leads to the recovery at once; one before the onset
 * keeps the fault from coming. Without a fault the quiet part is repeated, backward first.
 */
export function createTimeline(capture: Capture, fault: CaptureFault | null, time: Float64Array): Timeline {
  const quiet = rowsOf(
    time,
    -Infinity,
    capture.test_from - capture.step_seconds,
    `${capture.name}: the quiet part`,
  );
  const stretches = fault && stretchesOf(time, fault, capture.name);
  return {
    rowAt(step, curedAt) {
      if (step < 0) return step >= -quiet.count ? quiet.first + quiet.count + step : null;
      if (!stretches) return quiet.first + quiet.count - 1 - bounce(quiet.count, step + 1);
      return curedAt === null || step < curedAt ? sick(stretches, step) : cured(stretches, step, curedAt);
    },
  };
}

type Stretches = Record<"before" | "onset" | "plateau" | "recovery" | "calm", Rows>;

function stretchesOf(time: Float64Array, fault: CaptureFault, capture: string): Stretches {
  const rows = (name: keyof Stretches) =>
    rowsOf(time, fault[name][0], fault[name][1], `${capture}: ${fault.name}.${name}`);
  return {
    before: rows("before"),
    onset: rows("onset"),
    plateau: rows("plateau"),
    recovery: rows("recovery"),
    calm: rows("calm"),
  };
}

function sick({ before, onset, plateau }: Stretches, step: number): number {
  if (step < before.count) return before.first + step;
  const afterBefore = step - before.count;
  if (afterBefore < onset.count) return onset.first + afterBefore;
  return plateau.first + bounce(plateau.count, afterBefore - onset.count);
}

function cured({ before, recovery, calm }: Stretches, step: number, curedAt: number): number {
  if (curedAt < before.count) return before.first + bounce(before.count, step);
  const since = step - curedAt;
  if (since < recovery.count) return recovery.first + since;
  return calm.first + bounce(calm.count, since - recovery.count);
}

/** 0, 1, ..., count - 1, count - 2, ..., 0, 1, ...: neither end is shown twice in a row. */
function bounce(count: number, step: number): number {
  if (count === 1) return 0;
  const place = step % (2 * (count - 1));
  return place < count ? place : 2 * (count - 1) - place;
}

function rowsOf(time: Float64Array, from: number, to: number, what: string): Rows {
  const first = time.findIndex((at) => at >= from);
  const count = time.findLastIndex((at) => at <= to) - first + 1;
  if (first < 0 || count < 1)
    throw new ConfigError([
      `${what} holds no recorded row: record the capture anew with smartcloudops record`,
    ]);
  return { first, count };
}
