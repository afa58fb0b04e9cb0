import { atMost, remember, type SurfaceLog } from "../heard.ts";
import type { Answer, Listener } from "../surface.ts";
import type { DiscordHeard } from "./events.ts";
import type { Messages } from "./messages.ts";

/** Discord forgets a click after 3 s: a slow store may delay its acknowledgement only this long. */
const storeLimitMs = 700;

/**
 * Stores one delivery, acknowledges it, acts on it and brings the answer to whoever asked: as a reply, or, when
 * it is private, to this person alone. Never rejects; what did not arrive is in the log, and the listener is told.
 */
export function createAnswers(deps: { listener: Listener; messages: Messages; log: SurfaceLog }) {
  const { listener, messages, log } = deps;

  async function answer(discordHeard: DiscordHeard): Promise<void> {
    try {
      if (!(await accept(discordHeard))) return;
      const reply = await ask(listener, discordHeard);
      if (reply === null) return;
      const message = await bring(reply, discordHeard);
      if (message !== null) await reply.delivered(message);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ key: discordHeard.heard.key, reason }, "an answer did not reach Discord");
    }
  }

  /** False when it is known already. What could not be stored is not acknowledged: Discord says that it failed. */
  async function accept({ heard, interaction }: DiscordHeard): Promise<boolean> {
    const stored = remember(listener, heard);
    await atMost(storeLimitMs, stored);
    if (interaction !== null) await messages.acknowledge(interaction);
    return stored;
  }

  /** Answers Discord's id of a message that can be edited later. */
  async function bring(reply: Answer, discordHeard: DiscordHeard): Promise<string | null> {
    const { heard, messageId } = discordHeard;
    const place = { ...heard.place, thread: messageId ?? heard.place.thread };
    try {
      if (!reply.private) return await messages.post(place, reply.card);
      await messages.whisper(discordHeard, reply.card);
      return null;
    } catch (error) {
      await reply.undelivered();
      throw error;
    }
  }

  return answer;
}

function ask(listener: Listener, { heard, speaker }: DiscordHeard): Promise<Answer | null> {
  const { key, place } = heard;
  if (heard.kind === "click") return listener.click({ key, place, speaker, token: heard.token });
  return listener.message({ key, place, speaker, text: heard.text, sentAtMs: heard.sentAtMs });
}
