import type { Incident } from "../../remediation/incident.ts";
import { isPractice, type Plan } from "../../remediation/plan.ts";
import { type CardDraft, draft } from "../card.ts";
import { duration, list } from "../format.ts";
import { planFooter } from "./plan-card.ts";
import { concludeButtons, decisionButtons, titleOf } from "./plan-parts.ts";
import { footer, type Scene, wallClock, wallMoment } from "./scene.ts";

/** Whom a card addresses: by name for everybody, by identity for their chat. `by` null: because nobody answered. */
export type Asked = { names: string[]; mentions: string[]; by: string | null };

/** New in the channel, because an edited card is not noticed: nobody has decided, and who may. */
export function reminderCard(plan: Plan, names: readonly string[], scene: Scene): CardDraft {
  const who = names.length === 0 ? "" : ` ${oneOf(names.slice(0, 5))} may approve it.`;
  return draft({
    title: `Nobody has decided yet: ${titleOf(plan)}`,
    tone: "warning",
    text: `It has waited for ${waited(plan, scene)} and expires in ${left(plan, scene)}.${who}${practice(plan)}`,
    buttons: [...decisionButtons(plan), escalateButton(plan.id)],
    footer: footer(scene, planFooter(plan, scene)),
    incident: plan.incident,
    plan: plan.id,
  });
}

/** Addresses the people on call about a plan that waits, or needs a person. */
export function planEscalationCard(plan: Plan, asked: Asked, scene: Scene): CardDraft {
  const waiting = plan.status === "proposed";
  const why =
    asked.by === null ? `Nobody has decided for ${waited(plan, scene)}.` : `${asked.by} asks for help.`;
  const what = waiting
    ? `${list(asked.names)}, please decide: it expires in ${left(plan, scene)}.`
    : `${list(asked.names)}, please find out whether it happened.`;
  return draft({
    title: waiting
      ? `${plan.id} needs a decision: ${titleOf(plan)}`
      : `${plan.id} needs a person: ${titleOf(plan)}`,
    tone: "critical",
    text: `${why} ${what}${practice(plan)}`,
    buttons: [...decisionButtons(plan), ...concludeButtons(plan)],
    footer: footer(scene, planFooter(plan, scene)),
    incident: plan.incident,
    plan: plan.id,
    mentions: asked.mentions,
  });
}

/** Addresses the people on call about an incident for which no plan waits. */
export function incidentEscalationCard(incident: Incident, asked: Asked, scene: Scene): CardDraft {
  return draft({
    title: `${incident.id} needs somebody: ${incident.title}`,
    tone: "critical",
    text: `${asked.by ?? "Nobody answered, so the bot"} asks for help. ${list(asked.names)}, please look.`,
    buttons: [
      { label: "I take it", style: "primary", intent: { kind: "acknowledge", id: incident.id } },
      { label: "Why?", style: "default", intent: { kind: "explain", id: incident.id } },
    ],
    footer: footer(scene, incident.id, `opened ${wallMoment(scene, incident.openedAt)}`),
    incident: incident.id,
    mentions: asked.mentions,
  });
}

/** Loud on purpose: from now on one person's word is enough. */
export function glassBrokenCard(
  { by = "Somebody", reason = "", until = 0 }: { by?: string; reason?: string; until?: number },
  mentions: string[],
  scene: Scene,
): CardDraft {
  return draft({
    title: `${by} broke the glass until ${wallClock(scene, until)}`,
    tone: "critical",
    text: `${by} may approve alone until then, also own plans and those that need two: ${sentence(reason)} Limits, cooldowns, protected targets and the pause stay in force, and everything is recorded.`,
    buttons: [{ label: "Seal the glass", style: "default", intent: { kind: "break_glass", end: true } }],
    footer: footer(scene, '"seal glass" ends it early'),
    mentions,
  });
}

export function glassSealedCard(
  { people = [], by, reason = "" }: { people?: string[]; by?: string; reason?: string },
  scene: Scene,
): CardDraft {
  const how = by === undefined ? "Its 15 minutes are over." : `${by} ended it.`;
  return draft({
    title: "The glass is sealed again",
    tone: "info",
    text: `${list(people)} cannot approve alone any more. ${how} It was broken because: ${sentence(reason)} What was approved meanwhile says so on its cards.`,
    footer: footer(scene, '"history 1h" tells what was done'),
  });
}

/** Asks more people about a plan or an incident, at once. */
function escalateButton(id: string): CardDraft["buttons"][number] {
  return { label: "Escalate", style: "default", intent: { kind: "escalate", id } };
}

function practice(plan: Plan): string {
  return isPractice(plan) ? " It is a practice: nothing will be touched." : "";
}

function waited(plan: Plan, scene: Scene): string {
  return duration((scene.nowMs - plan.createdAt) / 1_000);
}

function left(plan: Plan, scene: Scene): string {
  return duration(Math.max(0, plan.expiresAt - scene.nowMs) / 1_000);
}

/** "a, b or c". */
function oneOf(names: readonly string[]): string {
  return list(names).replace(/ and (?!.* and )/, " or ");
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
