import type { Metric } from "../infra/prometheus/catalog.ts";

/** Whether a value is at or beyond its metric's hard limit, on the side that is trouble. */
export function isBeyond({ limit, worse }: Pick<Metric, "limit" | "worse">, value: number): boolean {
  return limit !== null && (worse === "less" ? value <= limit : value >= limit);
}

/** Beyond its limit for a minute and at least three samples: a short spike is no alert. */
export function rowsBeyondLimit(stepSeconds: number): number {
  return Math.max(3, Math.ceil(60 / stepSeconds));
}

/** Values of the last 90 seconds and at least three samples are the present ones. */
export function freshRows(stepSeconds: number): number {
  return Math.max(3, Math.ceil(90 / stepSeconds));
}
