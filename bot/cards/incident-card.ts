import type { Feedback } from "../../infra/database/feedback.ts";
import type { StoredProposal } from "../../infra/database/threshold-proposals.ts";
import { beganAt, firingLimit, type Incident } from "../../remediation/incident.ts";
import { resolutionBy } from "../../remediation/feedback.ts";
import type { Plan } from "../../remediation/plan.ts";
import type { Intent } from "../../intents/intent.ts";
import { type CardDraft, draft, type Tone } from "../card.ts";
import type { ChartSpec } from "../chart-spec.ts";
import { list, plural } from "../format.ts";
import { besideUsual } from "./closer-look.ts";
import { followButtons, type FollowUp, outcomeSentence } from "./outcome-parts.ts";
import { planFooter } from "./plan-card.ts";
import {
  concludeButtons,
  decisionButtons,
  escalateButtons,
  outcomeTitle,
  planLine,
  verdictFields,
  verdictSentence,
} from "./plan-parts.ts";
import { waitingFields } from "./proposal-fields.ts";
import { capital } from "./reading-parts.ts";
import { footer, metricSince, metricTitle, type Scene, wallClock } from "./scene.ts";

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

/** The one card of an incident, edited as it goes: found, proposed, decided, running, verified. */
export function incidentCard(parts: IncidentParts, scene: Scene): CardDraft {
  const { incident, plan } = parts;
  const outcome = plan === null ? null : outcomeTitle(parts.follow.takesBack ?? plan);
  return draft({
    title: outcome ?? foundTitle(incident, scene),
    tone: incidentTone(incident, parts.follow.takesBack ?? plan),
    text: bodyText(parts, scene),
    fields: fields(parts, scene),
    buttons: buttons(parts),
    chart: parts.chart,
    footer: footer(
      scene,
      incidentFooter(incident, scene),
      parts.fleet,
      plan === null ? null : planFooter({ ...plan, incident: null }, scene),
    ),
    incident: incident.id,
    plan: plan?.id ?? null,
  });
}

function foundTitle(incident: Incident, scene: Scene): string {
  const since = metricSince(scene, beganAt(incident));
  return incident.status === "resolved" ? `${incident.title}: resolved` : `${incident.title} · ${since}`;
}

function incidentTone(incident: Incident, plan: Plan | null): Tone {
  if (plan?.status === "needs_human" || plan?.status === "failed") return "critical";
  if (plan?.verdict === "unchanged" || plan?.verdict === "worse") return "critical";
  if (incident.status === "resolved") return "ok";
  return incident.severity === "critical" ? "critical" : incident.severity === "warning" ? "warning" : "info";
}

function bodyText(parts: IncidentParts, scene: Scene): string {
  const { incident, plan, remedy } = parts;
  const told = parts.follow.takesBack ?? plan;
  const sentences = [
    told === null ? "" : verdictSentence(told, scene),
    // Said of the moment of detection: once a remedy has run it is told by the verdict, not in the present tense.
    told?.status === "done" ? "" : incident.summary,
    // A waiting plan says it among what the approver must know.
    told?.status === "done" || plan?.status === "proposed" ? "" : parts.follow.changes,
    alsoSentence(incident),
    quietSentence(incident, scene),
    plan === null ? "" : planLine(plan, scene),
    incident.status === "resolved" && incident.resolution ? `Resolved: ${incident.resolution}.` : "",
    plan === null && incident.status !== "resolved" && !remedy.possible ? remedy.why : "",
    told === null ? "" : outcomeSentence(told, parts.follow, scene.nowMs),
    saidSentence(parts),
    parts.outside,
    asksNewNormal(parts) ? newNormalQuestion : "",
    parts.threshold?.text ?? "",
  ];
  return sentences.filter((sentence) => sentence !== "").join(" ");
}

/** What else fires on the target: one card tells all of it. */
function alsoSentence(incident: Incident): string {
  if (incident.status === "resolved") return "";
  const others = incident.alerts
    .filter(({ status, title }) => status === "firing" && title !== incident.title)
    .map(({ title }) => title.replace(`${incident.target}: `, ""));
  return others.length === 0 ? "" : `Also: ${list([...new Set(others)])}.`;
}

const newNormalQuestion = "It has been at this level for 24 h. Is this the new normal?";

/** A day at a steady new level is a question to people, unless something is under way or beyond its limit. */
function asksNewNormal({ incident, plan }: IncidentParts): boolean {
  if (incident.status === "resolved" || anomalyDetail(incident)?.steadySince === undefined) return false;
  if (plan !== null && (isBusy(plan) || awaitsVerdict(plan))) return false;
  return firingLimit(incident) === null;
}

