import type { Pause } from "../../remediation/pause.ts";
import type { Plan } from "../../remediation/plan.ts";
import { capital, clockTime, list } from "../format.ts";
import { type Scene, wallClock } from "./scene.ts";

/** "Paused by Mara since 03:10 UTC ("deploy"). Nothing can be approved ..."; "" while automation is on. */
export function pausedSentence(pause: Pause | null, scene: Scene): string {
  if (pause === null) return "";
  const why = pause.reason === "" ? "" : ` ("${pause.reason}")`;
  return `Paused by ${pause.by} since ${wallClock(scene, pause.at)}${why}. Nothing can be approved or run; only an approver may resume.`;
}

/** "Once approved it runs between 02:00 and 04:00 CET."; "" for what may begin at once. */
export function waitingFor(plan: Plan, scene: Scene): string {
  if (plan.window === null) return "";
  return plan.window.from > scene.nowMs
    ? `Once approved it runs ${windowText(plan.window, scene)}.`
    : `Once approved it may begin until ${wallClock(scene, plan.window.to)}.`;
}

/** "between 02:00 and 04:00 CET", with the day where it is another. */
function windowText({ from, to }: { from: number; to: number }, scene: Scene): string {
  const begins = clockTime(from, scene.nowMs, scene.timeZone).replace(/ [^ ]+$/, "");
  return `between ${begins} and ${clockTime(to, from, scene.timeZone)}`;
}

/** That nobody has answered yet, and who was asked because of it; "" while that is nothing new. */
export function unanswered(plan: Plan, scene: Scene): string {
  if (plan.escalated)
    return `${capital(list(plan.escalated.to))} ${plan.escalated.to.length === 1 ? "was" : "were"} called at ${wallClock(scene, plan.escalated.at)}.`;
  return plan.remindedAt
    ? `Nobody has decided yet; people were reminded at ${wallClock(scene, plan.remindedAt)}.`
    : "";
}

/** How "Approved by Jon; ..." goes on: "it starts now", "it runs between 02:00 and 04:00 CET". */
export function startsWhen({ window }: Plan, scene: Scene): string {
  if (window === null) return "it starts now";
  if (window.from <= scene.nowMs)
    return `it starts as soon as no limit stands in its way, until ${wallClock(scene, window.to)}`;
  return `it runs ${windowText(window, scene)}`;
}
