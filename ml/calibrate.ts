import { alarmRuleFor } from "./alarm-rule.ts";
import { asOfNow, combine, fitTails, smoothingFor, surprisesOf } from "./combine.ts";
import { crossFit } from "./cross-fit.ts";
import type { FitOptions } from "./fit.ts";
import type { Matrix } from "./matrix.ts";
import type { Calibration } from "./model.ts";
import { fitTail, surprise } from "./tail.ts";
import type { CalmHistory } from "./threshold.ts";

/** Short-window surprise from which a row is not normal: one calm moment in fifty. */
export const SHORT_LIMIT = 1.7;

type CalibrationInput = {
  features: Matrix;
  /** Rows to learn from, ascending, and the rows a window reaches back. */
  rows: Int32Array;
  longest: number;
  stepSeconds: number;
  days: number;
};

/** Scores train rows by fits that had not seen them, and keeps how those calm scores are spread. */
export function calibrate(
  { features, rows, longest, stepSeconds, days }: CalibrationInput,
  options: FitOptions,
): { calibration: Calibration; calm: CalmHistory } {
  const scores = crossFit(features, rows, longest, options);
  const members = fitTails(scores.members);
  const short = fitTail(scores.short);
  const shortScores = scores.short.map((value) => surprise(short, value) / SHORT_LIMIT);
  const smoothed = combine(surprisesOf(scores.members, members), smoothingFor(stepSeconds));
  const combined = smoothed.map((value, row) => asOfNow(value, shortScores[row]!));
  return {
    calibration: { members, short, combined: fitTail(combined) },
    calm: {
      combined,
      short: shortScores,
      days,
      rule: alarmRuleFor(stepSeconds),
    },
  };
}
