import type { Intent } from "../../intents/intent.ts";
import { findAction } from "../../remediation/actions/actions.ts";
import { allTrust, autonomyOff } from "../../remediation/autonomy.ts";
import { demote, promote, switchAutonomy } from "../../remediation/promote.ts";
import { heldBack, release } from "../../remediation/quarantine.ts";
import { answer, type Asker, type Bot, privately, type Response } from "../bot.ts";
import { type CardDraft, draft } from "../card.ts";
import { autonomyCard, type HeldBack, movedCard } from "../cards/autonomy-card.ts";
import { refusalCard } from "../cards/refusals.ts";
import { footer } from "../cards/scene.ts";
import { pickTarget } from "./pick-target.ts";

/** Shows or changes what rules may decide alone, and ends what waits for a person. The core checks every right. */
export async function autonomy(
  intent: Extract<Intent, { kind: "autonomy" }>,
  asker: Asker,
  bot: Bot,
): Promise<Response> {
  const { change, subject } = intent;
  if (change === undefined) return answer(await overview(bot));
  if (change === "on" || change === "off") return turn(change, asker, bot);
  if (subject === undefined) return answer(await overview(bot));
  if (change === "release") return releaseSubject(subject, asker, bot);
  const moved = await (change === "promote" ? promote : demote)(subject, asker.person, bot.core);
  const card = movedCard(change === "promote" ? "promoted" : "demoted", moved, bot.scene());
  return moved.ok ? answer(card) : privately(card);
}

/** What waits for a person before the bot tries again. */
export async function readHeldBack(bot: Bot): Promise<HeldBack> {
  return { off: await autonomyOff(bot.core.store.db), ...(await heldBack(bot.core)) };
}

async function overview(bot: Bot): Promise<CardDraft> {
  return autonomyCard(
    await allTrust(bot.core),
    await readHeldBack(bot),
    bot.core.policy.autonomy,
    bot.scene(),
  );
}

async function turn(position: "on" | "off", asker: Asker, bot: Bot): Promise<Response> {
  const moved = await switchAutonomy(position, asker.person, "", bot.core);
  if (!moved.ok) return privately(refusalCard(`Autonomy was not turned ${position}`, moved.message));
  return answer(
    position === "on"
      ? draft({
          title: "Autonomy is on again",
          tone: "ok",
          text: "Rules may do alone what they were promoted to; without a promotion people decide as before.",
          footer: footer(bot.scene()),
        })
      : draft({
          title: "Autonomy is off",
          tone: "warning",
          text: "No rule decides anything alone until a person turns it on again. Proposals still wait for approval.",
          footer: footer(bot.scene()),
        }),
  );
}

async function releaseSubject(subject: string, asker: Asker, bot: Bot): Promise<Response> {
  let name = subject;
  if (findAction(subject) === null) {
    const picked = pickTarget({ kind: "incidents", target: subject }, bot);
    if (!picked.ok) return picked.response;
    ({ name } = picked.target);
  }
  const released = await release(name, asker.person, bot.core);
  if (!released.ok) return privately(refusalCard(`${name} was not released`, released.message));
  return answer(
    draft({
      title:
        released.released === "target" ? `${name} is out of quarantine` : `The breaker of ${name} is closed`,
      tone: "ok",
      text: "What was tried before counts no more.",
      footer: footer(bot.scene()),
    }),
  );
}
