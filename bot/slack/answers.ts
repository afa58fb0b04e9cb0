import type { Card } from "../card.ts";
import type { SurfaceLog } from "../heard.ts";
import type { Answer, Listener, Speaker } from "../surface.ts";
import { explain } from "./errors.ts";
import type { Install, SlackHeard } from "./events.ts";
import type { Messages } from "./messages.ts";
import { renderCard } from "./render.ts";
import { answerOverUrl } from "./response-url.ts";

/**
 * Acts on one stored delivery and brings the answer to whoever asked: to the thread or channel, or, when it is
 * private, to this person alone. Never rejects; what did not arrive is in the log.
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
      await (reply.private ? whisper(reply.card, slackHeard) : say(reply, slackHeard));
    } catch (error) {
      log.error({ key: slackHeard.heard.key, reason: messageOf(error) }, "an answer did not reach Slack");
    }
  }

  async function say(reply: Answer, { heard, responseUrl }: SlackHeard): Promise<void> {
    let message: string;
    try {
      message = await messages.post(heard.place, reply.card);
    } catch (error) {
      if (responseUrl === null) throw error;
      log.warn({ reason: messageOf(error) }, "a card could not be posted; only its asker sees it");
      const hint = `Only you see this, because I am not in this channel: type /invite @${install.botName}`;
      return sayOverUrl(responseUrl, { ...reply.card, footer: hint });
    }
    await reply.delivered(message);
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
