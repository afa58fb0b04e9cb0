import type { AuditEntry } from "../remediation/audit.ts";
import { type Plan, statusWord } from "../remediation/plan.ts";
import type { Policy } from "../remediation/policy.ts";
import { planLine } from "./cards/plan-line.ts";
import { outcomeTitle, titleOf, verdictSentence } from "./cards/plan-parts.ts";
import { type Scene, wallClock } from "./cards/scene.ts";
import { capital } from "./format.ts";
import { refusalWords } from "./refusal-words.ts";

/** What words about the past need besides the entry: who is called what, and what the plans were. */
export type Telling = {
  scene: Scene;
  policy: Pick<Policy, "people">;
  plans: ReadonlyMap<string, Plan>;
  /** Titles of alerts by their keys, where they are known. */
  alerts?: ReadonlyMap<string, string>;
};

/** One entry of the audit for people: "Jon approved plan-9 on discord", and why. `why` may be "". */
export type ToldEntry = { who: string; did: string; why: string; refused: boolean };

const system = "The bot";

/** Verbs whose own word would not be a sentence with who did it and what to. */
const words: Readonly<Record<string, string>> = {
  open: "opened",
  join: "added another alert to",
  "clear alert": "saw an alert end in",
  acknowledge: "took",
  silence: "silenced",
  "end silence": "ended the silence of",
  "silence in Alertmanager": "told Alertmanager to be silent about",
  "end silence in Alertmanager": "told Alertmanager to end its silence about",
  resolve: "resolved",
  feedback: "gave a verdict on",
  propose: "proposed",
  approve: "approved",
  deny: "denied",
  cancel: "cancelled",
  conclude: "settled",
  expire: "let expire",
  execute: "began to run",
  recover: "took over after a restart",
  done: "finished",
  failed: "gave up",
  needs_human: "asked a person about",
  remind: "reminded people of",
  escalate: "called for help with",
  "say why": "gave a reason against",
  "miss anchors": "found no anchors of",
  change: "told of a change of",
  "leave to people": "left to people",
  break: "broke",
  seal: "sealed",
  pause: "paused",
  resume: "resumed",
  quarantine: "put in quarantine",
  release: "released",
  promote: "promoted",
  demote: "demoted",
  "turn off": "turned off",
  "promote model": "took a new model into use for",
  "refuse model": "turned down a new model for",
  "roll back model": "went back to an earlier model of",
  "accept threshold": "accepted",
  "leave threshold": "left as it is",
};
const verdicts = new Set(["improved", "unchanged", "worse", "unverified"]);

/** Who did what and why, in words. All of it is data: nothing in it was ever checked for markup. */
export function tellEntry(entry: AuditEntry, telling: Telling): ToldEntry {
  const refused = entry.verb.startsWith("refused ");
  return {
    who: nameOf(entry.actor, telling),
    did: didOf(entry, refused, telling),
    why: whyOf(entry, refused, telling),
    refused,
  };
}

/** One line: "03:15 UTC Jon approved plan-9 on discord: \"looks right\"". */
export function entryLine(entry: AuditEntry, telling: Telling): string {
  const { who, did, why } = tellEntry(entry, telling);
  return `${wallClock(telling.scene, entry.at)} ${who} ${did}${why === "" ? "" : `: ${why}`}`;
}

/**
 * A plan in one line: what, who asked, who decided and when, and with what effect. "plan-9 Reboot web-1 (inc-4), asked
 * for by Mara: Approved by Jon 03:15 UTC · ran 7 s. Improved: Memory usage fell from 12.8 % to 2.4 %."
 */
export function planStory(plan: Plan, scene: Scene): string {
  const asked = plan.rule === null ? `asked for by ${plan.requester.name}` : `proposed by rule ${plan.rule}`;
  const about = plan.incident === null ? "" : ` (${plan.incident})`;
  const verdict = plan.verdict === null ? "" : ` ${capital(plan.verdict)}: ${verdictSentence(plan, scene)}`;
  const line = planLine(plan, scene) || "Nobody has decided yet.";
  return `${plan.id} ${titleOf(plan)}${about}, ${asked} ${wallClock(scene, plan.createdAt)}. ${line}${verdict}`;
}

