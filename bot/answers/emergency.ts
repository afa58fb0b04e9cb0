import type { Intent } from "../../intents/intent.ts";
import { breakGlass, sealGlass, standingGlass } from "../../remediation/break-glass.ts";
import { escalate } from "../../remediation/escalate.ts";
import { listPlans } from "../../remediation/plans.ts";
import { answer, type Asker, type Bot, privately, type Response } from "../bot.ts";
import { draft } from "../card.ts";
import { refusalCard } from "../cards/refusals.ts";
import { footer, wallClock } from "../cards/scene.ts";
import { capital, list } from "../format.ts";
import { unreached, unreachedSentence } from "../reach.ts";

/** Asks the people on call at once; without an id, about the one plan that waits. */
export async function escalateTo(
  intent: Extract<Intent, { kind: "escalate" }>,
  asker: Asker,
  bot: Bot,
): Promise<Response> {
  const subject = intent.id ?? (await onlyPlan(bot));
  if (subject === null) {
    const text = 'Say "escalate inc-12" or "escalate plan-17"; "incidents" shows what is open.';
    return privately(refusalCard("What is it about?", text));
  }
  const escalated = await escalate({ subject, person: asker.person }, bot.core);
  if (!escalated.ok) return privately(refusalCard("Nobody was asked", escalated.message));
  const { asked, subject: about } = escalated;
  const missed = unreached(asked, bot).length;
  const nobody = missed === asked.length;
  return answer(
    draft({
      title: nobody
        ? `Nobody was reached about ${about}`
        : `${capital(list(asked))} ${asked.length === 1 ? "was" : "were"} called about ${about}`,
      tone: missed === 0 ? "info" : "warning",
      text: [nobody ? "" : "The call stands on every home channel.", unreachedSentence(asked, bot)]
        .filter(Boolean)
        .join(" "),
      footer: footer(bot.scene(), about),
    }),
  );
}

async function onlyPlan(bot: Bot): Promise<string | null> {
  const plans = await listPlans({ statuses: ["proposed"] }, bot.core);
  return plans.length === 1 ? (plans[0]?.id ?? null) : null;
}

/** Declares an emergency, or ends what lasts of one. */
export async function emergency(
  intent: Extract<Intent, { kind: "break_glass" }>,
  { person }: Asker,
  bot: Bot,
): Promise<Response> {
  if (intent.end === true) {
    const sealed = await sealGlass(person, bot.core);
    if (!sealed.ok) return privately(refusalCard("Nothing was sealed", sealed.message));
    return answer(draft({ title: "The glass is sealed again", footer: footer(bot.scene()) }));
  }
  const broken = await breakGlass(person, intent.reason ?? "", bot.core);
  if (!broken.ok) return privately(refusalCard("The glass was not broken", broken.message));
  const standing = (await standingGlass(bot.core)).length;
  return answer(
    draft({
      title: `You may approve alone until ${wallClock(bot.scene(), broken.until)}`,
      text: "It is told on every home channel, and each card says what you approved alone and why. Limits, cooldowns, protected targets and the pause stay in force.",
      tone: "critical",
      buttons: [{ label: "Seal the glass", style: "default", intent: { kind: "break_glass", end: true } }],
      footer: footer(bot.scene(), standing > 1 ? `${standing} people may approve alone now` : null),
    }),
  );
}
