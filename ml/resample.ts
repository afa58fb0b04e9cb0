import type { Frame } from "./frame.ts";

/** Frames finer than this are averaged before anything is learned or scored: single scrapes are mostly noise. */
const FINEST_STEP_SECONDS = 15;

/**
 * The step the detector works at for samples `stepSeconds` apart: 15 s and coarser keep their step, finer ones take
 * the first multiple of their own step that reaches 15 s (5 s -> 15 s, 10 s -> 20 s, 1 s -> 15 s).
 */
export function detectorStep(stepSeconds: number): number {
  if (stepSeconds >= FINEST_STEP_SECONDS) return stepSeconds;
  return Math.ceil(FINEST_STEP_SECONDS / stepSeconds) * stepSeconds;
}

type Resampled = {
  frame: Frame;
  /** For each input row the newest frame row that was complete at that moment; -1 before the first. */
  completed: Int32Array;
};

/**
 * Averages a frame to `stepSeconds` (a multiple of its own step). Cells are multiples of the step in unix time, so
 * that any trailing window gives the same cells; a cell carries the time of its last slot, the moment it is complete.
 * A cell with no sample is missing; the first and the last are dropped when the frame begins or ends inside them.
 */
export function resample(frame: Frame, stepSeconds: number): Resampled {
  const identity = () => Int32Array.from(frame.time, (_, i) => i);
  if (frame.time.length === 0 || Math.abs(stepSeconds - frame.stepSeconds) < 1e-9 * stepSeconds)
    return { frame, completed: identity() };

  const slots = Math.round(stepSeconds / frame.stepSeconds);
  // Half a source step of tolerance keeps a row whose clock is a hair early in its own slot.
  const slotOf = (t: number) => Math.floor(t / frame.stepSeconds + 1e-6);
  const firstSlot = slotOf(frame.time[0]!);
  const firstCell = Math.ceil(firstSlot / slots);
  const lastCell = Math.floor((slotOf(frame.time.at(-1)!) + 1) / slots) - 1;
  const length = Math.max(0, lastCell - firstCell + 1);
  const phase = frame.time[0]! - firstSlot * frame.stepSeconds;

  const cellOf = Int32Array.from(frame.time, (t) => Math.floor(slotOf(t) / slots) - firstCell);
  const columns = frame.columns.map((column) => averageCells(column, cellOf, length));
  const time = Float64Array.from(
    { length },
    (_, k) => ((firstCell + k + 1) * slots - 1) * frame.stepSeconds + phase,
  );
  const completed = Int32Array.from(frame.time, (t, i) => {
    const isLastSlot = (slotOf(t) + 1) % slots === 0;
    return Math.max(-1, Math.min(length - 1, isLastSlot ? cellOf[i]! : cellOf[i]! - 1));
  });
  return { frame: { stepSeconds, time, metrics: frame.metrics, columns }, completed };
}

function averageCells(column: Float64Array, cellOf: Int32Array, length: number): Float64Array {
  const sums = new Float64Array(length);
  const counts = new Int32Array(length);
  for (let i = 0; i < column.length; i++) {
    const cell = cellOf[i]!;
    const value = column[i]!;
    if (cell < 0 || cell >= length || !Number.isFinite(value)) continue;
    sums[cell]! += value;
    counts[cell]!++;
  }
  return sums.map((sum, cell) => (counts[cell] === 0 ? Number.NaN : sum / counts[cell]!));
}
