/**
 * The two clocks. `wall` (unix ms) is for expiry, cooldown, leases, audit and rate limits; `metric` (unix seconds)
 * is the time of samples: windows, hold, settle, freshness and the watch cycle. With a real Prometheus both are the
 * same; the replay's metric time runs faster and never goes back.
 */
export type Clock = { wall(): number; metric(): number };

/** The clock of everything that is real: metric time is wall time. */
export function realClock(wall: () => number): Clock {
  return { wall, metric: () => wall() / 1000 };
}
