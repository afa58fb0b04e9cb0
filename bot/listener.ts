import type { Metrics } from "../infra/metrics.ts";
import type { Intent, Understood } from "../intents/intent.ts";
import { acts } from "../intents/commands.ts";
import { understand } from "../intents/understand.ts";
import { personOf } from "../remediation/people.ts";
import { type Bot, privately, type Response } from "./bot.ts";
import type { Card } from "./card.ts";
import { failedCard, refusalCard, slowDownCard } from "./cards/refusals.ts";
import type { Conversations } from "./conversations.ts";
import type { Delivery } from "./delivery.ts";
import type { StoredCard } from "./conversations/chat-store.ts";
import { drawView } from "./draw-view.ts";
import type { Refresher } from "./refresh.ts";
import { recordRefusal, respond } from "./respond.ts";
import { createSpeakingLimit } from "./speaking-limit.ts";
import type { Answer, IncomingClick, IncomingMessage, Listener, Place, Speaker } from "./surface.ts";

/** What came of a message or click: how it was understood and the card that answers it. */
export type Handled = {
  understood: Pick<Understood, "intent" | "confidence" | "source">;
  card: Card;
  /** Null when the answer is the clicked card itself, edited in place. */
  answer: Answer | null;
  refused: boolean;
};

/** What stops the bot, or is an emergency, never waits, however much its speaker has said before. */
const alwaysHeard: ReadonlySet<Intent["kind"]> = new Set(["deny", "cancel", "pause", "break_glass"]);

export type Talk = ReturnType<typeof createTalk>;

/**
 * Where every surface's messages and clicks come together: each delivery acts once, the person is known by the policy,
 * and one catch turns a broken answer into a card that says so.
 */
export function createTalk({
  bot,
  conversations,
  delivery,
  refresher,
  metrics,
  onError,
}: {
  bot: Bot;
  conversations: Conversations;
  delivery: Delivery;
  refresher: Refresher;
  metrics: Pick<Metrics, "messages" | "clicks" | "answerSeconds">;
  onError: (error: unknown) => void;
}) {
  const limits = bot.core.policy.limits;
  const takeTurn = createSpeakingLimit({
    perMinute: limits.messages_per_minute,
    burst: limits.message_burst,
    wall: () => bot.scene().nowMs,
  });

  async function say(place: Place, speaker: Speaker, text: string): Promise<Handled> {
    const subject = await conversations.threadSubject(place);
    const understood = understand(text, { thread: subject });
    const { source } = understood;
    metrics.messages.inc({ surface: place.surface, kind: understood.intent.kind, source });
    const response = await respondTo(place, speaker, understood.intent, understood.alternatives);
    const answer = await answerWith(place, response);
    await conversations.remember({
      place,
      person: speaker.identity,
      text,
      intent: understood.intent,
      cardId: answer.card.id,
    });
    return { understood, card: answer.card, answer, refused: response.private };
  }

  /** What an intent becomes when somebody says it by word, button or HTTP route. */
  async function act(place: Place, speaker: Speaker, intent: Intent): Promise<Handled> {
    const response = await respondTo(place, speaker, intent, []);
    const answer = await answerWith(place, response);
    return { understood: known(intent), card: answer.card, answer, refused: response.private };
  }

  async function press(place: Place, speaker: Speaker, token: string): Promise<Handled | null> {
    const button = await conversations.button(token);
    if (button === null) {
      metrics.clicks.inc({ surface: place.surface, result: "unknown" });
      return null;
    }
    const clicked = await conversations.find(button.cardId);
    const response = await respondTo(place, speaker, button.intent, []);
    metrics.clicks.inc({ surface: place.surface, result: response.private ? "refused" : "answered" });
    if (!response.private && clicked !== null && isToldBy(clicked, button.intent)) {
      const card = await refresher.refreshCard(button.cardId);
      if (card !== null) return { understood: known(button.intent), card, answer: null, refused: false };
    }
    if (!response.private && clicked !== null && response.view.kind !== "reply") {
      const drawn = await drawView(response.view, bot);
      const samePlan = drawn !== null && drawn.plan !== null && drawn.plan === clicked.card.plan;
      const sameIncident =
        drawn !== null &&
        drawn.incident !== null &&
        drawn.incident === clicked.card.incident &&
        clicked.view.kind === "incident";
      if (samePlan || sameIncident) {
        const card = await refresher.refreshCard(button.cardId);
        if (card !== null) return { understood: known(button.intent), card, answer: null, refused: false };
      }
    }
    const answer = await answerWith(place, response);
    return { understood: known(button.intent), card: answer.card, answer, refused: response.private };
  }

  async function respondTo(
    place: Place,
    speaker: Speaker,
    intent: Intent,
    alternatives: readonly Intent[],
  ): Promise<Response> {
    const end = metrics.answerSeconds.startTimer({ kind: intent.kind });
    const wait = alwaysHeard.has(intent.kind) ? 0 : takeTurn(speaker.identity);
    const asker = { person: personOf(bot.core.policy, speaker), surface: place.surface };
    try {
      if (wait > 0) {
        if (acts(intent.kind)) await recordRefusal(intent, asker, "too_many", bot);
        return privately(slowDownCard(wait));
      }
      return await respond(intent, asker, bot, alternatives);
    } catch (error) {
      onError(error);
      return privately(
        failedCard(
          "That went wrong on my side",
          'It is in my log ("logs"). Nothing was run because of it. Try again, and if it stays, run `smartcloudops doctor`.',
        ),
      );
    } finally {
      end();
    }
  }

  async function answerWith(place: Place, response: Response): Promise<Answer> {
    const draft =
      response.view.kind === "reply"
        ? response.draft
        : ((await drawView(response.view, bot)) ?? response.draft);
    return delivery.answer(place, draft, response.view, response.private);
  }

  const listener: Listener = {
    received: conversations.received,
    async message(incoming: IncomingMessage) {
      if (!(await mayHandle(incoming.key, incoming))) return null;
      return (await say(incoming.place, incoming.speaker, incoming.text)).answer;
    },
    async click(incoming: IncomingClick) {
      // The token itself would be a working button, so it is not stored.
      if (!(await mayHandle(incoming.key, { ...incoming, token: null }))) return null;
      const handled = await press(incoming.place, incoming.speaker, incoming.token);
      if (handled !== null) return handled.answer;
      return answerWith(
        incoming.place,
        privately(
          refusalCard(
            "I do not know this button",
            'It is older than my memory. Say "incidents" for what is open.',
          ),
        ),
      );
    },
  };

  /** Whether this delivery is new; a surface that has not stored it yet is covered too. */
  async function mayHandle(key: string, body: unknown): Promise<boolean> {
    await conversations.received(key, body);
    return conversations.claim(key);
  }

  return { listener, say, act, press };
}

/** Whether the clicked card itself shows what the click did to its incident, so that nothing else need be said. */
function isToldBy({ view }: StoredCard, intent: Intent): boolean {
  if (intent.kind !== "acknowledge" && intent.kind !== "silence" && intent.kind !== "resolve") return false;
  return view.kind === "incident" && view.id === intent.id;
}

function known(intent: Intent): Handled["understood"] {
  return { intent, confidence: 1, source: "button" };
}
