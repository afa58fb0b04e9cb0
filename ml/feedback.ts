/** An alarm somebody has judged: its highest anomaly score (1 = the threshold it was raised at) and whether it was real. */
export type JudgedAlarm = { peak: number; real: boolean };

/** What multiplying the threshold would have done to the judged alarms. */
export type ThresholdChange = {
  /** Above 1. */
  factor: number;
  /** False alarms that would not have been raised, of how many. */
  spared: number;
  falseAlarms: number;
  /** Real ones; all of them still would be. */
  real: number;
};

const LEAST_VERDICTS = 4;
const LEAST_SPARED = 2;
/** The new threshold stays this far below the weakest real alarm, and this far above the false ones. */
const MARGIN = 1.02;
const LARGEST_FACTOR = 2;

/**
 * The smallest raise of the threshold that would have spared as many false alarms as possible and still raised every
 * real one; null when there are fewer than four verdicts, or when it would spare fewer than two or than half of the
 * false alarms. It never lowers a threshold: training has already solved the lowest one that keeps the alarm budget, and
 * a higher one keeps it too.
 */
export function proposeThreshold(judged: readonly JudgedAlarm[]): ThresholdChange | null {
  const finite = judged.filter(({ peak }) => Number.isFinite(peak) && peak >= 1);
  const falsePeaks = finite.filter(({ real }) => !real).map(({ peak }) => peak);
  const realPeaks = finite.filter(({ real }) => real).map(({ peak }) => peak);
  if (finite.length < LEAST_VERDICTS) return null;
  const most = Math.min(LARGEST_FACTOR, Math.min(...realPeaks) / MARGIN);
  const sparable = falsePeaks.filter((peak) => upToPercent(peak * MARGIN) <= most);
  if (sparable.length < Math.max(LEAST_SPARED, falsePeaks.length / 2)) return null;
  return {
    factor: upToPercent(Math.max(...sparable) * MARGIN),
    spared: sparable.length,
    falseAlarms: falsePeaks.length,
    real: realPeaks.length,
  };
}

const LEAST_FOR_SHARE = 50;
const ALIKE = 20;

/**
 * Of the twenty judged alarms whose peak is nearest in ratio, how many were real. Null until there are fifty verdicts:
 * fewer say nothing about the next alarm.
 */
export function realAmongAlike(
  judged: readonly JudgedAlarm[],
  peak: number,
): { real: number; of: number } | null {
  const finite = judged.filter((alarm) => Number.isFinite(alarm.peak) && alarm.peak > 0);
  if (finite.length < LEAST_FOR_SHARE || !(peak > 0)) return null;
  const distance = (alarm: JudgedAlarm) => Math.abs(Math.log(alarm.peak / peak));
  const alike = [...finite].sort((a, b) => distance(a) - distance(b)).slice(0, ALIKE);
  return { real: alike.filter(({ real }) => real).length, of: alike.length };
}

/** Rounded up to whole per cents, so that what is said is what is done. */
function upToPercent(factor: number): number {
  return Math.ceil(factor * 100 - 1e-9) / 100;
}