/** A word that did not end the incident; one that did stands in its resolution. */
function saidSentence({ incident, said }: IncidentParts): string {
  if (said === null || incident.resolution === resolutionBy(said.verdict, said.name)) return "";
  const words = { problem: "a real problem", not_a_problem: "no problem", new_normal: "the new normal" };
  return `${capital(said.name)} called it ${words[said.verdict]}.`;
}

function isBusy(plan: Plan): boolean {
  return ["proposed", "approved", "executing", "needs_human"].includes(plan.status);
}

function awaitsVerdict(plan: Plan): boolean {
  return plan.status === "done" && plan.verdict === null;
}

/** For a plan that still waits although the trouble went away: the approver must know. */
function quietSentence(incident: Incident, scene: Scene): string {
  const ends = incident.alerts.map(({ status, endsAt }) => (status === "resolved" ? endsAt : null));
  if (incident.status === "resolved" || ends.length === 0) return "";
  const last = ends.reduce((latest, end) => (latest === null || end === null ? null : Math.max(latest, end)));
  return last === null ? "" : `It has looked usual again ${metricSince(scene, last)}.`;
}

/** At most four: what is wrong and what is usual; while a plan waits, what it would do and who may decide. */
function fields(parts: IncidentParts, scene: Scene): CardDraft["fields"] {
  const { incident, plan } = parts;
  const told = parts.follow.takesBack ?? plan;
  if (told?.verdictDetail) {
    if (plan?.status !== "proposed") return verdictFields(told, scene);
    return [...verdictFields(told, scene).slice(0, 2), ...waitingFields(plan, parts.approval)];
  }
  const top = anomalyDetail(incident)?.top ?? [];
  const waiting = plan?.status === "proposed";
  const measured = top.slice(0, waiting ? 2 : 3).map((row) => ({
    label: metricTitle(scene, row.metric),
    value: besideUsual(row, scene, row.thisHour ?? null),
  }));
  if (!waiting) return measured;
  return [...measured, ...waitingFields(plan, parts.approval)];
}

/** What most will press comes first; after "Approve" and "Deny", which a waiting plan brings. */
function buttons(parts: IncidentParts): CardDraft["buttons"] {
  const { incident, plan, remedy } = parts;
  const decisions = plan === null ? [] : [...decisionButtons(plan), ...concludeButtons(plan)];
  const stuck = parts.follow.takesBack ?? plan;
  const help = stuck === null ? [] : escalateButtons(stuck);
  const { id } = incident;
  const button = (label: string, intent: Intent, style: "default" | "primary" = "default") => [
    { label, style, intent },
  ];
  if (incident.status === "resolved")
    return [...decisions, ...(plan?.status === "needs_human" ? help : []), ...thresholdButtons(parts)];
  const follows = remedy.possible ? followButtons(plan, parts.follow, incident.target) : [];
  const isFree = plan === null || !(isBusy(plan) || awaitsVerdict(plan));
  const mayPropose = remedy.possible && follows.length === 0 && isFree;
  const close = button(`Close ${id}`, { kind: "resolve", id, reason: `after ${plan?.id ?? id}` });
  return [
    ...decisions,
    ...(asksNewNormal(parts)
      ? button("Yes, new normal", { kind: "feedback", id, verdict: "new_normal" }, "primary")
      : []),
    ...follows,
    ...(mayPropose ? button("Propose a fix", { kind: "remediate", id }, "primary") : []),
    ...help,
    ...(help.length > 0 ? close : []),
    ...button("Why?", { kind: "explain", id }),
    ...(parts.said === null ? button("Not a problem", { kind: "feedback", id }) : []),
    ...(incident.status === "silenced"
      ? button("End silence", { kind: "silence", id, over: true })
      : button("Silence 2 h", { kind: "silence", id, duration: "2h" })),
    ...(help.length === 0 && plan?.verdict ? close : []),
    ...thresholdButtons(parts),
  ];
}

function thresholdButtons({ threshold }: IncidentParts): CardDraft["buttons"] {
  if (threshold === null) return [];
  const { id } = threshold;
  return [
    { label: "Accept the threshold", style: "primary", intent: { kind: "feedback", id, accept: true } },
    { label: "Leave it", style: "default", intent: { kind: "feedback", id, accept: false } },
  ];
}

function incidentFooter(incident: Incident, scene: Scene): string {
  const status =
    incident.status === "acknowledged"
      ? `acknowledged by ${incident.acknowledgedBy}`
      : incident.status === "silenced" && incident.silencedUntil !== null
        ? `silenced until ${wallClock(scene, incident.silencedUntil)}`
        : incident.status;
  const joined = incident.alerts.length > 1 ? ` · ${plural(incident.alerts.length, "alert")}` : "";
  return `${incident.id} · ${status}${joined}`;
}

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
