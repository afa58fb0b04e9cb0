import type { Model } from "./model.ts";
import { CARRY_STEPS } from "./rolling.ts";

/** Missing for so long, and no shorter than a carried gap, a metric has vanished. */
const VANISHED_SECONDS = 300;
/** A metric that had a sample in this share of the train rows is always there. */
const ALWAYS = 0.9;
/** Below this share of present metrics the target, not a metric, is silent. */
const LEAST_PRESENT = 0.5;
const none: readonly string[] = [];

/**
 * Follows rows and answers the metrics that were always there in train and have been missing for five minutes (at
 * least four rows) while at least half of the metrics arrive. Time O(metrics), no memory beyond a count a metric.
 */
export function createVanished(
  model: Pick<Model, "metrics" | "presence" | "stepSeconds">,
): (values: ArrayLike<number>) => readonly string[] {
  const { metrics, presence, stepSeconds } = model;
  const limit = Math.max(CARRY_STEPS + 1, Math.ceil(VANISHED_SECONDS / stepSeconds));
  const watched = metrics.map((_, m) => m).filter((m) => presence[m]! >= ALWAYS);
  const missing = new Int32Array(metrics.length);
  let found = none;
  return (values) => {
    const present = watched.reduce((count, m) => count + (Number.isFinite(values[m]!) ? 1 : 0), 0);
    if (present < LEAST_PRESENT * watched.length) return found;
    let changed = false;
    for (const m of watched) {
      const was = missing[m]! >= limit;
      missing[m] = Number.isFinite(values[m]!) ? 0 : Math.min(limit, missing[m]! + 1);
      changed ||= was !== missing[m]! >= limit;
    }
    if (changed) found = watched.filter((m) => missing[m]! >= limit).map((m) => metrics[m]!);
    return found;
  };
}
