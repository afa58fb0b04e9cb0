import { z } from "zod";
import type { Card } from "../card.ts";
import type { Picture } from "../card-text.ts";
import { pause, type SurfaceLog } from "../heard.ts";
import type { Place } from "../surface.ts";
import { slackCode, teaching } from "./errors.ts";
import type { Pace } from "./pace.ts";
import type { CallSlack } from "./people.ts";
import type { Pictures } from "./pictures.ts";
import { renderCard, renderPlain, type SlackMessage } from "./render.ts";

const posted = z.object({ ts: z.string() });

/** Slack needs a moment between the upload and the first use; until then it calls the block invalid. */
const picturePausesMs = [1_000, 2_000, 3_000];
const refusedBlocks = new Set([
  "invalid_blocks",
  "invalid_blocks_format",
  "msg_blocks_too_long",
  "msg_too_long",
]);

export type Messages = ReturnType<typeof createMessages>;

/** Posts, edits and whispers cards; an error says what to do about it. */
export function createMessages(deps: {
  call: CallSlack;
  pace: Pace;
  pictures: Pictures;
  /** The organisation whose people can be mentioned here; null while it is not known. */
  tenant: () => Promise<string | null>;
  log: SurfaceLog;
}) {
  const { call, pace, pictures, log } = deps;

  /** The Slack users whom a card addresses: of this organisation only, because elsewhere an id is somebody else's. */
  async function addressedBy({ mentions = [] }: Card): Promise<string[]> {
    const tenant = mentions.length === 0 ? null : await deps.tenant();
    if (tenant === null) return [];
    const start = `slack:${tenant}/`;
    return mentions.flatMap((identity) => (identity.startsWith(start) ? identity.slice(start.length) : []));
  }

  async function post(place: Place, card: Card): Promise<string> {
    const sent = { addressed: await addressedBy(card) };
    const answer = await send("chat.postMessage", card, sent, {
      channel: place.channel,
      ...(place.thread === null ? {} : { thread_ts: place.thread }),
      unfurl_links: false,
      unfurl_media: false,
      metadata: metadataOf(card),
    });
    return posted.parse(answer).ts;
  }

  async function edit(place: Place, message: string, card: Card): Promise<void> {
    const sent = { addressed: await addressedBy(card) };
    await send("chat.update", card, sent, {
      channel: place.channel,
      ts: message,
      metadata: metadataOf(card),
    });
  }

  /** Shows the card to one person only. In a channel's main line a thread would hide it, so it has none there. */
  async function whisper(to: { channel: string; user: string; thread: string | null }, card: Card) {
    await send(
      "chat.postEphemeral",
      card,
      { addressed: [] },
      {
        channel: to.channel,
        user: to.user,
        ...(to.thread === null ? {} : { thread_ts: to.thread }),
      },
    );
  }

  async function send(
    method: string,
    card: Card,
    { addressed }: { addressed: string[] },
    args: { channel: string } & Record<string, unknown>,
  ) {
    const picture = await pictures.pictureOf(card);
    try {
      return await sendWithPicture(method, { card, addressed }, picture, args);
    } catch (error) {
      if (!refusedBlocks.has(slackCode(error) ?? "")) throw teaching(error);
      log.warn(
        { card: card.id, code: slackCode(error) },
        "Slack refused a card's blocks; it is sent as plain text",
      );
      return deliver(method, args, renderPlain(card)).catch((second: unknown) => {
        throw teaching(second);
      });
    }
  }

  async function sendWithPicture(
    method: string,
    { card, addressed }: { card: Card; addressed: string[] },
    picture: Picture,
    args: { channel: string } & Record<string, unknown>,
  ): Promise<unknown> {
    if (picture === null || picture === "unavailable")
      return deliver(method, args, renderCard(card, picture, addressed));
    for (const waitMs of picturePausesMs) {
      try {
        return await deliver(method, args, renderCard(card, picture, addressed));
      } catch (error) {
        if (slackCode(error) !== "invalid_blocks") throw error;
        await pause(waitMs);
      }
    }
    pictures.forget(card);
    log.warn({ card: card.id }, "Slack did not take the uploaded chart; the card goes without it");
    return deliver(method, args, renderCard(card, "unavailable", addressed));
  }

  /** Cards that stand in the channel go before what one person is told. */
  function deliver(method: string, args: { channel: string }, message: SlackMessage): Promise<unknown> {
    return pace(args.channel, () => call(method, { ...args, ...message }), method !== "chat.postEphemeral");
  }

  return { post, edit, whisper };
}

/**
 * A post that Slack took although its answer was lost is posted again: the card's id on both lets a person, or a later
 * version, tell that they are copies. Nothing reads it yet.
 */
function metadataOf(card: Card) {
  return { event_type: "smartcloudops_card", event_payload: { card: card.id } };
}
