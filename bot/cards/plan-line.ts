import type { Plan } from "../../remediation/plan.ts";
import { capital, duration, list, sentence } from "../format.ts";
import { runsByItself } from "./plan-buttons.ts";
import { onlyReads } from "./plan-parts.ts";
import { startsWhen, unanswered, waitingFor } from "./plan-waiting.ts";
import { type Scene, wallClock } from "./scene.ts";

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
      return `${decidedBy(plan, scene, "deny", "Denied")}${whyHint(plan)}. Nothing was run.`;
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

/** "Runs by itself in 4 min (03:21) unless somebody objects."; "" for every other plan. */
export function countdown(plan: Plan, scene: Scene): string {
  if (!runsByItself(plan) || !plan.runsAlone) return "";
  const left = plan.runsAlone.at - scene.nowMs;
  const when =
    left <= 0 ? "now" : `in ${Math.ceil(left / 60_000)} min (${wallClock(scene, plan.runsAlone.at)})`;
  return `Runs by itself ${when} unless somebody objects.`;
}

function approvalsSoFar(plan: Plan, scene: Scene): string {
  const names = plan.decisions.filter((each) => each.decision === "approve").map((each) => each.name);
  if (names.length === 0) return "";
  return `${capital(list(names))} approved ${wallClock(scene, plan.decisions[0]?.at ?? plan.createdAt)}; ${plan.approvalsNeeded - names.length} more needed.`;
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
  return `${capital(alone.name)} broke the glass and approved alone ${wallClock(scene, alone.at)}: ${alone.reason ?? "no reason given"}`;
}

/** Who denied with one click may say why afterwards. */
function whyHint({ id, decisions }: Plan): string {
  const denial = decisions.findLast(({ decision }) => decision === "deny");
  return denial === undefined || denial.reason ? "" : ` without a reason ("deny ${id} because ..." adds it)`;
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
  const ms = (plan.doneAt ?? 0) - (plan.startedAt ?? plan.doneAt ?? 0);
  return ms < 1_000 ? "less than a second" : duration(ms / 1_000);
}

function waitingLine(plan: Plan): string {
  return `The verdict comes after ${duration(plan.settleSeconds)} of metrics.`;
}

/** What the core noted when the plan ended, the ways back included; else what its last step said. */
function howItEnded(plan: Plan): string {
  const note = plan.notes.at(-1);
  if (note !== undefined) return sentence(note);
  const told = plan.steps.filter((step) => step.message !== null).at(-1)?.message;
  return sentence(told ?? "no step told why");
}

function unreachable(value: never): never {
  throw new Error(`no words for ${String(value)}`);
}
