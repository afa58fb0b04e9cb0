import { listIncidents } from "../remediation/incident.ts";
import { getPlan, listPlans } from "../remediation/plans.ts";
import type { Bot } from "./bot.ts";
import type { Card, CardDraft } from "./card.ts";
import { planLine } from "./cards/plan-line.ts";
import type { Conversations } from "./conversations.ts";
import type { StoredCard, View } from "./conversations/chat-store.ts";
import type { Delivery } from "./delivery.ts";
import { drawView } from "./draw-view.ts";
import { createPace } from "./pace.ts";
import type { Place } from "./surface.ts";

export type Subject = { incident?: string; plan?: string; fleet?: string };
export type Refresher = ReturnType<typeof createRefresher>;

const gatherMs = 50;
const recentMs = 24 * 3_600_000;

/** Keeps every copy of a card, on every surface, at what its incident or plan is now. */
export function createRefresher({
  bot,
  conversations,
  delivery,
  onError,
}: {
  bot: Bot;
  conversations: Conversations;
  delivery: Delivery;
  onError: (error: unknown) => void;
}) {
  const waiting = new Map<string, Subject>();
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();

  /** Called after every change of an incident or plan; several changes at once are one edit. */
  function changed(subject: Subject): void {
    waiting.set(JSON.stringify([subject.incident, subject.plan, subject.fleet]), subject);
    timer ??= setTimeout(() => {
      timer = null;
      running = running.then(refreshWaiting).catch(onError);
    }, gatherMs);
  }

  async function refreshWaiting(): Promise<void> {
    const subjects = [...waiting.values()];
    waiting.clear();
    // Of forty incidents that change at once the card they share is drawn once.
    const fleets = new Set<string>();
    const pace = createPace();
    for (const subject of subjects) {
      if (subject.fleet !== undefined) fleets.add(subject.fleet);
      else await refresh(subject, fleets);
      await pace();
    }
    for (const id of fleets) await refreshFleet(id);
  }

  async function refreshFleet(id: string): Promise<void> {
    const view: View = { kind: "fleet", id };
    const drawn = new Map<string, { draft: CardDraft; chart: Buffer | null }>();
    for (const copy of await conversations.showing(view)) await redraw(copy, view, drawn);
  }

  /** Edits all copies that show the subject. The picture is drawn once for all of them. */
  async function refresh(subject: Omit<Subject, "fleet">, fleets: Set<string>): Promise<void> {
    const plan = subject.plan === undefined ? null : await getPlan(subject.plan, bot.core);
    const incident = subject.incident ?? plan?.incident ?? undefined;
    const fleet = incident === undefined ? null : await bot.fleet.of(incident);
    if (fleet !== null) fleets.add(fleet);
    const copies = await conversations.copiesOf({ ...subject, ...(incident ? { incident } : {}) });
    const drawn = new Map<string, { draft: CardDraft; chart: Buffer | null }>();
    for (const copy of copies) {
      if (copy.view.kind === "reply") await refreshReply(copy);
      else await redraw(copy, copy.view, drawn);
    }
  }

  async function redraw(
    copy: StoredCard,
    view: View,
    drawn: Map<string, { draft: CardDraft; chart: Buffer | null }>,
  ): Promise<void> {
    const key = JSON.stringify(view);
    let face = drawn.get(key);
    if (face === undefined) {
      const draft = await drawView(view, bot);
      if (draft === null) return;
      face = { draft, chart: await delivery.picture(draft) };
      drawn.set(key, face);
    }
    await delivery.edit(copy, face.draft, face.chart);
  }

  /** An answer that carried Approve and Deny keeps its body, loses those buttons and gains the outcome's line. */
  async function refreshReply(copy: StoredCard): Promise<void> {
    if (copy.card.plan === null) return;
    const plan = await getPlan(copy.card.plan, bot.core);
    if (plan === null || plan.status === "proposed") return;
    const line = `${plan.id}: ${planLine(plan, bot.scene())}${plan.verdict === null ? "" : ` Verdict: ${plan.verdict}.`}`;
    const next = withOutcome(copy.card, line);
    if (JSON.stringify(next) !== JSON.stringify(copy.card)) await delivery.amend(next);
  }

  /** Draws one posted card anew at once, for the person who has just clicked it. */
  async function refreshCard(id: string): Promise<Card | null> {
    const copy = await conversations.find(id);
    if (copy === null) return null;
    if (copy.view.kind === "reply") await refreshReply(copy);
    else await redraw(copy, copy.view, new Map());
    return (await conversations.find(id))?.card ?? null;
  }

  /** Posts the one card of a fleet-wide change, or edits it where it stands. */
  async function announceFleet(id: string, homes: readonly Place[]): Promise<void> {
    const view: View = { kind: "fleet", id };
    const shown = await conversations.showing(view);
    if (shown.length > 0) return changed({ fleet: id });
    const draft = await drawView(view, bot);
    if (draft !== null) await delivery.post(homes, draft, view);
  }

  /** Posts an incident's card to the home channels that do not show it yet. */
  async function announce(incident: string, homes: readonly Place[]): Promise<void> {
    const copies = await conversations.copiesOf({ incident });
    const missing = homes.filter(
      (home) =>
        !copies.some(
          ({ view, place }) =>
            view.kind === "incident" && place.surface === home.surface && place.channel === home.channel,
        ),
    );
    if (missing.length === 0) return;
    const draft = await drawView({ kind: "incident", id: incident }, bot);
    if (draft === null) return;
    await delivery.post(missing, draft, { kind: "incident", id: incident });
  }

  /** After a start: what was decided or ended while cards could not be edited is shown on them now. */
  async function catchUp(): Promise<void> {
    for (const { id } of await listIncidents({ unresolvedOnly: true, limit: 10_000 }, bot.core))
      changed({ incident: id });
    for (const { id } of await bot.fleet.since(bot.scene().metricNow - recentMs / 1_000))
      changed({ fleet: id });
    const since = bot.scene().nowMs - recentMs;
    for (const plan of await listPlans({ limit: 100 }, bot.core)) {
      if (plan.createdAt >= since)
        changed({ plan: plan.id, ...(plan.incident ? { incident: plan.incident } : {}) });
    }
  }

  /** Waits until every change told so far is on its cards. */
  async function settled(): Promise<void> {
    if (timer !== null) {
      clearTimeout(timer);
      timer = null;
      running = running.then(refreshWaiting).catch(onError);
    }
    await running;
  }

  return { changed, refreshCard, announce, announceFleet, catchUp, settled };
}

const outcomeMark = "\n\n";

function withOutcome(card: Card, line: string): Card {
  const [body] = card.text.split(outcomeMark);
  return {
    ...card,
    text: `${body}${outcomeMark}${line}`,
    buttons: card.buttons.filter(({ label }) => !/^(Approve|Deny|Object|Escalate)\b/.test(label)),
  };
}
