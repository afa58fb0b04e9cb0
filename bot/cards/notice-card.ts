import type { Incident } from "../../remediation/incident.ts";
import { isPractice, type Plan } from "../../remediation/plan.ts";
import type { Pause } from "../../remediation/pause.ts";
import { type CardDraft, draft } from "../card.ts";
import { capital, duration, list, sentence } from "../format.ts";
import { concludeButtons, decisionButtons } from "./plan-buttons.ts";
import { titleOf } from "./plan-parts.ts";
import { pausedSentence } from "./plan-waiting.ts";
import { footer, type Scene, wallClock, wallMoment } from "./scene.ts";

/**
 * Whom a card addresses: by name for everybody, by identity for their chat. `by` null: because nobody answered.
 * `unreached` says whom it does not reach and what to do about that; "" when it reaches all.
 */
export type Asked = {
  names: string[];
  mentions: string[];
  by: string | null;
  unreached: string;
  pause: Pause | null;
};

/** New in the channel, because an edited card is not noticed: nobody has decided, and who may. */
export function reminderCard(
  plan: Plan,
  names: readonly string[],
  pause: Pause | null,
  scene: Scene,
): CardDraft {
  const who = names.length === 0 ? "" : ` ${capital(oneOf(names.slice(0, 5)))} may approve it.`;
  return draft({
    title: `Nobody has decided yet: ${titleOf(plan)}`,
    tone: "warning",
    text: words(
      pausedSentence(pause, scene),
      `It has waited for ${waited(plan, scene)} and expires ${end(plan, scene)}.${who}${practice(plan)}`,
    ),
    buttons: [...decisionButtons(plan, pause), escalateButton(plan.id)],
    footer: footer(scene, idsOf(plan)),
    incident: plan.incident,
    plan: plan.id,
  });
}

/** Addresses the people on call about a plan that waits, or needs a person. */
export function planEscalationCard(plan: Plan, asked: Asked, scene: Scene): CardDraft {
  const waiting = plan.status === "proposed";
  const why =
    asked.by === null
      ? `Nobody has decided for ${waited(plan, scene)}.`
      : `${capital(asked.by)} asks for help.`;
  const what = waiting
    ? `${capital(list(asked.names))}, please decide: it expires ${end(plan, scene)}.`
    : `${capital(list(asked.names))}, please find out whether it happened.`;
  return draft({
    title: waiting
      ? `${plan.id} needs a decision: ${titleOf(plan)}`
      : `${plan.id} needs a person: ${titleOf(plan)}`,
    tone: "critical",
    text: words(pausedSentence(asked.pause, scene), why, `${what}${practice(plan)}`, asked.unreached),
    buttons: [...decisionButtons(plan, asked.pause), ...concludeButtons(plan)],
    footer: footer(scene, idsOf(plan)),
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
    text: words(
      `${capital(asked.by ?? "nobody answered, so the bot")} asks for help.`,
      `${capital(list(asked.names))}, please look.`,
      asked.unreached,
    ),
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
    title: `${capital(by)} broke the glass until ${wallClock(scene, until)}`,
    tone: "critical",
    text: `${sentence(`why: ${reason}`)} Until then ${by} may approve alone, also own plans and those that need two. Limits, cooldowns, protected targets and the pause stay in force, and everything is recorded.`,
    buttons: [{ label: "Seal the glass", style: "default", intent: { kind: "break_glass", end: true } }],
    footer: footer(scene, '"seal glass" ends it early'),
    mentions,
  });
}

export function glassSealedCard(
  { people = [], by, reason = "" }: { people?: string[]; by?: string; reason?: string },
  scene: Scene,
): CardDraft {
  const how = by === undefined ? "Its 15 minutes are over." : `${capital(by)} ended it.`;
  return draft({
    title: "The glass is sealed again",
    tone: "info",
    text: `${capital(list(people))} cannot approve alone any more. ${how} ${sentence(`it was broken because: ${reason}`)} What was approved meanwhile says so on its cards.`,
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

/** "at 03:29 UTC, in 5 min": the card is not drawn again while time passes, so the clock stands in it too. */
function end({ expiresAt }: Plan, scene: Scene): string {
  const left = duration(Math.max(0, expiresAt - scene.nowMs) / 1_000);
  return `at ${wallClock(scene, expiresAt)}, in ${left}`;
}

function idsOf({ incident, id, rule, requester }: Plan): string {
  const origin = rule === null ? `asked for by ${requester.name}` : `proposed by rule ${rule}`;
  return [incident, id, origin].filter((part) => part !== null).join(" · ");
}

/** "a, b or c". */
function oneOf(names: readonly string[]): string {
  return list(names).replace(/ and (?!.* and )/, " or ");
}

function words(...sentences: readonly string[]): string {
  return sentences.filter((each) => each !== "").join(" ");
}
