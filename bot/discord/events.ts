import { z } from "zod";
import type { Heard } from "../heard.ts";
import type { Speaker } from "../surface.ts";
import { limits } from "./limits.ts";

/** Who we are, from READY. */
export type Install = { botUserId: string; applicationId: string };

/** A delivery, and what only Discord's own answer to it needs. */
export type DiscordHeard = {
  heard: Heard;
  speaker: Speaker;
  /** The message that is answered; null for a click. */
  messageId: string | null;
  /** Answers a click within 3 s, and privately for 15 min; null for a message. */
  interaction: { id: string; token: string; applicationId: string } | null;
};

const user = z.object({
  id: z.string(),
  username: z.string().nullish(),
  global_name: z.string().nullish(),
  bot: z.boolean().nullish(),
  system: z.boolean().nullish(),
});

const member = z.object({
  nick: z.string().nullish(),
  roles: z.array(z.string()).nullish(),
  pending: z.boolean().nullish(),
  flags: z.number().nullish(),
});

const createdMessage = z.object({
  id: z.string(),
  channel_id: z.string(),
  guild_id: z.string().nullish(),
  author: user,
  member: member.nullish(),
  content: z.string().default(""),
  timestamp: z.string().nullish(),
  edited_timestamp: z.string().nullish(),
  webhook_id: z.string().nullish(),
  type: z.number().default(0),
  message_reference: z.object({ message_id: z.string().nullish() }).nullish(),
});

const pressedButton = z.object({
  id: z.string(),
  type: z.literal(3),
  application_id: z.string().nullish(),
  token: z.string(),
  guild_id: z.string().nullish(),
  channel_id: z.string().nullish(),
  channel: z.object({ id: z.string() }).nullish(),
  member: member.extend({ user: user.nullish() }).nullish(),
  user: user.nullish(),
  message: z.object({ id: z.string() }).nullish(),
  data: z.object({ custom_id: z.string(), component_type: z.literal(2) }),
});

/** Plain messages and replies; the rest are Discord's own announcements. */
const spokenTypes = new Set([0, 19]);
/** https://discord.com/developers/docs/resources/guild#guild-member-object-guild-member-flags : IS_GUEST */
const guestFlag = 1 << 4;

/**
 * Reads one dispatched event of Discord's. Null: not for us (another kind, not addressed, a bot's or a webhook's,
 * too old, garbage).
 */
export function readDispatch(
  packet: { t?: unknown; d?: unknown },
  install: Install,
  nowMs: number,
): DiscordHeard | null {
  if (packet.t === "MESSAGE_CREATE") return readMessage(packet.d, install, nowMs);
  if (packet.t === "INTERACTION_CREATE") return readClick(packet.d, install, nowMs);
  return null;
}

function readMessage(body: unknown, { botUserId }: Install, nowMs: number): DiscordHeard | null {
  const parsed = createdMessage.safeParse(body);
  if (!parsed.success) return null;
  const message = parsed.data;
  if (message.author.bot || message.author.system || message.webhook_id) return null;
  if (message.author.id === botUserId || !spokenTypes.has(message.type) || message.edited_timestamp)
    return null;
  const mention = new RegExp(`<@!?${botUserId}>`, "g");
  if (message.guild_id && !mention.test(message.content)) return null;
  const sentAtMs = Math.max(snowflakeMs(message.id) ?? 0, Date.parse(message.timestamp ?? "") || 0) || nowMs;
  if (nowMs - sentAtMs > limits.commandAgeMs) return null;
  const thread = message.message_reference?.message_id ?? message.id;
  return {
    heard: {
      kind: "message",
      key: `discord:message:${message.id}`,
      place: { surface: "discord", channel: message.channel_id, thread },
      user: message.author.id,
      text: readText(message.content.replace(mention, " ")),
      sentAtMs,
    },
    speaker: speakerOf(message.author, message.member ?? null, message.guild_id ?? null),
    messageId: message.id,
    interaction: null,
  };
}

function readClick(body: unknown, install: Install, nowMs: number): DiscordHeard | null {
  const parsed = pressedButton.safeParse(body);
  if (!parsed.success) return null;
  const click = parsed.data;
  const person = click.member?.user ?? click.user;
  const channel = click.channel_id ?? click.channel?.id;
  if (!person || !channel || person.bot || person.system) return null;
  if (nowMs - (snowflakeMs(click.id) ?? nowMs) > limits.commandAgeMs) return null;
  return {
    heard: {
      kind: "click",
      key: `discord:interaction:${click.id}`,
      place: { surface: "discord", channel, thread: click.message?.id ?? null },
      user: person.id,
      token: click.data.custom_id,
    },
    speaker: speakerOf(person, click.member ?? null, click.guild_id ?? null),
    messageId: null,
    interaction: {
      id: click.id,
      token: click.token,
      applicationId: click.application_id ?? install.applicationId,
    },
  };
}

/** Outside of a server, or while Discord does not vouch for a full membership, everybody is an outsider. */
function speakerOf(
  person: z.infer<typeof user>,
  membership: z.infer<typeof member> | null,
  guild: string | null,
): Speaker {
  const isGuest = ((membership?.flags ?? 0) & guestFlag) !== 0;
  const outsider = guild === null || membership === null || membership.pending === true || isGuest;
  return {
    identity: `discord:${guild ?? "dm"}/${person.id}`,
    name: membership?.nick || person.global_name || person.username || person.id,
    groups: outsider ? [] : (membership.roles ?? []).map((role) => `discord:${guild}/${role}`),
    outsider,
    ...(outsider ? { because: whyOutside(guild) } : {}),
  };
}

function whyOutside(guild: string | null): string {
  return guild === null
    ? "in a direct message Discord vouches for nobody's membership; do it in the server"
    : "Discord does not vouch for you as a full member of this server";
}

/** What the person typed, with names of channels and people left as Discord writes them. */
function readText(content: string): string {
  return content.replace(/\s+/g, " ").trim();
}

/** https://discord.com/developers/docs/reference#snowflakes ; null for an id that is not one (shorter than 2015's). */
function snowflakeMs(id: string): number | null {
  return /^\d{17,20}$/.test(id) ? Number(BigInt(id) >> 22n) + 1_420_070_400_000 : null;
}
