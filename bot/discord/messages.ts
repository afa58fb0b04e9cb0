import type { REST } from "discord.js";
import { z } from "zod";
import type { Card } from "../card.ts";
import type { Picture } from "../card-text.ts";
import type { SurfaceLog } from "../heard.ts";
import type { Place, ReadChart } from "../surface.ts";
import { discordCode, explain, isAnswered, teaching } from "./errors.ts";
import type { DiscordHeard } from "./events.ts";
import { limits } from "./limits.ts";
import { addressing, renderCard, renderPlain } from "./render.ts";

const created = z.object({ id: z.string() });

/** https://discord.com/developers/docs/resources/message#message-object-message-flags : EPHEMERAL */
const onlyForOne = 64;
const deferUpdate = 6;
const attachmentName = "chart.png";

/** Invalid Form Body, Missing Permissions (often only to attach files), Request entity too large. */
const simplerMayHelp = new Set<number | string | null>([50035, 50013, 40005]);

type Path = `/${string}`;
type Interaction = NonNullable<DiscordHeard["interaction"]>;

export type Messages = ReturnType<typeof createMessages>;

/** Posts, edits and whispers cards; an error says what to do about it. */
export function createMessages(deps: { rest: () => Promise<REST>; readChart: ReadChart; log: SurfaceLog }) {
  const { log } = deps;

  /** `thread` is the message that is answered: Discord's own threads are channels. */
  async function post(place: Place, card: Card): Promise<string> {
    const answer = await send("post", `/channels/${place.channel}/messages`, card, {
      nonce: card.id.slice(0, limits.nonce),
      enforce_nonce: true,
      // Only a new message tells anybody: an edit's mentions would be repeated with every change of the card.
      ...addressing(card),
      ...(place.thread === null
        ? {}
        : { message_reference: { message_id: place.thread, fail_if_not_exists: false } }),
    });
    return created.parse(answer).id;
  }

  async function edit(place: Place, message: string, card: Card): Promise<void> {
    await send("patch", `/channels/${place.channel}/messages/${message}`, card, {});
  }

  /** Tells Discord that the click arrived; the card stays as it is. A click that is stored counts even if this fails. */
  async function acknowledge({ id, token }: Interaction): Promise<void> {
    try {
      const rest = await deps.rest();
      await rest.post(`/interactions/${id}/${token}/callback`, { auth: false, body: { type: deferUpdate } });
    } catch (error) {
      const reason = isAnswered(error) ? "it was answered already, or came too late" : explain(error);
      log.warn({ reason }, "Discord did not take the acknowledgement of a click");
    }
  }

  /** Shows the card to one person only: after a click beside the card, otherwise as a direct message. */
  async function whisper({ interaction, heard }: DiscordHeard, card: Card): Promise<void> {
    if (interaction !== null) {
      const path: Path = `/webhooks/${interaction.applicationId}/${interaction.token}`;
      await send("post", path, card, { flags: onlyForOne }, false);
      return;
    }
    const rest = await deps.rest();
    try {
      const direct = await rest.post("/users/@me/channels", { body: { recipient_id: heard.user } });
      await post({ surface: "discord", channel: created.parse(direct).id, thread: null }, card);
    } catch (error) {
      // Better in the open than not at all: a refusal says nothing that the channel may not know.
      log.warn({ reason: teaching(error).message }, "a private answer could not be sent directly");
      await post(heard.place, card);
    }
  }

  async function send(
    method: "post" | "patch",
    path: Path,
    card: Card,
    extra: object,
    auth = true,
  ): Promise<unknown> {
    const rest = await deps.rest();
    const picture = await readPicture(card);
    try {
      return await rest[method](path, { ...request(card, picture, extra), auth });
    } catch (error) {
      if (!simplerMayHelp.has(discordCode(error))) throw teaching(error);
      log.warn(
        { card: card.id, reason: teaching(error).message },
        "Discord refused a card; it is sent simpler",
      );
      return sendSimpler(method, path, card, { picture, extra, auth, error });
    }
  }

  /** Without the picture where there was one, otherwise without the embed; the first refusal is the one to tell. */
  async function sendSimpler(
    method: "post" | "patch",
    path: Path,
    card: Card,
    first: { picture: Buffer | "unavailable" | null; extra: object; auth: boolean; error: unknown },
  ): Promise<unknown> {
    const rest = await deps.rest();
    const hadPicture = Buffer.isBuffer(first.picture);
    const plain = renderPlain(card);
    const content = [addressing(card).content, plain.content].filter(Boolean).join("\n");
    const body = hadPicture
      ? { ...renderCard(card, "unavailable"), attachments: [], ...first.extra }
      : { ...plain, embeds: [], attachments: [], ...first.extra, content };
    try {
      return await rest[method](path, { body, auth: first.auth });
    } catch {
      throw teaching(first.error);
    }
  }

  async function readPicture(card: Card): Promise<Buffer | "unavailable" | null> {
    if (card.image === null) return null;
    try {
      return (await deps.readChart(card.image.url)) ?? "unavailable";
    } catch (error) {
      log.warn({ card: card.id, error: String(error) }, "a chart could not be read");
      return "unavailable";
    }
  }

  return { post, edit, acknowledge, whisper };
}

/** An edit sends the picture again: Discord drops every attachment that is not named. */
function request(card: Card, png: Buffer | "unavailable" | null, extra: object) {
  const picture: Picture = Buffer.isBuffer(png) ? { ref: attachmentName } : png;
  const description = card.image?.alt.slice(0, limits.alt) || "Chart";
  const attachments = Buffer.isBuffer(png) ? [{ id: 0, filename: attachmentName, description }] : [];
  return {
    body: { ...renderCard(card, picture), attachments, ...extra },
    ...(Buffer.isBuffer(png)
      ? { files: [{ name: attachmentName, data: png, contentType: "image/png" }] }
      : {}),
  };
}
