import type { Incident } from "../../remediation/incident.ts";
import type { Plan } from "../../remediation/plan.ts";
import { type CardDraft, draft, type Tone } from "../card.ts";
import type { ChartSpec } from "../chart-spec.ts";
import { list, plural, quantity, usualRange } from "../format.ts";
import { planFooter } from "./plan-card.ts";
import {
  concludeButtons,
  decisionButtons,
  outcomeTitle,
  planLine,
  verdictFields,
  verdictSentence,
} from "./plan-parts.ts";
import { footer, metricSince, metricTitle, metricUnit, type Scene, wallClock } from "./scene.ts";

/** What the watch stores with an anomaly alert for its card; the safety core only keeps it. */
export type AnomalyDetail = {
  /** Largest share first. */
  top: { metric: string; value: number; usual: [low: number, high: number]; share: number }[];
  score: number;
  /** "no normal moment in the 27 minutes it has seen looks like this" */
  rarity: string;
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
};

/** The one card of an incident, edited as it goes: found, proposed, decided, running, verified. */
export function incidentCard(parts: IncidentParts, scene: Scene): CardDraft {
  const { incident, plan } = parts;
  const outcome = plan === null ? null : outcomeTitle(plan);
  return draft({
    title: outcome ?? foundTitle(incident, scene),
    tone: incidentTone(incident, plan),
    text: bodyText(parts, scene),
    fields: fields(parts, scene),
    buttons: buttons(parts),
    chart: parts.chart,
    footer: footer(
      scene,
      incidentFooter(incident, scene),
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

/** When the trouble began, metric time: a little before it was noticed. */
function beganAt(incident: Incident): number {
  return Math.min(incident.openedMetricAt, ...incident.alerts.map(({ startsAt }) => startsAt));
}

function incidentTone(incident: Incident, plan: Plan | null): Tone {
  if (plan?.status === "needs_human" || plan?.status === "failed") return "critical";
  if (plan?.verdict === "unchanged" || plan?.verdict === "worse") return "critical";
  if (incident.status === "resolved") return "ok";
  return incident.severity === "critical" ? "critical" : incident.severity === "warning" ? "warning" : "info";
}

function bodyText({ incident, plan, remedy }: IncidentParts, scene: Scene): string {
  const sentences = [
    plan === null ? "" : verdictSentence(plan, scene),
    // Said of the moment of detection: once a remedy has run it is told by the verdict, not in the present tense.
    plan?.status === "done" ? "" : incident.summary,
    alsoSentence(incident),
    quietSentence(incident, scene),
    plan === null ? "" : planLine(plan, scene),
    incident.status === "resolved" && incident.resolution ? `Resolved: ${incident.resolution}.` : "",
    plan === null && incident.status !== "resolved" && !remedy.possible ? remedy.why : "",
    plan?.verdict === "unchanged" ? "I have not tried anything else." : "",
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
  if (plan?.verdictDetail) return verdictFields(plan, scene);
  const top = anomalyDetail(incident)?.top ?? [];
  const waiting = plan?.status === "proposed";
  const measured = top
    .filter(worthSaying)
    .slice(0, waiting ? 2 : 3)
    .map((row) => ({
      label: metricTitle(scene, row.metric),
      value: `${quantity(row.value, metricUnit(scene, row.metric))} (usually ${usualRange(row.usual, metricUnit(scene, row.metric))})`,
    }));
  if (!waiting) return measured;
  return [
    ...measured,
    { label: `If approved: ${plan.title}`, value: [...plan.blastRadius, ...plan.notes].join(" ") },
    { label: "Approval", value: `risk ${plan.risk}, ${parts.approval}` },
  ];
}

function buttons({ incident, plan, remedy }: IncidentParts): CardDraft["buttons"] {
  const decisions = plan === null ? [] : [...decisionButtons(plan), ...concludeButtons(plan)];
  if (incident.status === "resolved") return decisions;
  const busy = plan !== null && ["proposed", "approved", "executing", "needs_human"].includes(plan.status);
  const awaitingVerdict = plan?.status === "done" && plan.verdict === null;
  const propose: CardDraft["buttons"] =
    !busy && !awaitingVerdict && remedy.possible
      ? [{ label: "Propose a fix", style: "primary", intent: { kind: "remediate", id: incident.id } }]
      : [];
  const rest: CardDraft["buttons"] = [
    { label: "Why?", style: "default", intent: { kind: "explain", id: incident.id } },
    ...(incident.status === "open"
      ? [
          {
            label: "Acknowledge",
            style: "default",
            intent: { kind: "acknowledge", id: incident.id },
          } as const,
          {
            label: "Silence 2 h",
            style: "default",
            intent: { kind: "silence", id: incident.id, duration: "2h" },
          } as const,
        ]
      : []),
    ...(plan?.verdict
      ? [
          {
            label: `Close ${incident.id}`,
            style: "default",
            intent: { kind: "resolve", id: incident.id, reason: `after ${plan.id}` },
          } as const,
        ]
      : []),
  ];
  return [...decisions, ...propose, ...rest];
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

/** The leading metric, and others only where they carry part of the finding. */
function worthSaying(row: AnomalyDetail["top"][number], rank: number): boolean {
  return rank === 0 || row.share >= 0.05;
}

/** Reads back what the watch stored; null when the incident came from elsewhere. */
export function anomalyDetail(incident: Pick<Incident, "detail">): AnomalyDetail | null {
  const { top, score, rarity } = incident.detail;
  if (!Array.isArray(top) || typeof score !== "number" || typeof rarity !== "string") return null;
  return { top: top as AnomalyDetail["top"], score, rarity };
}

/** "What's on fire": every unresolved incident in one line. */
export function incidentsCard(
  incidents: readonly Incident[],
  plans: readonly Plan[],
  /** Why the watch cannot see, or null: then no incident says nothing about the targets. */
  blindBecause: string | null,
  scene: Scene,
): CardDraft {
  if (incidents.length === 0) {
    return draft({
      title: blindBecause === null ? "No open incidents" : "No open incidents, but I cannot see the targets",
      tone: blindBecause === null ? "ok" : "warning",
      text: blindBecause ?? 'The watch has raised none. "check" looks at this moment.',
      footer: footer(scene),
    });
  }
  const lines = incidents.slice(0, 20).map((incident) => {
    const plan = plans.find((each) => each.incident === incident.id);
    const waits = plan?.status === "proposed" ? ` · ${plan.id} waits for approval` : "";
    return `${incident.id} ${incident.title} · ${metricSince(scene, beganAt(incident))} · ${incident.status}${waits}`;
  });
  const more = incidents.length > 20 ? [`and ${incidents.length - 20} more`] : [];
  const single =
    incidents.length === 1 ? plans.find((plan) => plan.incident === incidents[0]?.id) : undefined;
  return draft({
    title: `${plural(incidents.length, "open incident")}`,
    tone: incidents.some((incident) => incident.severity === "critical") ? "critical" : "warning",
    text: [...lines, ...more, ...(blindBecause === null ? [] : [blindBecause])].join("\n"),
    buttons: [
      ...(single === undefined ? [] : decisionButtons(single)),
      ...incidents.slice(0, 3).map((incident) => ({
        label: `Show ${incident.id}`,
        style: "default" as const,
        intent: { kind: "incidents" as const, id: incident.id },
      })),
    ],
    footer: footer(scene),
    incident: incidents.length === 1 ? (incidents[0]?.id ?? null) : null,
    plan: single?.id ?? null,
  });
}
