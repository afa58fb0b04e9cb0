import { onCall } from "../remediation/escalate.ts";
import { incidentNumber } from "../remediation/plan.ts";
import { getIncident } from "../remediation/incident.ts";
import { type Notice, told, untold } from "../remediation/notices.ts";
import { getPlan } from "../remediation/plans.ts";
import { standingPause } from "../remediation/pause.ts";
import type { Bot } from "./bot.ts";
import type { CardDraft } from "./card.ts";
import {
  glassBrokenCard,
  glassSealedCard,
  incidentEscalationCard,
  planEscalationCard,
  reminderCard,
} from "./cards/notice-card.ts";
import { identitiesOf, unreachedSentence } from "./reach.ts";

type Parts = Pick<Bot, "core" | "scene" | "homes">;

/**
 * Tells the home channels what the safety core wrote down for them, oldest first. A card is stored before its notice is
 * marked: after a crash between the two it is told twice rather than never.
 */
export function createNoticeTeller(bot: Parts, post: (card: CardDraft) => Promise<unknown>) {
  return async (): Promise<void> => {
    for (const notice of await untold(bot.core)) {
      const card = await cardOf(notice, bot);
      if (card !== null) await post(card);
      await told(notice, bot.core);
    }
  };
}

/** Null: what it is about was decided meanwhile, so that there is nothing to tell. */
async function cardOf(notice: Notice, bot: Parts): Promise<CardDraft | null> {
  const { kind, subject, detail } = notice;
  switch (kind) {
    case "reminder": {
      const plan = await getPlan(subject, bot.core);
      if (plan?.status !== "proposed") return null;
      return reminderCard(plan, detail.people ?? [], await standingPause(bot.core.store.db), bot.scene());
    }
    case "escalation":
      return escalationOf(notice, bot);
    case "glass broken": {
      const others = onCall(bot.core).filter((id) => id !== subject);
      return glassBrokenCard(detail, identitiesOf(others, bot), bot.scene());
    }
    case "glass sealed":
      return glassSealedCard(detail, bot.scene());
    default:
      throw new Error(`no words for the notice "${String(kind)}"`);
  }
}

async function escalationOf({ subject, detail }: Notice, bot: Parts): Promise<CardDraft | null> {
  const people = detail.people ?? [];
  const asked = {
    names: people.map((id) => bot.core.policy.people[id]?.name ?? id),
    mentions: identitiesOf(people, bot),
    by: detail.by ?? null,
    unreached: unreachedSentence(people, bot),
    pause: await standingPause(bot.core.store.db),
  };
  if (subject.startsWith("plan-")) {
    const plan = await getPlan(subject, bot.core);
    const waits = plan?.status === "proposed" || plan?.status === "needs_human";
    return plan !== null && waits ? planEscalationCard(plan, asked, bot.scene()) : null;
  }
  const incident = incidentNumber(subject) === null ? null : await getIncident(subject, bot.core);
  if (incident === null || incident.status === "resolved") return null;
  return incidentEscalationCard(incident, asked, bot.scene());
}
