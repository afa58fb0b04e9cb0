import { redactText } from "../../infra/redact.ts";
import { isNoted } from "../../remediation/decide-alone.ts";
import { isPractice, type Plan } from "../../remediation/plan.ts";
import type { CardDraft } from "../card.ts";
import { duration, list, quantity, usualRange } from "../format.ts";
import { asDone, withoutActionSentence } from "./outcome-parts.ts";
import { startsWhen, unanswered, waitingFor } from "./plan-waiting.ts";
import { metricTitle, metricUnit, type Scene, wallClock } from "./scene.ts";

type Buttons = CardDraft["buttons"];
type Fields = CardDraft["fields"];

/** Approve and Deny, while the plan waits. Red only where something stops. */
export function decisionButtons(plan: Plan): Buttons {
  if (plan.status === "approved" && plan.window !== null)
    return [{ label: `Cancel ${plan.effect}`, style: "default", intent: { kind: "cancel", id: plan.id } }];
  if (plan.status !== "proposed") return [];
  return [
    {
      label: `Approve ${plan.effect}`,
      style: plan.risk >= 2 && !isPractice(plan) ? "danger" : "primary",
      intent: { kind: "approve", id: plan.id, digest: plan.digest },
    },
    { label: "Deny", style: "default", intent: { kind: "deny", id: plan.id, digest: plan.digest } },
    ...(runsByItself(plan)
      ? [{ label: "Object", style: "default", intent: { kind: "cancel", id: plan.id } } as const]
      : []),
  ];
}

/** Whether a plan that waits will be run by its rule unless somebody objects; what stands in its way is in its notes. */
export function runsByItself(plan: Plan): boolean {
  return plan.status === "proposed" && !!plan.runsAlone && !isNoted(plan);
}

/** "Runs by itself in 4 min (03:21) unless somebody objects."; "" for every other plan. */
export function countdown(plan: Plan, scene: Scene): string {
  if (!runsByItself(plan) || !plan.runsAlone) return "";
  const left = plan.runsAlone.at - scene.nowMs;
  const when =
    left <= 0 ? "now" : `in ${Math.ceil(left / 60_000)} min (${wallClock(scene, plan.runsAlone.at)})`;
  return `Runs by itself ${when} unless somebody objects.`;
}

/** For what did not help or needs a person: more people can be asked. */
export function escalateButtons(plan: Plan): Buttons {
  const stuck = plan.status === "needs_human" || plan.verdict === "unchanged" || plan.verdict === "worse";
  if (!stuck) return [];
  const id = plan.status === "needs_human" ? plan.id : plan.incident;
  return id === null ? [] : [{ label: "Escalate", style: "default", intent: { kind: "escalate", id } }];
}

/** What a person settles when the machine cannot know. */
export function concludeButtons(plan: Plan): Buttons {
  if (plan.status !== "needs_human") return [];
  return [
    {
      label: "It happened",
      style: "default",
      intent: { kind: "conclude", id: plan.id, outcome: "happened" },
    },
    {
      label: "It did not happen",
      style: "default",
      intent: { kind: "conclude", id: plan.id, outcome: "did_not_happen" },
    },
  ];
}

/** "Memory usage fell from 12.8 % to 2.4 % (usually 1.9-2.9 %)."; "" before the verdict. */
export function verdictSentence(plan: Plan, scene: Scene): string {
  const detail = plan.verdictDetail;
  if (detail === null) return "";
  const { metric, before, after, usual } = detail;
  if (before === null || after === null) return detail.text;
  const unit = metricUnit(scene, metric);
  const title = metricTitle(scene, metric);
  const [was, is] = [quantity(before, unit), quantity(after, unit)];
  const standing =
    unit === "up"
      ? `The service is ${is}, it was ${was}`
      : `${title} is still ${is}${was === is ? "" : `, it was ${was}`}`;
  const still = plan.verdict === "unchanged" || was === is;
  const wentOn = plan.verdict === "unchanged" && detail.withoutAction !== undefined && was !== is;
  const moved = wentOn
    ? `${title} went on from ${was} to ${is}`
    : still || unit === "up"
      ? standing
      : `${title} ${after < before ? "fell" : "rose"} from ${was} to ${is}`;
  const told = `${moved}${usual && unit !== "up" ? ` (usually ${usualRange(usual, unit)})` : ""}.`;
  return [told, withoutActionSentence(detail, scene)].filter(Boolean).join(" ");
}

/** Diagnostics, practices and the like: nothing was changed, so there is nothing to verify. */
export function onlyReads(plan: Pick<Plan, "risk" | "targets" | "steps">): boolean {
  return plan.risk === 0 || isPractice(plan);
}

/** What a reading step brought back, as data; "" where there is none. */
export function outputOf(plan: Plan): string {
  const outputs = plan.steps.map((step) => step.evidence.output ?? "");
  return redactText(outputs.filter(Boolean).join("\n"));
}

/** What the verdict rests on. */
export function verdictFields(plan: Plan, scene: Scene): Fields {
  const detail = plan.verdictDetail;
  if (detail === null) return [];
  const unit = metricUnit(scene, detail.metric);
  const said = (value: number | null) => quantity(value ?? Number.NaN, unit);
  return [
    { label: `${metricTitle(scene, detail.metric)}, mean before`, value: said(detail.before) },
    { label: "Mean after", value: said(detail.after) },
    ...(detail.usual ? [{ label: "Usual", value: usualRange(detail.usual, unit) }] : []),
  ];
}

