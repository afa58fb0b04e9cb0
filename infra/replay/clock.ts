import type { Clock } from "../clock.ts";

/** How far ahead of now the position is saved, in seconds of wall time: what a crash may skip. */
const aheadSeconds = 2;

type ReplayClockOptions = {
  wall: () => number;
  /** Seconds of metric time in a second of wall time. */
  speed: number;
  /** Metric time at which it starts or goes on, unix seconds. */
  from: number;
  /** Keeps the position; called before a later time than any saved one is told. */
  save(position: number): void;
};

/**
 * Metric time that starts at `from`, runs `speed` times as fast as the wall clock and never goes back: not when the
 * wall clock is set back, and not after kill -9, because the saved position is always ahead of what was told.
 */
export function createReplayClock({ wall, speed, from, save }: ReplayClockOptions): Clock {
  let wallBefore = wall();
  let now = from;
  let saved = -Infinity;
  return {
    wall,
    metric() {
      const wallNow = wall();
      now += (Math.max(0, wallNow - wallBefore) / 1000) * speed;
      wallBefore = wallNow;
      if (now > saved) {
        saved = now + aheadSeconds * speed;
        save(saved);
      }
      return now;
    },
  };
}
