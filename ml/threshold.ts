import { applyAlarmRule, countAlarms, type AlarmRule } from "./alarm-rule.ts";
import { quantile, sortedFinite } from "./stats.ts";

export type CalmHistory = {
  /** Smoothed combined surprise of unseen calm rows. */
  combined: Float64Array;
  /** Short-window surprise divided by its limit. */
  short: Float64Array;
  days: number;
  rule: AlarmRule;
};

/** One calm row in ten surprises this much: whatever history says, less is never an alarm. */
const LOWEST_THRESHOLD = 1;

/**
 * The lowest surprise at which calm history would have raised no more alarms than the alarm budget (alarms per target
 * and day) allows. When the history is too short to be allowed one alarm, the threshold lies above everything seen:
 * surprise is -log10 p, so each tenfold shortage of history adds one.
 */
export function solveThreshold(calm: CalmHistory, alarmBudget: number): number {
  const allowed = alarmBudget * calm.days;
  const sorted = sortedFinite(calm.combined);
  let low = 0;
  let high = quantile(sorted, 1) * (1 + 1e-9) + 1e-9;
  for (let round = 0; round < 40; round++) {
    const middle = (low + high) / 2;
    if (alarmsAt(calm, middle) <= allowed) high = middle;
    else low = middle;
  }
  return Math.max(LOWEST_THRESHOLD, allowed >= 1 ? high : high - Math.log10(allowed));
}

/** A demo's threshold: the largest surprise of its calm history times a stated margin. */
export function demoThreshold(calm: CalmHistory, margin: number): number {
  return Math.max(LOWEST_THRESHOLD, quantile(sortedFinite(calm.combined), 1) * margin);
}

function alarmsAt({ combined, short, rule }: CalmHistory, threshold: number): number {
  const score = combined.map((value) => value / threshold);
  return countAlarms(applyAlarmRule(score, short, rule), rule.mergeRows);
}
