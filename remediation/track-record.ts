import type { Context } from "./context.ts";
import { sayDay, sayDuration } from "./duration.ts";
import type { Incident } from "./incident.ts";
import type { Plan } from "./plan.ts";
import { judgedRuns, type JudgedRun } from "./store/track-rows.ts";
import { median } from "./without-action.ts";

/** Of what a remedy was tried: one cause on one service, in one cloud. Practice and dry runs never mix with real ones. */
type TrackKey = { runbook: string; service: string; cause: string; cloud: Plan["cloud"] };

/** How often a remedy cured a cause on a service, by the verdicts in the store. */
export type TrackRecord = {
  cured: number;
  /** Verdicts that say something: improved, unchanged and worse. */
  tried: number;
  /** Runs whose effect nobody could see. */
  unverified: number;
  /** From the call until the metric stayed usual, metric seconds, over the cures that know it; null: none does. */
  medianCureSeconds: number | null;
  /** Wall ms of the newest run that did not cure. */
  lastFailureAt: number | null;
};

/** What an incident is about, for comparing: its metric and side, else the name of what was alerted; null: nothing known. */
export function causeOf(incident: Pick<Incident, "metric" | "direction" | "detail"> | null): string | null {
  if (incident === null) return null;
  if (incident.metric !== null) return `${incident.metric} ${incident.direction ?? "either"}`;
  const name = nameOf(incident.detail["alertmanager"]);
  return name === null ? null : `alert ${name}`;
}

/** The record of one remedy for one cause; the same rows give the same record. */
export async function trackRecord(key: TrackKey, { store }: Pick<Context, "store">): Promise<TrackRecord> {
  const runs = await judgedRuns(store.db, key);
  return recordOf(runs.filter((run) => causeOf(run.incident) === key.cause));
}

/** The record of some runs, in any order. */
export function recordOf(runs: readonly JudgedRun[]): TrackRecord {
  const cures = runs.filter(({ verdict }) => verdict === "improved");
  const failures = runs.filter(({ verdict }) => verdict === "unchanged" || verdict === "worse");
  const cureSeconds = cures.flatMap(({ curedAfterSeconds }) => curedAfterSeconds ?? []);
  return {
    cured: cures.length,
    tried: cures.length + failures.length,
    unverified: runs.filter(({ verdict }) => verdict === "unverified").length,
    medianCureSeconds: cureSeconds.length === 0 ? null : median(cureSeconds),
    lastFailureAt: failures.reduce<number | null>(
      (latest, { doneAt }) => (latest === null || doneAt > latest ? doneAt : latest),
      null,
    ),
  };
}

/** "cured this cause 8 of 9 times here, median 4 min, last failure 12 Nov"; `now` is wall ms. */
export function trackText(record: TrackRecord, now: number): string {
  const { cured, tried, unverified, medianCureSeconds, lastFailureAt } = record;
  if (tried === 0)
    return unverified === 0
      ? "not tried for this cause here yet"
      : `tried ${times(unverified)} for this cause here, and nobody could see whether it helped`;
  return [
    `cured this cause ${cured} of ${times(tried)} here`,
    ...(medianCureSeconds === null ? [] : [`median ${sayDuration(medianCureSeconds * 1_000)}`]),
    ...(lastFailureAt === null ? [] : [`last failure ${sayDay(lastFailureAt, now)}`]),
  ].join(", ");
}

/**
 * The lower end of Wilson's 90 % interval of the share that was cured, 0..1, higher is better: only for ranking, so that
 * nine cures of ten stand before one of one. Untried is 0.
 */
export function cureRank({ cured, tried }: Pick<TrackRecord, "cured" | "tried">): number {
  if (tried === 0) return 0;
  const z = 1.6449;
  const share = cured / tried;
  const middle = share + (z * z) / (2 * tried);
  const spread = z * Math.sqrt((share * (1 - share) + (z * z) / (4 * tried)) / tried);
  return Math.max(0, (middle - spread) / (1 + (z * z) / tried));
}

function times(count: number): string {
  return count === 1 ? "1 time" : `${count} times`;
}

function nameOf(detail: unknown): string | null {
  if (typeof detail !== "object" || detail === null || !("alertname" in detail)) return null;
  return typeof detail.alertname === "string" ? detail.alertname : null;
}
