/** Samples of one metric: unix seconds of metric time, ascending, and what was measured (NaN where nothing was). */
export type Course = { time: readonly number[]; values: readonly number[] };

/**
 * What a metric would have come to without an action, by the line it was on when the action began: a value and the range
 * it lies in as far as that line tells, at a moment of metric time; `from` is where the line leaves what was measured.
 */
export type WithoutAction = {
  at: number;
  value: number;
  low: number;
  high: number;
  from: { at: number; value: number };
};

/** Fewer samples are no course. */
const fewestSamples = 8;
/** More are thinned: the slopes of all pairs are looked at. */
const mostSamples = 160;
/** Share of all pairs of samples that go the way of the line: below it something else than a climb is seen. */
const clearShare = 0.85;
/** How many times its own scatter a climb must have come. */
const clearRise = 4;
/** A climb whose second half is this much slower or faster than the whole is no line, and is not drawn on. */
const steadyBetween = { least: 0.6, most: 1.7 };

/**
 * Draws on the line of a clear and steady climb (or fall, where less is trouble) to `until`; null where there is none,
 * which is most of the time: nothing is said then. Theil and Sen's slope, which single spikes do not move. No further
 * ahead than `furthest` times as long as the climb itself was watched.
 *
 * withoutAction({ time: [0, 5, ..., 115], values: [10, 10.5, ..., 21.5] }, "above", 175)?.value // => 27.5
 */
export function withoutAction(
  course: Course,
  direction: "above" | "below",
  until: number,
  furthest = 1,
): WithoutAction | null {
  const points = thin(finite(course));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < fewestSamples) return null;
  const ahead = until - last.at;
  if (ahead <= 0 || ahead > furthest * (last.at - first.at)) return null;
  const way = direction === "above" ? 1 : -1;
  const halves = [points.slice(0, Math.ceil(points.length / 2)), points.slice(Math.floor(points.length / 2))];
  const [early = Number.NaN, late = Number.NaN] = halves.map((half) => median(slopes(half)));
  const all = slopes(points);
  const slope = median(all);
  if (!isClear(all, way) || !isSteady(late / slope)) return null;
  const level = median(points.map(({ at, value }) => value - slope * (at - last.at)));
  const scatter = points.map(({ at, value }) => Math.abs(value - level - slope * (at - last.at)));
  if (Math.abs(slope) * (last.at - first.at) < clearRise * median(scatter)) return null;
  const room = quantile(scatter, 0.9);
  const ends = [slope, early, late].map((each) => level + each * ahead);
  return {
    at: until,
    value: level + slope * ahead,
    low: Math.min(...ends) - room,
    high: Math.max(...ends) + room,
    from: { at: last.at, value: level },
  };
}

/** The middle one, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

type Point = { at: number; value: number };

function finite({ time, values }: Course): Point[] {
  return time.flatMap((at, row) => {
    const value = values[row] ?? Number.NaN;
    return Number.isFinite(value) && Number.isFinite(at) ? [{ at, value }] : [];
  });
}

/** Every n-th sample, and always the newest. */
function thin(points: readonly Point[]): Point[] {
  const every = Math.max(1, Math.ceil(points.length / mostSamples));
  return points.filter((_, row) => (points.length - 1 - row) % every === 0);
}

/** Of every pair of samples, per second. */
function slopes(points: readonly Point[]): number[] {
  return points.flatMap((one, row) =>
    points
      .slice(row + 1)
      .flatMap((other) => (other.at > one.at ? [(other.value - one.value) / (other.at - one.at)] : [])),
  );
}

function isClear(all: readonly number[], way: number): boolean {
  return all.filter((slope) => slope * way > 0).length >= clearShare * all.length;
}

function isSteady(ratio: number): boolean {
  return ratio >= steadyBetween.least && ratio <= steadyBetween.most;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (low === undefined || high === undefined) return Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}
