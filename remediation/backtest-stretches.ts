import type { Limits, Past } from "./backtest.ts";
import type { Rule } from "./rules.ts";

/** One collected row of a target: `values` in the order of `metrics`, NaN where there was no sample. */
export type HistoryRow = {
  target: string;
  at: number;
  metrics: readonly string[];
  values: Float64Array;
  afterGap: boolean;
};

/** From when a rule's metric had been as asked for long enough, until it was so no more; unix seconds. */
export type Stretch = { target: string; start: number; end: number };

type Holding = { since: number; last: number };

/**
 * The stretches in which a rule's metric was as the rule asks, for as long as it asks; none for a rule without one. A
 * hole or a gap in the record ends a stretch: what is not known is not so. `stoppedAt`: more rows than may be read.
 */
export async function stretchesOf(
  { when }: Rule,
  window: { start: number; end: number },
  past: Pick<Past, "pages" | "stepSeconds">,
  { mostRows, progress, signal }: Limits,
): Promise<{ stretches: Stretch[]; stoppedAt: number | null }> {
  const { metric } = when;
  if (metric === undefined || window.start >= window.end) return { stretches: [], stoppedAt: null };
  const { above = Number.NEGATIVE_INFINITY, below = Number.POSITIVE_INFINITY } = metric;
  const least = (when.for ?? 0) / 1_000;
  const holding = new Map<string, Holding>();
  const stretches: Stretch[] = [];
  const close = (target: string) => {
    const held = holding.get(target);
    holding.delete(target);
    if (held !== undefined && held.last - held.since >= least)
      stretches.push({ target, start: held.since + least, end: held.last });
  };
  let rows = 0;
  for await (const page of past.pages(window)) {
    for (const { target, at, metrics, values, afterGap } of page) {
      const value = values[metrics.indexOf(metric.name)] ?? Number.NaN;
      const held = holding.get(target);
      if (held !== undefined && (afterGap || at - held.last > 1.5 * past.stepSeconds)) close(target);
      if (value > above && value < below && Number.isFinite(value))
        holding.set(target, { since: holding.get(target)?.since ?? at, last: at });
      else close(target);
    }
    rows += page.length;
    const at = page.at(-1)?.at ?? window.start;
    progress?.((at - window.start) / (window.end - window.start));
    if (rows < mostRows && signal?.aborted !== true) continue;
    for (const target of [...holding.keys()]) close(target);
    return { stretches, stoppedAt: at };
  }
  for (const target of [...holding.keys()]) close(target);
  return { stretches, stoppedAt: null };
}
