import { alarmRuleFor, applyAlarmRule } from "./alarm-rule.ts";
import { combine, surprisesOf } from "./combine.ts";
import { scoreRows } from "./fit.ts";
import { selectMetrics, type Frame } from "./frame.ts";
import { ModelError } from "./model-error.ts";
import type { Model } from "./model.ts";
import { resample } from "./resample.ts";
import { rollingFeatures } from "./rolling.ts";
import { surprise } from "./tail.ts";

/** One entry a row of the detector's step. */
export type Scores = {
  /** Unix seconds: the moment the row was complete. */
  time: Float64Array;
  /** Anomaly score, 0 and up, higher is more abnormal, 1 is the alert threshold; NaN when withheld. */
  score: Float64Array;
  /** A normal moment scores this high about once in so many days; at most ten times the calm history; NaN withheld. */
  rarityDays: Float64Array;
  /** 1 from the row at which an alarm was known to the row before its end. */
  anomalous: Uint8Array;
  /** Share of the model's columns that were present, 0..1; under .6 the score is withheld. */
  coverage: Float64Array;
  /** How many members found the row as rare as the threshold asks. */
  agreeing: Uint8Array;
  /** For each row of the frame given the newest row here that was complete by then; -1 before the first. */
  completed: Int32Array;
};

/**
 * Scores a frame with a trained model. The frame should begin `neededHistorySeconds(model)` before the first row that
 * matters; rows before that have windows that are not full yet, and the first ones are withheld. The same trailing
 * rows always give the same scores. Metrics are matched by name; one that is absent counts as missing.
 */
export function scoreFrame(model: Model, frame: Frame): Scores {
  const { frame: aligned, completed } = toModelStep(model, frame);
  const features = rollingFeatures(aligned, model.origins, model.windows);
  const scores = scoreRows(model.fitted, features);
  const surprises = surprisesOf(scores.members, model.calibration.members);
  const combined = combine(surprises);
  const score = combined.map((value) => value / model.threshold);
  const short = scores.short.map((value) => surprise(model.calibration.short, value) / model.shortLimit);
  const limit = longestRarityDays(model);
  return {
    time: aligned.time,
    score,
    rarityDays: combined.map((value) => Math.min(limit, rarityOf(model, value))),
    anomalous: applyAlarmRule(score, short, alarmRuleFor(model.stepSeconds)),
    coverage: scores.coverage,
    agreeing: countAgreeing(Object.values(surprises), model.threshold, score.length),
    completed,
  };
}

/** The rarest claim this model may make: ten times the calm history it has seen. */
export function longestRarityDays(model: Model): number {
  return (10 * model.learnedMinutes) / 1440;
}

/** The frame at the model's step and with the model's metrics in its order. */
export function toModelStep(model: Model, frame: Frame): { frame: Frame; completed: Int32Array } {
  if (!model.metrics.some((metric) => frame.metrics.includes(metric)))
    throw new ModelError(
      "unusable_frame",
      `The model knows ${model.metrics.slice(0, 5).join(", ")}${model.metrics.length > 5 ? ", ..." : ""}; ` +
        "none of these is in the data to score. Use the data of the same target, or train on this one.",
    );
  const slots = model.stepSeconds / frame.stepSeconds;
  if (slots < 1 - 1e-9 || Math.abs(slots - Math.round(slots)) > 1e-6)
    throw new ModelError(
      "unusable_frame",
      `The model scores every ${model.stepSeconds} s and cannot use a step of ${frame.stepSeconds} s: ` +
        "give data of the model's step (or a fraction of it), or train on this data.",
    );
  return resample(selectMetrics(frame, model.metrics), model.stepSeconds);
}

function rarityOf(model: Model, combined: number): number {
  const rowsPerDay = 86_400 / model.stepSeconds;
  return 10 ** surprise(model.calibration.combined, combined) / rowsPerDay;
}

function countAgreeing(surprises: Float64Array[], threshold: number, rows: number): Uint8Array {
  return Uint8Array.from(
    { length: rows },
    (_, row) => surprises.filter((values) => values[row]! >= threshold).length,
  );
}