/** The answer first: "plan-9 was approved by Jon", "Nobody approved plan-9". */
export function decisionTitle(plan: Plan, scene: Scene): string {
  const by = (decision: "approve" | "deny" | "cancel") =>
    plan.decisions
      .filter((each) => each.decision === decision)
      .map(({ name, at }) => `${name} ${wallClock(scene, at)}`);
  const [denied, cancelled, approved] = [by("deny"), by("cancel"), by("approve")];
  const outcome = outcomeTitle(plan) === null ? "" : `, ${plan.verdict ?? statusWord(plan.status)}`;
  // Whoever asks who approved it is told so, also when somebody else ended it then.
  const first = approved.length > 0 ? `approved by ${approved.join(" and ")}, then ` : "";
  if (denied.length > 0) return `${plan.id} was ${first}denied by ${denied.join(" and ")}`;
  if (cancelled.length > 0) return `${plan.id} was ${first}cancelled by ${cancelled.join(" and ")}`;
  if (approved.length > 0) return `${plan.id} was approved by ${approved.join(" and ")}${outcome}`;
  return plan.risk === 0 && plan.status !== "proposed"
    ? `${plan.id} needed no approval${outcome}`
    : `Nobody approved ${plan.id}: it is ${plan.status === "proposed" ? "waiting" : statusWord(plan.status)}`;
}

/** A person by the name in the policy; the bot, a rule or an unknown identity by what it is. */
function nameOf(actor: string, { policy }: Telling): string {
  if (actor === "system") return system;
  if (actor.startsWith("system:rule ")) return `Rule ${actor.slice("system:rule ".length)}`;
  const named = Object.hasOwn(policy.people, actor) ? policy.people[actor]?.name : undefined;
  return named === undefined ? actor : capital(named);
}

function didOf({ verb, subject, detail }: AuditEntry, refused: boolean, { plans }: Telling): string {
  const plan = plans.get(subject);
  const what =
    plan !== undefined && ["propose", "execute"].includes(verb) ? `${subject} (${titleOf(plan)})` : subject;
  const where =
    typeof detail.surface === "string" && detail.surface !== "rule" ? ` on ${detail.surface}` : "";
  if (refused) return `tried to ${verb.slice("refused ".length)} ${what}${where} and was refused`;
  if (verdicts.has(verb)) return `found ${subject} ${verb}`;
  if (verb.startsWith("step "))
    return stepWords(verb.slice("step ".length), Number(detail.step), plan) + ` of ${subject}`;
  return `${words[verb] ?? verb} ${what}${where}`;
}

function stepWords(state: string, n: number, plan: Plan | undefined): string {
  const step = plan?.steps.find((each) => each.n === n);
  const name = step === undefined ? `step ${n}` : `step ${n} (${step.action} on ${step.target})`;
  const said: Readonly<Record<string, string>> = {
    intent: `wrote down that it would call ${name}`,
    called: `called ${name}`,
    done: `saw the end of ${name}`,
    failed: `saw the failure of ${name}`,
    unknown: `does not know what became of ${name}`,
    needs_human: `asks a person about ${name}`,
  };
  return said[state] ?? `${state} ${name}`;
}

/** What people said, else what the machine noted; times as times. */
function whyOf({ detail, verb, subject }: AuditEntry, refused: boolean, telling: Telling): string {
  const { scene, plans, alerts } = telling;
  const text = (name: string) => (typeof detail[name] === "string" ? detail[name] : "");
  if (refused) return [refusalWords(text("reason")), quoted(text("said"))].filter(Boolean).join(", ");
  const plan = plans.get(subject);
  if (verdicts.has(verb)) return plan?.verdict === verb ? verdictSentence(plan, scene) : text("text");
  const until =
    verb === "silence" && typeof detail.until === "number" ? `until ${wallClock(scene, detail.until)}` : "";
  const parts = [
    until,
    ["open", "join", "clear alert"].includes(verb) ? (alerts?.get(text("key")) ?? "") : "",
    quoted(text("said")),
    verb === "feedback" ? text("verdict").replaceAll("_", " ") : "",
    text("break_glass") === "" ? "" : `alone, in an emergency: ${text("break_glass")}`,
    text("reason"),
    text("because"),
    text("note"),
    text("message"),
    text("outcome").replaceAll("_", " "),
    detail.quiet === true ? "its alerts ended" : "",
    verb === "resolve" && text("plan") !== "" ? `after ${text("plan")}` : "",
    verb === "open" || verb === "join" ? text("severity") : "",
    verb === "propose" && text("rule") !== "" ? `rule ${text("rule")}` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function quoted(text: string): string {
  return text === "" ? "" : `"${text}"`;
}
