/** How a metric goes on after it left its usual range. `perMinute` is in the metric's unit, NaN unless it is a ramp. */
export type Course = { kind: "climbing" | "falling" | "flat" | "unsteady"; perMinute: number };

const LEAST_ROWS = 6;
/** Share of the variance that a straight line must explain to be called a ramp. */
const STRAIGHT = 0.8;
/** A ramp still goes on: its last third has at least this share of the whole slope. */
const STILL_MOVING = 0.4;

/**
 * Whether values climb, fall or stay, from the rows since the onset (`time` unix seconds, NaN values are left out).
 * `smallestChange` is the smallest change that matters in the metric's unit: a line that rises less in all is flat.
 * Unsteady: neither a line nor flat, or fewer than six values.
 */
export function courseOf(time: ArrayLike<number>, values: ArrayLike<number>, smallestChange: number): Course {
  const rows = Array.from({ length: values.length }, (_, row) => row).filter((row) =>
    Number.isFinite(values[row]),
  );
  if (rows.length < LEAST_ROWS) return { kind: "unsteady", perMinute: Number.NaN };
  const all = line(time, values, rows);
  const seconds = time[rows.at(-1)!]! - time[rows[0]!]!;
  const moved = all.slope * seconds;
  const late = line(time, values, rows.slice(-Math.max(3, Math.floor(rows.length / 3))));
  const goesOn = late.slope * Math.sign(all.slope) >= STILL_MOVING * Math.abs(all.slope);
  if (all.straight >= STRAIGHT && goesOn && Math.abs(moved) >= 2 * smallestChange)
    return { kind: all.slope > 0 ? "climbing" : "falling", perMinute: all.slope * 60 };
  const latest = rows.slice(-Math.max(LEAST_ROWS, Math.floor(rows.length / 3))).map((row) => values[row]!);
  const [low, high] = [Math.min(...latest), Math.max(...latest)];
  const steady = high - low <= Math.max(2 * smallestChange, 0.1 * Math.abs((low + high) / 2));
  return { kind: steady ? "flat" : "unsteady", perMinute: Number.NaN };
}

/** Least squares: slope per second and the share of variance explained, 0..1 (0 for a constant). */
function line(time: ArrayLike<number>, values: ArrayLike<number>, rows: readonly number[]) {
  const meanTime = rows.reduce((sum, row) => sum + time[row]!, 0) / rows.length;
  const meanValue = rows.reduce((sum, row) => sum + values[row]!, 0) / rows.length;
  let [tt, tv, vv] = [0, 0, 0];
  for (const row of rows) {
    const [t, v] = [time[row]! - meanTime, values[row]! - meanValue];
    tt += t * t;
    tv += t * v;
    vv += v * v;
  }
  const slope = tt === 0 ? 0 : tv / tt;
  return { slope, straight: vv === 0 ? 0 : (slope * tv) / vv };
}
