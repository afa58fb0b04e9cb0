import type { Alert, Severity, Signal } from "../remediation/incident.ts";
import type { Bot } from "./bot.ts";
import { type CloserLook, noCloserLook } from "./cards/closer-look.ts";
import type { AnomalyDetail } from "./cards/incident-parts.ts";
import {
  finding,
  findingSentence,
  rarity,
  vanishedFinding,
  vanishedSentence,
} from "./cards/reading-parts.ts";
import type { Reading } from "./detector.ts";
import { quantity } from "./format.ts";
import { tellingMetrics } from "./look-closer.ts";

const criticalScore = 3;

/** What makes an alert another one to tell: how grave it is and what leads it. */
export type AlertFace = { severity: Severity; metric: string };

export const anomalyKey = (target: string) => `anomaly:${target}`;
export const vanishedKey = (target: string) => `vanished:${target}`;
export const limitKey = (metric: string, target: string) => `limit:${metric}:${target}`;

/** The face of a reading's anomaly; null when it is none. */
export function anomalyFace(reading: Reading): AlertFace | null {
  const [leading] = reading.top;
  if (reading.state !== "anomalous" || reading.since === null || leading === undefined) return null;
  return { severity: severityOf(reading), metric: leading.metric };
}

/** What an anomalous reading raises. `peak` is its episode's highest score so far. */
export function anomalyAlert(
  reading: Reading,
  {
    peak,
    startsAt,
    look,
    steadySince,
  }: {
    peak: number;
    startsAt: number;
    look: CloserLook;
    steadySince: number | null;
  },
  bot: Bot,
): Alert {
  const scene = bot.scene();
  const telling = tellingMetrics(reading);
  // The last rows often carry next to nothing: no rule may read "requests moved too" out of them.
  const signals = reading.top
    .filter(({ metric }) => telling.includes(metric))
    .map((row): Signal => ({
      metric: row.metric,
      direction: row.value >= (row.usual[0] + row.usual[1]) / 2 ? "above" : "below",
      share: row.share,
    }));
  const detail: AnomalyDetail = {
    top: reading.top.map(({ metric, value, usual, share }) => {
      const hour = look.thisHour.get(metric);
      return {
        metric,
        value,
        usual,
        share,
        ...(hour === undefined ? {} : { thisHour: [hour.low, hour.high] }),
      };
    }),
    score: reading.score,
    rarity: rarity(reading),
    peak,
    ...(steadySince === null ? {} : { steadySince }),
  };
  return {
    key: anomalyKey(reading.target),
    target: reading.target,
    cause: "anomaly",
    status: "firing",
    severity: severityOf(reading),
    title: finding(reading, scene, look),
    summary: findingSentence(reading, scene, look),
    metric: reading.top[0]?.metric ?? null,
    direction: signals[0]?.direction ?? "above",
    startsAt,
    endsAt: null,
    signals,
    detail,
  };
}

/** What a metric that has vanished raises: nothing is known about that part, so no rule may read a fault out of it. */
export function vanishedAlert(reading: Reading, startsAt: number, bot: Bot): Alert {
  const scene = bot.scene();
  return {
    key: vanishedKey(reading.target),
    target: reading.target,
    cause: "anomaly",
    status: "firing",
    severity: "warning",
    title: vanishedFinding(reading, scene),
    summary: vanishedSentence(reading, scene),
    metric: reading.vanished[0] ?? null,
    direction: null,
    startsAt,
    endsAt: null,
    signals: [],
    detail: {},
  };
}

/** What a metric at or beyond its hard limit raises. */
export function limitAlert(
  reading: Reading,
  beyond: Reading["beyond"][number],
  startsAt: number,
  bot: Bot,
): Alert {
  const direction = beyond.metric.worse === "less" ? "below" : "above";
  return {
    key: limitKey(beyond.metric.name, reading.target),
    target: reading.target,
    cause: "alert",
    status: "firing",
    severity: "critical",
    title: finding({ ...reading, top: [], beyond: [beyond] }, bot.scene(), noCloserLook),
    summary: limitSentence(beyond),
    metric: beyond.metric.name,
    direction,
    startsAt,
    endsAt: null,
    signals: [{ metric: beyond.metric.name, direction, share: 1 }],
    detail: {},
  };
}

function limitSentence({ metric, value }: Reading["beyond"][number]): string {
  if (metric.unit === "up") return "The service does not answer its health check.";
  const side = metric.worse === "less" ? "at or below" : "at or above";
  return `${metric.title} is ${quantity(value, metric.unit)}, ${side} its limit of ${quantity(metric.limit ?? value, metric.unit)}.`;
}

/** A model of the first days only warns. */
function severityOf(reading: Reading): Severity {
  if (reading.beyond.length > 0) return "critical";
  return reading.score >= criticalScore && !onlyWarns(reading) ? "critical" : "warning";
}

/** A model that has seen less than two days tells people, and no rule acts on it. */
export function onlyWarns({ model }: Pick<Reading, "model">): boolean {
  return model !== null && model.model.stage === "first_days";
}
