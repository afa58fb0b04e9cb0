import type { Frame } from "./frame.ts";
import type { Model } from "./model.ts";
import { scoreFrame } from "./score.ts";

/**
 * How far quiet rows are from what the model calls calm. Rows of one host hang together, so these are sizes of an
 * effect and no test's p-values.
 */
export type Drift = {
  drifted: boolean;
  /** Rows of the detector's step that had a score. */
  rows: number;
  hours: number;
  /**
   * Share of the rows rarer than one calm moment in twenty, 0..1: .05 on a host that stays as it was, higher where its
   * quiet moments look strange to the model.
   */
  rareShare: number;
  /**
   * Kolmogorov-Smirnov distance, 0..1, between how rare these rows are and how rare calm rows are, counting only the
   * side on which rows are rarer than they should be.
   */
  distance: number;
  /** Metrics that are outside of their usual range most of the time, most of all first; at most five. */
  metrics: { metric: string; outsideShare: number }[];
};

const RARE = 0.05;
/** Five times as many strange moments as there should be, or half of the whole distribution moved. */
const MOST_RARE = 0.25;
const MOST_DISTANCE = 0.5;
/** Less than half a day is weather. */
const LEAST_HOURS = 12;
const MOST_OUTSIDE = 0.5;
const NAMED = 5;

/**
 * Compares quiet rows (no incident, blank where there was one) with the model's calibration: whether they are rarer
 * than calm moments were. `from` (unix seconds) is the first row that counts; earlier ones fill windows. Fewer than
 * twelve hours never count as drift. Time: one scoring of the frame.
 */
export function measureDrift(model: Model, frame: Frame, from: number): Drift {
  const { time, rarityDays, anomalous } = scoreFrame(model, frame);
  const rowsPerDay = 86_400 / model.stepSeconds;
  const probabilities = Float64Array.from(rarityDays, (days) => Math.min(1, 1 / (days * rowsPerDay))).filter(
    // What alarmed has its own story; drift is what slowly becomes usual without an alarm.
    (share, row) => !Number.isNaN(share) && time[row]! >= from && anomalous[row] === 0,
  );
  probabilities.sort();
  const rows = probabilities.length;
  const hours = (rows * model.stepSeconds) / 3600;
  const rareShare = rows === 0 ? 0 : probabilities.filter((share) => share <= RARE).length / rows;
  const distance = distanceFromUniform(probabilities);
  const enough = hours >= LEAST_HOURS;
  return {
    drifted: enough && (rareShare > MOST_RARE || distance > MOST_DISTANCE),
    rows,
    hours,
    rareShare,
    distance,
    metrics: outsideUsual(model, frame, from),
  };
}

/** Largest excess of the share of values at or below x over x itself, for ascending values in 0..1. */
export function distanceFromUniform(ascending: Float64Array): number {
  let largest = 0;
  ascending.forEach((value, i) => {
    largest = Math.max(largest, (i + 1) / ascending.length - value);
  });
  return largest;
}

function outsideUsual(model: Model, frame: Frame, from: number): Drift["metrics"] {
  const found: Drift["metrics"] = [];
  model.metrics.forEach((metric, m) => {
    const column = frame.columns[frame.metrics.indexOf(metric)];
    const [low, high] = [model.usualLow[m]!, model.usualHigh[m]!];
    let [seen, outside] = [0, 0];
    column?.forEach((value, row) => {
      if (Number.isNaN(value) || frame.time[row]! < from) return;
      seen++;
      if (value < low || value > high) outside++;
    });
    if (seen > 0 && outside / seen > MOST_OUTSIDE) found.push({ metric, outsideShare: outside / seen });
  });
  return found.sort((a, b) => b.outsideShare - a.outsideShare).slice(0, NAMED);
}
