import type { Card } from "../card.ts";
import type { SurfaceLog } from "../heard.ts";
import type { Answer, Listener, Speaker } from "../surface.ts";
import { explain, isRefused } from "./errors.ts";
import type { Install, SlackHeard } from "./events.ts";
import type { Messages } from "./messages.ts";
import { renderCard } from "./render.ts";
import { answerOverUrl } from "./response-url.ts";

/**
 * Acts on one stored delivery and brings the answer to whoever asked: to the thread or channel, or, when it is
 * private, to this person alone. Never rejects; what did not arrive is in the log, and the listener is told.
 */
export function createAnswers(deps: {
  listener: Listener;
  messages: Messages;
  speaker(slackHeard: SlackHeard): Promise<Speaker>;
  install: Install;
  apiUrl: string;
  log: SurfaceLog;
}) {
  const { listener, messages, install, apiUrl, log } = deps;

  async function answer(slackHeard: SlackHeard): Promise<void> {
    try {
      const reply = await ask(listener, slackHeard, await deps.speaker(slackHeard));
      if (reply === null) return;
      const message = await bring(reply, slackHeard);
      if (message !== null) await reply.delivered(message);
    } catch (error) {
      log.error({ key: slackHeard.heard.key, reason: messageOf(error) }, "an answer did not reach Slack");
    }
  }

  /** Answers Slack's id of a message that can be edited later. */
  async function bring(reply: Answer, slackHeard: SlackHeard): Promise<string | null> {
    try {
      if (!reply.private) return await say(reply.card, slackHeard);
      await whisper(reply.card, slackHeard);
      return null;
    } catch (error) {
      await reply.undelivered();
      throw error;
    }
  }

  async function say(card: Card, { heard, responseUrl }: SlackHeard): Promise<string | null> {
    try {
      return await messages.post(heard.place, card);
    } catch (error) {
      const refused = error instanceof Error && isRefused(error.cause);
      if (responseUrl === null || !refused) throw error;
      log.warn({ reason: messageOf(error) }, "a card could not be posted; only its asker sees it");
      const hint = `Only you see this, because I am not in this channel: type /invite @${install.botName}`;
      await sayOverUrl(responseUrl, { ...card, footer: hint });
      return null;
    }
  }

  async function whisper(card: Card, { heard, privateThread, responseUrl }: SlackHeard): Promise<void> {
    const to = { channel: heard.place.channel, user: heard.user, thread: privateThread };
    try {
      await messages.whisper(to, card);
    } catch (error) {
      if (responseUrl === null) throw error;
      await sayOverUrl(responseUrl, card);
    }
  }

  function sayOverUrl(address: string, card: Card): Promise<void> {
    return answerOverUrl(address, renderCard(card, card.image === null ? null : "unavailable"), apiUrl);
  }

  return answer;
}

function ask(listener: Listener, { heard }: SlackHeard, speaker: Speaker): Promise<Answer | null> {
  const { key, place } = heard;
  if (heard.kind === "click") return listener.click({ key, place, speaker, token: heard.token });
  return listener.message({ key, place, speaker, text: heard.text, sentAtMs: heard.sentAtMs });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : explain(error);
}
