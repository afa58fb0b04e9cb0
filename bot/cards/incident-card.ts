import { beganAt, type Incident } from "../../remediation/incident.ts";
import type { Plan } from "../../remediation/plan.ts";
import type { Intent } from "../../intents/intent.ts";
import { type CardDraft, draft, type Tone } from "../card.ts";
import { plural } from "../format.ts";
import { besideUsual, quantityOf } from "./closer-look.ts";
import { anomalyDetail, type IncidentParts } from "./incident-parts.ts";
import { asksNewNormal, awaitsVerdict, incidentText, isBusy, wentOn } from "./incident-text.ts";
import { followButtons } from "./outcome-parts.ts";
import { concludeButtons, decisionButtons, detailsButtons, escalateButtons } from "./plan-buttons.ts";
import { planFooter } from "./plan-card.ts";
import { outcomeTitle } from "./plan-parts.ts";
import { waitingFields } from "./proposal-fields.ts";
import { footer, metricSince, metricTitle, type Scene, wallClock } from "./scene.ts";

/** The one card of an incident, edited as it goes: found, proposed, decided, running, verified. */
export function incidentCard(parts: IncidentParts, scene: Scene): CardDraft {
  const { incident, plan } = parts;
  const outcome = plan === null ? null : outcomeTitle(parts.follow.takesBack ?? plan);
  return draft({
    title: outcome ?? foundTitle(incident, scene),
    tone: incidentTone(incident, parts.follow.takesBack ?? plan),
    text: incidentText(parts, scene),
    fields: fields(parts, scene),
    buttons: buttons(parts),
    chart: parts.chart,
    footer: footer(
      scene,
      incidentFooter(incident),
      parts.fleet,
      plan === null ? null : planFooter({ ...plan, incident: null }, scene),
    ),
    incident: incident.id,
    plan: plan?.id ?? null,
  });
}

function foundTitle(incident: Incident, scene: Scene): string {
  const { title, status, acknowledgedBy, silencedUntil } = incident;
  const found = `${title} · ${metricSince(scene, beganAt(incident))}`;
  switch (status) {
    case "resolved":
      return `${title}: resolved`;
    case "acknowledged":
      return `${found} · ${acknowledgedBy} has it`;
    case "silenced":
      return silencedUntil === null ? found : `${found} · silenced until ${wallClock(scene, silencedUntil)}`;
    case "open":
      return found;
  }
}

function incidentTone(incident: Incident, plan: Plan | null): Tone {
  if (plan?.status === "needs_human" || plan?.status === "failed") return "critical";
  if (plan?.verdict === "unchanged" || plan?.verdict === "worse") return "critical";
  if (incident.status === "resolved") return wentOn(incident).length > 0 ? "warning" : "ok";
  return incident.severity === "critical" ? "critical" : incident.severity === "warning" ? "warning" : "info";
}

/** While a plan waits, what it would do and who may decide; else what besides the sentence's own metric tells of it. */
function fields(parts: IncidentParts, scene: Scene): CardDraft["fields"] {
  const { incident, plan } = parts;
  if (plan?.status === "proposed") return waitingFields(plan, parts.approval);
  if ((parts.follow.takesBack ?? plan)?.verdictDetail) return [];
  const said = incident.summary === "" ? "" : quantityOf(incident.metric ?? "");
  return (anomalyDetail(incident)?.top ?? [])
    .filter(({ metric }) => quantityOf(metric) !== said)
    .slice(0, 3)
    .map((row) => ({
      label: metricTitle(scene, row.metric),
      value: besideUsual(row, scene, row.thisHour ?? null),
    }));
}

/** What most will press comes first; after "Approve" and "Deny", which a waiting plan brings. */
function buttons(parts: IncidentParts): CardDraft["buttons"] {
  const { incident, plan, remedy } = parts;
  const decisions =
    plan === null ? [] : [...decisionButtons(plan, parts.follow.pause), ...concludeButtons(plan)];
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
    ...(plan === null ? [] : detailsButtons(plan)),
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

function incidentFooter({ id, status, acknowledgedBy, alerts }: Incident): string {
  const joined = alerts.length > 1 ? ` · ${plural(alerts.length, "alert")}` : "";
  return `${id} · ${status === "acknowledged" ? `acknowledged by ${acknowledgedBy}` : status}${joined}`;
}