/** The one line a decided plan adds to its cards: who, when, and what came of it. "" while it waits. */
export function planLine(plan: Plan, scene: Scene): string {
  switch (plan.status) {
    case "proposed":
      return [
        approvalsSoFar(plan, scene),
        waitingFor(plan, scene),
        countdown(plan, scene),
        unanswered(plan, scene),
      ]
        .filter(Boolean)
        .join(" ");
    case "approved":
      return `${approvedBy(plan, scene)}; ${startsWhen(plan, scene)}.`;
    case "executing":
      return `${approvedBy(plan, scene)}; ${runningStep(plan)}.`;
    case "done":
      return `${approvedBy(plan, scene)} · ran ${ranFor(plan)}.${plan.verdict === null && !onlyReads(plan) ? ` ${waitingLine(plan)}` : ""}`;
    case "denied":
      return `${decidedBy(plan, scene, "deny", "Denied")}. Nothing was run.${whyHint(plan)}`;
    case "cancelled":
      return cancelledLine(plan, scene);
    case "expired":
      if (plan.decisions.some(({ decision }) => decision === "approve"))
        return `${approvedBy(plan, scene)}, but it did not begin in time. Nothing was run.`;
      return `Nobody decided in time: ${plan.id} expired ${wallClock(scene, plan.expiresAt)}. Nothing was run.`;
    case "failed":
      return `${approvedBy(plan, scene)}, but it failed: ${howItEnded(plan)}`;
    case "needs_human":
      return `${howItEnded(plan)} I have not asked again and will not.`;
    default:
      return unreachable(plan.status);
  }
}

/** "Restart app on web-1": the targets are named once. */
export function titleOf(plan: Plan): string {
  const targets = list(plan.targets.map((target) => target.name));
  return plan.title.includes(targets) ? plan.title : `${plan.title} on ${targets}`;
}

/** What came of a plan, as a title; null while nothing has. */
export function outcomeTitle(plan: Plan): string | null {
  const title = titleOf(plan);
  switch (plan.status) {
    case "done":
      if (isPractice(plan)) return "Practised an approval: done, nothing was touched";
      if (onlyReads(plan)) return asDone(title);
      return plan.verdict === null
        ? `${asDone(title)}: done, checking whether it helped`
        : `${asDone(title)}: ${plan.verdict}`;
    case "failed":
      return `${title}: failed`;
    case "needs_human":
      return `${plan.id} needs a person: did this happen? ${title}`;
    case "proposed":
    case "approved":
    case "executing":
    case "denied":
    case "expired":
    case "cancelled":
      return null;
    default:
      return unreachable(plan.status);
  }
}

function approvalsSoFar(plan: Plan, scene: Scene): string {
  const names = plan.decisions.filter((each) => each.decision === "approve").map((each) => each.name);
  if (names.length === 0) return "";
  return `${list(names)} approved ${wallClock(scene, plan.decisions[0]?.at ?? plan.createdAt)}; ${plan.approvalsNeeded - names.length} more needed.`;
}

/** A person's cancelling, or why the bot itself did not run it: the last note of the safety core. */
function cancelledLine(plan: Plan, scene: Scene): string {
  const byPerson = plan.decisions.some(({ decision }) => decision === "cancel");
  if (byPerson) return `${decidedBy(plan, scene, "cancel", "Cancelled")}. Nothing was run.`;
  const why = plan.notes.at(-1)?.replace(/^not run: /, "");
  return `Cancelled, nothing was run${why === undefined ? "" : `: ${why.replace(/\.$/, "")}`}.`;
}

function approvedBy(plan: Plan, scene: Scene): string {
  const alone = plan.decisions.find(({ decision, breakGlass }) => decision === "approve" && breakGlass);
  if (alone === undefined) return decidedBy(plan, scene, "approve", "Approved");
  return `${alone.name} broke the glass and approved alone ${wallClock(scene, alone.at)}: ${alone.reason ?? "no reason given"}`;
}

/** Who denied with one click may say why afterwards, in one line. */
function whyHint({ id, decisions }: Plan): string {
  const denial = decisions.findLast(({ decision }) => decision === "deny");
  return denial === undefined || denial.reason
    ? ""
    : ` ${denial.name} may say why: "deny ${id} because ...".`;
}

function decidedBy(
  plan: Plan,
  scene: Scene,
  decision: Plan["decisions"][number]["decision"],
  word: string,
): string {
  const made = plan.decisions.filter((each) => each.decision === decision);
  const last = made.at(-1);
  if (last === undefined) return decision === "approve" ? "Runs without approval" : word;
  const reason = last.reason ? `: ${last.reason}` : "";
  return `${word} by ${list(made.map((each) => each.name))} ${wallClock(scene, last.at)}${reason}`;
}

function runningStep(plan: Plan): string {
  const back = plan.steps.find(({ undoes, state }) => undoes !== null && state !== "ready");
  if (back !== undefined) return `it did not work out, and step ${back.undoes} is being taken back`;
  const forth = plan.steps.filter(({ undoes }) => undoes === null);
  const step = forth.find((each) => each.state !== "done") ?? forth.at(-1);
  return step === undefined ? "running" : `running step ${step.n} of ${forth.length}`;
}

function ranFor(plan: Plan): string {
  return duration(((plan.doneAt ?? 0) - (plan.startedAt ?? plan.doneAt ?? 0)) / 1_000);
}

function waitingLine(plan: Plan): string {
  return `The verdict comes after ${duration(plan.settleSeconds)} of metrics.`;
}

/** What the core noted when the plan ended, the ways back included; else what its last step said. */
function howItEnded(plan: Plan): string {
  const note = plan.notes.at(-1);
  if (note !== undefined) return note;
  const told = plan.steps.filter((step) => step.message !== null).at(-1)?.message;
  return told ?? "No step told why.";
}

function unreachable(value: never): never {
  throw new Error(`no words for ${String(value)}`);
}
