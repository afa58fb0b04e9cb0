import type { Intent } from "../../intents/intent.ts";
import type { Refusal } from "../../remediation/context.ts";
import { nextWindow } from "../../remediation/next-window.ts";
import type { Plan } from "../../remediation/plan.ts";
import { proposePractice } from "../../remediation/practice.ts";
import type { Proposed } from "../../remediation/propose.ts";
import { type Asker, type Bot, privately, type Response } from "../bot.ts";
import { refusalCard } from "../cards/refusals.ts";
import { pickIncident } from "./incidents.ts";
import { offeredRunbooks } from "./offered-runbooks.ts";
import { pickTarget } from "./pick-target.ts";

/** A plan that does nothing, so that people may try their buttons and rights by day. */
export async function practise(
  intent: Extract<Intent, { kind: "remediate" }>,
  asker: Asker,
  bot: Bot,
): Promise<Proposed> {
  const later = windowOf(intent, bot, {});
  return later.ok ? proposePractice({ requester: asker.person, window: later.window }, bot.core) : later;
}

/** When it may begin, in the zone that the cards speak of; null: as soon as it is approved. */
export function windowOf(
  { when }: Extract<Intent, { kind: "remediate" }>,
  bot: Bot,
  tags: Record<string, string>,
): { ok: true; window: Plan["window"] } | Refusal {
  if (when === undefined) return { ok: true, window: null };
  const { nowMs: now, timeZone: zone } = bot.scene();
  return nextWindow(when, { now, zone, quietTimes: bot.core.quietTimes, tags });
}

/** Asks which remedy should run later, one button each; a time that cannot be is refused before. */
export async function nameTheRemedy(
  intent: Extract<Intent, { kind: "remediate" }>,
  bot: Bot,
): Promise<Response> {
  const picked = intent.id === undefined ? pickTarget(intent, bot) : null;
  if (picked?.ok === false) return picked.response;
  const incident = picked === null ? await pickIncident(intent, bot) : null;
  if (incident?.ok === false) return incident.response;
  const name = picked?.target.name ?? incident?.incident.target ?? "";
  const later = windowOf(intent, bot, bot.core.findTarget(name)?.tags ?? {});
  if (!later.ok) return privately(refusalCard("Nothing was proposed", later.message));
  const { when = "" } = intent;
  const text = `What runs later must be named now, because the rules choose by what is true then. Press one, or write "remediate ${name} RUNBOOK ${written(when)}".`;
  const buttons = offeredRunbooks(bot.core.runbooks).map((runbook) => ({
    label: `Propose ${runbook.effect}`,
    style: "default" as const,
    intent: { kind: "remediate" as const, target: name, runbook: runbook.name, when },
  }));
  return privately(refusalCard("Which remedy?", text, { buttons: buttons.slice(0, 5) }));
}

/** As an exact command says it: "at 02:00", "between 02:00 and 04:00", "in 10m". */
function written(when: string): string {
  const [, day = "", from, to] = /^((?:today|tomorrow) )?(\d{2}:\d{2})(?:-(\d{2}:\d{2}))?$/.exec(when) ?? [];
  if (from === undefined) return when === "maintenance" ? "in the next maintenance window" : when;
  return to === undefined ? `${day}at ${from}` : `${day}between ${from} and ${to}`;
}
