import type { Frame } from "./frame.ts";
import { createRandom, sampleIndices, type Random } from "./random.ts";
import { quantile, sortedFinite, standardDeviation } from "./stats.ts";

/** Shapes of trouble that real servers show; each is drawn into real rows of the target that is examined. */
export const faultKinds = [
  "step up",
  "ramp",
  "spike train",
  "flat line",
  "drop to zero",
  "correlated shift",
] as const;
type FaultKind = (typeof faultKinds)[number];

/** `start` and `end` are unix seconds, both inclusive; `metrics` are those that were changed. */
export type InjectedFault = { kind: FaultKind; start: number; end: number; metrics: string[] };

export type InjectionOptions = {
  seed: number;
  /** No fault before this row: what comes earlier only fills windows. */
  firstRow: number;
  /** Rows from the beginning of one fault to that of the next, the fault and the calm after it together. */
  spacingRows: number;
  /** Rows a fault lasts; less than `spacingRows`. */
  lastingRows: number;
  /** Per metric the smallest change that matters and the largest value there can be, where they are known. */
  smallestChange: Readonly<Record<string, number>>;
  highest: Readonly<Record<string, number>>;
};

/** What a metric does in calm times, and how large a change of it is a fault. */
type Habit = {
  m: number;
  low: number;
  high: number;
  deviation: number;
  size: number;
  floor: number;
  ceiling: number;
};

/** A fault moves a metric by this many standard deviations, and by no less than the whole range it usually has. */
const DEVIATIONS = 6;
/** A change that a person would call one: so many times the smallest that matters. */
const SMALLEST_CHANGES = 5;
const SPIKES_EVERY = 3;
/** Share of the moving metrics that a fault changes: labelled ones changed 4 of 38 (SMD) and 11 of 19 (ASD), medians. */
const SHARE_CHANGED = 0.25;
const SHARE_SHIFTED = 0.5;

/**
 * Draws faults into a copy of real rows, in turn of every kind, at evenly spaced places: the same seed gives the same
 * faults. What comes back may refuse a model that cannot even see these; it says nothing of how good a model is on
 * real trouble. Metrics that never move are left alone; without any that does there are no faults.
 * Time O(rows x metrics).
 */
export function injectFaults(
  frame: Frame,
  options: InjectionOptions,
): { frame: Frame; faults: InjectedFault[] } {
  const random = createRandom(options.seed);
  const habits = habitsOf(frame, options);
  const columns = frame.columns.map((column) => column.slice());
  const faults: InjectedFault[] = [];
  if (habits.length === 0) return { frame: { ...frame, columns }, faults };
  const offset = Math.floor(random() * faultKinds.length);
  const calmBefore = options.spacingRows - options.lastingRows;
  for (let row = options.firstRow + calmBefore; ; row += options.spacingRows) {
    const end = row + options.lastingRows;
    if (end > frame.time.length) break;
    if (!isMeasured(frame, row - options.lastingRows, end)) continue;
    const kind = faultKinds[(offset + faults.length) % faultKinds.length]!;
    const changed = draw[kind]({ columns, habits, row, end, random });
    faults.push({
      kind,
      start: frame.time[row]!,
      end: frame.time[end - 1]!,
      metrics: changed.map(({ m }) => frame.metrics[m]!),
    });
  }
  return { frame: { ...frame, columns }, faults };
}

/** Share of the rows round a fault, and of their values, that must be there: a fault in a gap cannot be seen. */
const LEAST_PRESENT = 0.8;

function isMeasured({ columns }: Frame, from: number, to: number): boolean {
  let [present, most] = [0, 0];
  for (const column of columns) {
    const part = column.subarray(Math.max(0, from), to);
    const count = part.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0);
    // A metric that is never there says nothing about a gap.
    if (count === 0) continue;
    present += count;
    most += part.length;
  }
  return most > 0 && present / most >= LEAST_PRESENT;
}

type Drawing = {
  columns: readonly Float64Array[];
  habits: readonly Habit[];
  /** First row of the fault, and the row after its last. */
  row: number;
  end: number;
  random: Random;
};

/** Each changes `columns` and answers the metrics it changed. */
const draw: Readonly<Record<FaultKind, (drawing: Drawing) => Habit[]>> = {
  "step up": (drawing) => change(drawing, some(drawing), (value, { size }) => value + size),
  ramp: (drawing) =>
    change(drawing, some(drawing), (value, { size }, { progress }) => value + 1.5 * size * progress),
  "spike train": (drawing) =>
    change(drawing, some(drawing), (value, { size }, { k }) =>
      k % SPIKES_EVERY === 0 ? value + 1.5 * size : value,
    ),
  "flat line": (drawing) => change(drawing, some(drawing), (_, { high, size }) => high + 0.5 * size),
  "drop to zero": (drawing) => {
    const steady = drawing.habits.filter(({ low, deviation }) => low > DEVIATIONS * deviation);
    // Where most metrics come near zero in calm times, a drop to it is hardly a fault: a rise instead.
    if (steady.length < countOf(drawing.habits, SHARE_CHANGED)) return draw["step up"](drawing);
    return change(drawing, some({ ...drawing, habits: steady }, SHARE_SHIFTED), () => 0);
  },
  "correlated shift": (drawing) =>
    change(drawing, some(drawing, SHARE_SHIFTED), (value, { size }) => value + 0.6 * size),
};

/** A random share of the metrics, at least two where there are two. */
function some({ habits, random }: Drawing, share = SHARE_CHANGED): Habit[] {
  return [...sampleIndices(habits.length, countOf(habits, share), random)].map((i) => habits[i]!);
}

function countOf(habits: readonly Habit[], share: number): number {
  return Math.max(2, Math.ceil(share * habits.length));
}

function change(
  { columns, row, end }: Drawing,
  chosen: readonly Habit[],
  to: (value: number, habit: Habit, at: { progress: number; k: number }) => number,
): Habit[] {
  for (const habit of chosen) {
    const column = columns[habit.m]!;
    for (let at = row; at < end; at++) {
      const value = column[at]!;
      // What was not measured stays so: a fault in a gap is a gap.
      if (Number.isNaN(value)) continue;
      const changed = to(value, habit, { progress: (at - row + 1) / (end - row), k: at - row });
      column[at] = Math.min(habit.ceiling, Math.max(habit.floor, changed));
    }
  }
  return [...chosen];
}

function habitsOf(frame: Frame, { smallestChange, highest }: InjectionOptions): Habit[] {
  return frame.metrics.flatMap((name, m) => {
    const sorted = sortedFinite(frame.columns[m]!);
    const deviation = standardDeviation(sorted);
    // A metric that never moved has no usual size of change; nor has one that is hardly there.
    if (sorted.length < frame.time.length / 2 || !(deviation > 0)) return [];
    const [low, high] = [quantile(sorted, 0.01), quantile(sorted, 0.99)];
    const size = Math.max(DEVIATIONS * deviation, high - low, SMALLEST_CHANGES * (smallestChange[name] ?? 0));
    const floor = sorted[0]! >= 0 ? 0 : -Infinity;
    const ceiling = Math.max(highest[name] ?? Infinity, sorted.at(-1)!);
    return [{ m, low, high, deviation, size, floor, ceiling }];
  });
}
