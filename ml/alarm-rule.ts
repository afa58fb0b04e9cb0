/** When scores become an alarm and when it ends, in rows of the detector's step. */
export type AlarmRule = {
  /** Consecutive rows at or above the threshold before an alarm is known. */
  holdRows: number;
  /** An alarm that returns within so many rows of its end is the same one and is known at once. */
  mergeRows: number;
  /** Consecutive rows whose score or short-window score is normal before an alarm ends. */
  closeRows: number;
};

/** An open alarm stays open while its score is above this share of the threshold: scores hover round it for hours. */
const STAYS_OPEN_AT = 0.8;

/** 2, 10 and 5 minutes for steps of a minute or more; 30, 30 and 45 seconds for finer ones. */
export function alarmRuleFor(stepSeconds: number): AlarmRule {
  const [hold, merge, close] = stepSeconds >= 60 ? [120, 600, 300] : [30, 30, 45];
  const rows = (seconds: number) => Math.max(1, Math.round(seconds / stepSeconds));
  return { holdRows: rows(hold!), mergeRows: rows(merge!), closeRows: rows(close!) };
}

/**
 * 1 for the rows at which an alarm was known and had not ended, else 0. Causal: a row depends on earlier rows only,
 * the rows of the hold stay 0, and a merge never fills a gap afterwards.
 * `score` and `short` (short windows only, they forget an anomaly's end at once) are 1 at their thresholds;
 * a row with either missing (NaN) is 0 and leaves the state of the alarm as it was.
 */
export function applyAlarmRule(score: Float64Array, short: Float64Array, rule: AlarmRule): Uint8Array {
  const anomalous = new Uint8Array(score.length);
  let open = false;
  let spent = false;
  let above = 0;
  let normal = 0;
  let sawShort = false;
  let sinceEnd = Infinity;
  for (let row = 0; row < score.length; row++) {
    if (Number.isNaN(score[row]!) || Number.isNaN(short[row]!)) {
      sinceEnd++;
      continue;
    }
    const high = score[row]! >= 1;
    const shortHigh = short[row]! >= 1;
    // After an alarm has ended, long windows still remember it: only fresh short-window trouble may raise it again.
    spent = spent && high && !shortHigh;
    above = high && !spent ? above + 1 : 0;
    if (!open) {
      sinceEnd++;
      open = above >= rule.holdRows || (above > 0 && sinceEnd <= rule.mergeRows);
      normal = 0;
      sawShort = false;
    }
    if (!open) continue;
    sawShort ||= shortHigh;
    // Long windows smear the end, so the short ones may end an alarm too; what only long ones saw they cannot.
    const stays = score[row]! >= STAYS_OPEN_AT;
    normal = stays && (shortHigh || !sawShort) ? 0 : normal + 1;
    if (normal >= rule.closeRows) {
      open = false;
      spent = high;
      above = 0;
      sinceEnd = 0;
    } else anomalous[row] = 1;
  }
  return anomalous;
}

/** How many alarms the flags hold, counting runs at most `mergeRows` apart as one. */
export function countAlarms(anomalous: Uint8Array, mergeRows: number): number {
  let alarms = 0;
  let lastRow = -Infinity;
  anomalous.forEach((flag, row) => {
    if (flag === 0) return;
    if (row - lastRow > mergeRows + 1) alarms++;
    lastRow = row;
  });
  return alarms;
}
