import { resolutionBy } from "../../remediation/feedback.ts";
import { firingLimit, type Incident } from "../../remediation/incident.ts";
import type { Plan } from "../../remediation/plan.ts";
import { capital, list, sentence } from "../format.ts";
import { anomalyDetail, type IncidentParts } from "./incident-parts.ts";
import { outcomeSentence } from "./outcome-parts.ts";
import { planLine } from "./plan-line.ts";
import { verdictSentence } from "./plan-parts.ts";
import { pausedSentence } from "./plan-waiting.ts";
import { metricSince, type Scene } from "./scene.ts";

/** What is wrong, how it stands, what came of what was done, in that order. */
export function incidentText(parts: IncidentParts, scene: Scene): string {
  const { incident, plan, remedy } = parts;
  const told = parts.follow.takesBack ?? plan;
  const waits = plan?.status === "proposed" || plan?.status === "approved";
  const sentences = [
    told === null ? "" : verdictSentence(told, scene),
    // Said of the moment of detection: once a remedy has run it is told by the verdict, not in the present tense.
    told?.status === "done" ? "" : incident.summary,
    // A waiting plan says it among what the approver must know.
    told?.status === "done" || plan?.status === "proposed" ? "" : parts.follow.changes,
    alsoSentence(incident),
    quietSentence(incident, scene),
    plan === null ? "" : planLine(plan, scene),
    ...(plan?.status === "proposed" ? plan.notes.map(sentence) : []),
    parts.follow.unreached,
    resolvedSentence(incident),
    plan === null && incident.status !== "resolved" && !remedy.possible ? remedy.why : "",
    told === null ? "" : outcomeSentence(told, parts.follow, scene.nowMs),
    saidSentence(parts),
    parts.outside,
    asksNewNormal(parts) ? newNormalQuestion : "",
    parts.threshold?.text ?? "",
  ];
  const body = sentences.filter((each) => each !== "").join(" ");
  return [waits ? pausedSentence(parts.follow.pause, scene) : "", body].filter(Boolean).join("\n");
}

/** What fired until a person closed it: nobody has seen it end. */
export function wentOn({ alerts, resolvedBy, resolvedMetricAt }: Incident): string[] {
  if (resolvedBy === null || resolvedBy === "system") return [];
  return alerts.filter(({ endsAt }) => endsAt === resolvedMetricAt).map(({ title }) => title);
}

function resolvedSentence(incident: Incident): string {
  if (incident.status !== "resolved") return "";
  const why = incident.resolution ? `Resolved: ${incident.resolution.replace(/\.$/, "")}.` : "";
  const still = wentOn(incident).length > 0 ? "It had not ended when it was closed by hand." : "";
  return [why, still].filter(Boolean).join(" ");
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
export function asksNewNormal({ incident, plan }: IncidentParts): boolean {
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

/** For a plan that still waits although the trouble went away: the approver must know. */
function quietSentence(incident: Incident, scene: Scene): string {
  const ends = incident.alerts.map(({ status, endsAt }) => (status === "resolved" ? endsAt : null));
  if (incident.status === "resolved" || ends.length === 0) return "";
  const last = ends.reduce((latest, end) => (latest === null || end === null ? null : Math.max(latest, end)));
  return last === null ? "" : `It has looked usual again ${metricSince(scene, last)}.`;
}

/** Under way, or waiting for a person. */
export function isBusy(plan: Plan): boolean {
  return ["proposed", "approved", "executing", "needs_human"].includes(plan.status);
}

export function awaitsVerdict(plan: Plan): boolean {
  return plan.status === "done" && plan.verdict === null;
}
