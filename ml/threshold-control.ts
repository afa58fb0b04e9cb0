import type { Model } from "./model.ts";

/** How realised alarms are kept near the alarm budget at run time. */
type ThresholdControl = {
  /** What the threshold is multiplied by at the coming row, 1 and up. */
  readonly factor: number;
  /** Tells whether an alarm was known at the row just scored. */
  push(alarmed: boolean): void;
};

const DAY_SECONDS = 86_400;
/** Realised alarms may exceed the alarm budget this many times in a day before the threshold rises. */
const TOLERATED = 3;
const LEAST_TOLERATED = 2;
/** One alarm too many makes the threshold rise by this factor; a day without one takes half of the rise back. */
const RAISE = 1.3;
const LARGEST_FACTOR = 3;
const NEARLY_ONE = 1.001;

/**
 * Raises the threshold when the alarms of the last 24 hours exceed three times the alarm budget (alarms per target and
 * day; a second alarm in a day is always tolerated), and lets it come down again by half of its rise a day. Causal: a
 * row is judged by what was known before it.
 */
export function createThresholdControl(
  { alarmBudget, stepSeconds, budgetInForce }: Pick<Model, "alarmBudget" | "stepSeconds" | "budgetInForce">,
  mergeRows: number,
): ThresholdControl {
  const dayRows = DAY_SECONDS / stepSeconds;
  const tolerated = Math.max(LEAST_TOLERATED, TOLERATED * alarmBudget);
  const decay = 0.5 ** (1 / dayRows);
  let factor = 1;
  let row = 0;
  let lastAlarmed = -Infinity;
  let opened: number[] = [];
  return {
    get factor() {
      return factor;
    },
    push(alarmed) {
      row++;
      factor = factor < NEARLY_ONE ? 1 : 1 + (factor - 1) * decay;
      if (!alarmed || !budgetInForce) return;
      const isNew = row - lastAlarmed > mergeRows + 1;
      lastAlarmed = row;
      if (!isNew) return;
      opened = [...opened.filter((at) => at > row - dayRows), row];
      if (opened.length > tolerated) factor = Math.min(LARGEST_FACTOR, factor * RAISE);
    },
  };
}
