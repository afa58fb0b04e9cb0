/** When scores become an alarm and when it ends, in rows of the detector's step. */
export type AlarmRule = {
  /** Consecutive rows at or above the threshold before an alarm is known. */
  holdRows: number;
  /** An alarm that returns within so many rows of its end is the same one and is known at once. */
  mergeRows: number;
  /** Consecutive rows whose score or short-window score is normal before an alarm ends. */
  closeRows: number;
  /** An alarm that has lasted so many rows has told what it had to tell: the level is what this target now has. */
  settleRows: number;
};

/** An open alarm stays open while its score is above this share of the threshold: scores hover round it for hours. */
const STAYS_OPEN_AT = 0.8;
/** So many rows of short-window trouble one after the other are trouble of their own. */
const FRESH_ROWS = 2;
/**
 * A day after its changes a person is asked whether the new level is the new normal; six hours later the alarm stops
 * repeating itself.
 */
const SETTLE_SECONDS = 30 * 3600;
/** After that an alarm needs a score this many times the usual score of the last hours. */
const SETTLED_MARGIN = 1.25;
/** Nearer to 1 than the usual share: the settled level itself must not keep an alarm open. */
const SETTLED_STAYS_OPEN_AT = 0.9;
const LEVEL_SECONDS = 6 * 3600;

/** 2, 10 and 5 minutes for steps of a minute or more; 30, 30 and 45 seconds for finer ones. An alarm settles after 30 h. */
export function alarmRuleFor(stepSeconds: number): AlarmRule {
  const [hold, merge, close] = stepSeconds >= 60 ? [120, 600, 300] : [30, 30, 45];
  const rows = (seconds: number) => Math.max(1, Math.round(seconds / stepSeconds));
  return {
    holdRows: rows(hold!),
    mergeRows: rows(merge!),
    closeRows: rows(close!),
    settleRows: rows(SETTLE_SECONDS),
  };
}

type Alarm = {
  /** Whether an alarm is known at the next row and has not ended; `raisedTo` (1 and up) is where the threshold stands. */
  push(score: number, short: number, raisedTo?: number): boolean;
  /** The score from which an alarm opened at the last row: 1 and up. */
  readonly opensAt: number;
  /** The last alarm ended because its level had become what this target now has, and the level is still there. */
  readonly settled: boolean;
};

/**
 * Follows one target's scores. Causal: the rows of the hold are not alarmed, and a merge never fills a gap afterwards.
 * `score` and `short` (short windows only, they forget an anomaly's end at once) are 1 at their thresholds; a row with
 * either missing (NaN) is not alarmed and leaves the state of the alarm as it was. After a level shift that nobody
 * undoes, the alarm ends when it has settled, and only what stands out from the new level raises another.
 */
export function createAlarm(rule: AlarmRule): Alarm {
  const state = {
    open: false,
    spent: false,
    fresh: 0,
    above: 0,
    normal: 0,
    sawShort: false,
    sinceEnd: Infinity,
  };
  const settling = createSettling(rule);
  let opensAt = 1;
  let settledAt = 0;

  function push(score: number, short: number, raisedTo = 1): boolean {
    if (Number.isNaN(score) || Number.isNaN(short)) {
      state.sinceEnd++;
      return false;
    }
    settledAt = settling.follow(score, state.open);
    opensAt = Math.max(raisedTo, settledAt);
    const high = score >= opensAt;
    const shortHigh = short >= 1;
    state.fresh = shortHigh ? state.fresh + 1 : 0;
    // After an alarm has ended, long windows still remember it: only fresh short-window trouble may raise it again,
    // and one calm row in fifty looks like that by chance.
    const renewed = state.spent && high && state.fresh >= FRESH_ROWS;
    state.spent = state.spent && high && !renewed;
    if (renewed) state.above = FRESH_ROWS;
    else state.above = high && !state.spent ? state.above + 1 : 0;
    if (!state.open) {
      state.sinceEnd++;
      state.open = state.above >= rule.holdRows || (state.above > 0 && state.sinceEnd <= rule.mergeRows);
      state.normal = 0;
      state.sawShort = false;
    }
    if (!state.open) return false;
    state.sawShort ||= shortHigh;
    // Long windows smear the end, so the short ones may end an alarm too; what only long ones saw they cannot.
    const stays = score >= Math.max(STAYS_OPEN_AT, SETTLED_STAYS_OPEN_AT * settledAt);
    state.normal = stays && (shortHigh || !state.sawShort) ? 0 : state.normal + 1;
    if (state.normal < rule.closeRows) return true;
    Object.assign(state, { open: false, spent: high, above: 0, sinceEnd: 0 });
    return false;
  }

  return {
    push,
    get opensAt() {
      return opensAt;
    },
    get settled() {
      return settledAt > 0 && !state.open;
    },
  };
}

/** Answers, row by row, the score that stands out from a settled level; 0 while no alarm has settled. */
function createSettling({ settleRows }: AlarmRule) {
  const share = 1 - Math.exp(-SETTLE_SECONDS / LEVEL_SECONDS / settleRows);
  let level = 0;
  let openRows = 0;
  let settled = false;
  return {
    follow(score: number, open: boolean): number {
      level += share * (score - level);
      openRows = open ? openRows + 1 : 0;
      settled = openRows >= settleRows || (settled && level >= STAYS_OPEN_AT);
      return settled ? SETTLED_MARGIN * level : 0;
    },
  };
}

/** 1 for the alarmed rows of a whole series, else 0: `createAlarm` row by row. */
export function applyAlarmRule(score: Float64Array, short: Float64Array, rule: AlarmRule): Uint8Array {
  const alarm = createAlarm(rule);
  return Uint8Array.from(score, (value, row) => (alarm.push(value, short[row]!) ? 1 : 0));
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
