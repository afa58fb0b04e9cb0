import { answer, type Response } from "../bot.ts";
import { draft } from "../card.ts";

/** The incident's own card, drawn from its view as things stand, and edited as they go on. */
export function showIncident(id: string): Response {
  return answer(draft({ title: id, incident: id }), { kind: "incident", id });
}

/** The plan's own card, likewise. */
export function showPlan(id: string): Response {
  return answer(draft({ title: id, plan: id }), { kind: "plan", id });
}
