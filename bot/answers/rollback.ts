import type { Intent } from "../../intents/intent.ts";
import { lastChange, proposeRollback } from "../../remediation/rollback.ts";
import { type Asker, type Bot, privately, type Response } from "../bot.ts";
import { refusalCard } from "../cards/refusals.ts";
import { pickTarget } from "./pick-target.ts";
import { showPlan } from "./show.ts";

/** Proposes to take back a plan: the named one, or the last change (of a target). It runs only after approval. */
export async function rollback(
  intent: Extract<Intent, { kind: "rollback" }>,
  asker: Asker,
  bot: Bot,
): Promise<Response> {
  const named = await planOf(intent, bot);
  if (!named.ok) return named.response;
  const proposed = await proposeRollback(named.id, asker.person, bot.core);
  if (!proposed.ok) return privately(refusalCard("Nothing was proposed", proposed.message));
  if (proposed.plan.status === "approved") bot.run(proposed.plan.id);
  return showPlan(proposed.plan.id);
}

type Named = { ok: true; id: string } | { ok: false; response: Response };

async function planOf({ id, target }: Extract<Intent, { kind: "rollback" }>, bot: Bot): Promise<Named> {
  if (id !== undefined) return { ok: true, id };
  const picked = target === undefined ? null : pickTarget({ kind: "incidents", target }, bot);
  if (picked !== null && !picked.ok) return picked;
  const name = picked?.target.name ?? null;
  const plan = await lastChange(name, bot.core);
  if (plan !== null) return { ok: true, id: plan.id };
  const where = name === null ? "" : ` on ${name}`;
  const text = `No plan of mine that changed something${where} is left to take back. "history" tells what was done.`;
  return { ok: false, response: privately(refusalCard("There is nothing to take back", text)) };
}
