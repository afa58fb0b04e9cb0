import type { Feedback } from "../../infra/database/feedback.ts";
import type { StoredProposal } from "../../infra/database/threshold-proposals.ts";
import type { Incident } from "../../remediation/incident.ts";
import type { Plan } from "../../remediation/plan.ts";
import type { ChartSpec } from "../chart-spec.ts";
import type { FollowUp } from "./outcome-parts.ts";

/** What the watch stores with an anomaly alert for its card; the safety core only keeps it. */
export type AnomalyDetail = {
  /** Largest share first; `thisHour` is what is usual at this hour of the week, where two such hours were seen. */
  top: {
    metric: string;
    value: number;
    usual: [low: number, high: number];
    share: number;
    thisHour?: [low: number, high: number];
  }[];
  score: number;
  /** "no normal moment in the 27 minutes it has seen looks like this" */
  rarity: string;
  /** Highest score so far; absent with incidents of earlier versions. */
  peak?: number;
  /** Since when (unix seconds) every telling metric has been at a steady new level for a day. */
  steadySince?: number;
};

export type IncidentParts = {
  incident: Incident;
  /** The newest plan made for it, or null. */
  plan: Plan | null;
  /** "one approver, not the requester"; empty without a plan. */
  approval: string;
  /** Whether some remedy can be proposed now (a rule or runbook fits and the target may be acted on), else why not. */
  remedy: { possible: boolean; why: string };
  chart: ChartSpec | null;
  /** What a person said it was, or null. */
  said: Pick<Feedback, "verdict" | "name"> | null;
  /** A threshold that verdicts on this target suggest, while nobody has decided on it; else null. */
  threshold: Pick<StoredProposal, "id" | "text"> | null;
  /** The fleet-wide change it is part of, or null. */
  fleet: string | null;
  /** How Alertmanager stands to it; "" where there is nothing to say. */
  outside: string;
  /** What follows from the plan's outcome, and what changed before the trouble. */
  follow: FollowUp;
};

/** Reads back what the watch stored; null when the incident came from elsewhere. */
export function anomalyDetail(incident: Pick<Incident, "detail">): AnomalyDetail | null {
  const { top, score, rarity, peak, steadySince } = incident.detail;
  if (!Array.isArray(top) || typeof score !== "number" || typeof rarity !== "string") return null;
  return {
    top: top as AnomalyDetail["top"],
    score,
    rarity,
    ...(typeof peak === "number" ? { peak } : {}),
    ...(typeof steadySince === "number" ? { steadySince } : {}),
  };
}
