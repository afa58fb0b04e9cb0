import type { Feedback } from "../infra/database/feedback.ts";
import type { Metric } from "../infra/prometheus/catalog.ts";
import type { Face } from "../remediation/mass-event.ts";
import type { Reading } from "./detector.ts";
import { isBeyond } from "./beyond-limit.ts";
import { anomalyFace, anomalyKey, limitKey, vanishedKey } from "./watch-alerts.ts";

/** Something that is wrong now. `face` tells one finding from another under the same key. */
export type Due = {
  key: string;
  reading: Reading;
  face: string;
  /** Since when, unix seconds of metric time. */
  startsAt: number;
} & ({ kind: "anomaly" | "vanished" } | { kind: "limit"; beyond: Reading["beyond"][number] });

/** What a reading says: what is wrong, and which keys are certainly not wrong any more. */
type Judgement = { due: Due[]; over: string[] };

/** An accepted episode that becomes so much worse is told again. */
const worseFactor = 1.5;

/**
 * Judges one reading. No data is neither healthy nor anomalous, and a partial answer lets no metric vanish: both begin
 * and end nothing. `isTold` keeps a finding as it is while its alarm closes: an alarm outlasts its cause by its closing
 * time. Pure, no more work than a few look-ups for a target that is well.
 */
export function judgeReading(
  reading: Reading,
  limits: readonly Metric[],
  { partial, now, isTold }: { partial: boolean; now: number; isTold: (key: string) => boolean },
): Judgement {
  const found: Judgement = { due: [], over: [] };
  if (reading.state === "no_data") return found;
  const anomaly = anomalyKey(reading.target);
  const face = anomalyFace(reading);
  if (face === null) {
    if (reading.state === "normal") found.over.push(anomaly);
  } else if (!isTold(anomaly) || !isBackToUsual(reading)) {
    const startsAt = reading.since ?? now;
    const text = `${face.severity} ${face.metric}`;
    found.due.push({ kind: "anomaly", key: anomaly, reading, face: text, startsAt });
  }
  judgeVanished(reading, partial, now, found);
  for (const metric of limits) judgeLimit(reading, metric, now, found);
  return found;
}

function judgeVanished(reading: Reading, partial: boolean, now: number, found: Judgement): void {
  // A scorer that has just been started does not know yet what has been missing for minutes.
  if (partial || reading.withheldBecause === "warming_up") return;
  const key = vanishedKey(reading.target);
  const { vanished } = reading;
  if (vanished.length === 0) return void found.over.push(key);
  // A service that is down measures nothing: that is told by its limit, once.
  if (reading.beyond.some(({ metric }) => metric.unit === "up")) return;
  found.due.push({ kind: "vanished", key, reading, face: vanished.join(" "), startsAt: now });
}

function judgeLimit(reading: Reading, metric: Metric, now: number, found: Judgement): void {
  const key = limitKey(metric.name, reading.target);
  const beyond = reading.beyond.find((each) => each.metric.name === metric.name);
  if (beyond !== undefined) {
    found.due.push({ kind: "limit", key, reading, beyond, face: metric.name, startsAt: now });
    return;
  }
  const value = reading.values.get(metric.name);
  if (value !== undefined && !isBeyond(metric, value)) found.over.push(key);
}

function isBackToUsual({ top: [leading] }: Reading): boolean {
  return leading !== undefined && leading.value >= leading.usual[0] && leading.value <= leading.usual[1];
}

/** Whether somebody has called just this no problem, or the new normal, and it has not become much worse. */
export function isAccepted(due: Due, accepted: Pick<Feedback, "metrics" | "score"> | undefined): boolean {
  if (accepted === undefined) return false;
  const metric =
    due.kind === "limit"
      ? due.beyond.metric.name
      : due.kind === "vanished"
        ? due.reading.vanished[0]
        : due.reading.top[0]?.metric;
  if (metric === undefined || !accepted.metrics.includes(metric)) return false;
  return (
    due.kind !== "anomaly" || accepted.score === null || due.reading.score < worseFactor * accepted.score
  );
}

/** Whether nothing at all is wrong with a target, by a whole answer: an accepted episode ends with it. */
export function isCalm(reading: Reading, partial: boolean): boolean {
  const isJudged = reading.state === "normal" || reading.state === "learning";
  return !partial && isJudged && reading.beyond.length === 0 && reading.vanished.length === 0;
}

/** Whether its score is at the threshold and its alarm is not known yet: it must last a moment. */
export function isAboutToAlarm({ state, score, thresholdFactor }: Reading): boolean {
  return state === "normal" && score >= thresholdFactor;
}

/** What a mass event counts: no data, any trouble, or neither. */
export function faceOf({ state }: Pick<Reading, "state">, wrong: readonly Due[]): Face {
  if (state === "no_data") return "no data";
  return wrong.length > 0 ? "trouble" : "well";
}
