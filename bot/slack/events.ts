import { z } from "zod";
import type { Heard } from "../heard.ts";

/** Where the app is installed, from auth.test. */
export type Install = { teamId: string; enterpriseId: string | null; botUserId: string; botName: string };

/** A delivery, and what only Slack's own answer to it needs. */
export type SlackHeard = {
  heard: Heard;
  /** The organisation the payload says the person is of; null when it does not say. */
  userTeam: string | null;
  extShared: boolean;
  /** The thread in which only this person can be told something; null outside of threads. */
  privateThread: string | null;
  responseUrl: string | null;
};

const messageEnvelope = z.object({
  type: z.literal("event_callback"),
  event_id: z.string().optional(),
  team_id: z.string().nullish(),
  is_ext_shared_channel: z.boolean().optional(),
  event: z.object({
    type: z.enum(["app_mention", "message"]),
    channel: z.string(),
    user: z.string(),
    text: z.string().default(""),
    ts: z.string(),
    thread_ts: z.string().nullish(),
    channel_type: z.string().nullish(),
    subtype: z.string().nullish(),
    bot_id: z.string().nullish(),
    app_id: z.string().nullish(),
    hidden: z.boolean().nullish(),
    edited: z.unknown().optional(),
    user_team: z.string().nullish(),
    team: z.string().nullish(),
  }),
});

const commandBody = z.object({
  command: z.string().startsWith("/"),
  text: z.string().default(""),
  user_id: z.string(),
  team_id: z.string().nullish(),
  channel_id: z.string(),
  trigger_id: z.string().nullish(),
  response_url: z.string().nullish(),
});

const actionBody = z.object({
  type: z.literal("block_actions"),
  user: z.object({ id: z.string(), team_id: z.string().nullish() }),
  team: z.object({ id: z.string() }).nullish(),
  channel: z.object({ id: z.string() }).nullish(),
  container: z
    .object({
      channel_id: z.string().nullish(),
      message_ts: z.string().nullish(),
      thread_ts: z.string().nullish(),
      is_ephemeral: z.boolean().nullish(),
    })
    .nullish(),
  message: z.object({ ts: z.string().nullish(), thread_ts: z.string().nullish() }).nullish(),
  actions: z
    .array(z.object({ action_id: z.string(), value: z.string(), action_ts: z.string().nullish() }))
    .min(1),
  response_url: z.string().nullish(),
});

/** The subtypes of messages that a person really wrote; everything else (edits, joins, bots) is not for us. */
const spoken = new Set(["file_share", "thread_broadcast"]);

/**
 * Reads one delivery of Slack's. Null: not for us (another kind, a bot's message, an edit, garbage).
 * `fallbackKey` names the delivery where Slack's payload holds no id of its own.
 */
export function readDelivery(
  body: unknown,
  install: Install,
  nowMs: number,
  fallbackKey: string,
): SlackHeard | null {
  return (
    readMessage(body, install) ??
    readCommand(body, install, nowMs, fallbackKey) ??
    readClick(body, install, fallbackKey)
  );
}

function readMessage(body: unknown, install: Install): SlackHeard | null {
  const parsed = messageEnvelope.safeParse(body);
  if (!parsed.success) return null;
  const { event, event_id, team_id, is_ext_shared_channel } = parsed.data;
  const isDirect = event.channel_type === "im" || event.channel.startsWith("D");
  // A mention in a direct message comes as "message" too; one of the two is enough.
  if (isDirect !== (event.type === "message")) return null;
  if (event.bot_id || event.app_id || event.hidden || event.user === install.botUserId) return null;
  if ((event.subtype && !spoken.has(event.subtype)) || event.edited) return null;
  const sentAtMs = Math.round(Number(event.ts) * 1_000);
  if (!Number.isFinite(sentAtMs)) return null;
  return {
    heard: {
      kind: "message",
      key: `slack:event:${event_id ?? `${install.teamId}/${event.channel}/${event.ts}`}`,
      place: { surface: "slack", channel: event.channel, thread: event.thread_ts ?? event.ts },
      user: event.user,
      text: readText(event.text, install.botUserId),
      sentAtMs,
    },
    userTeam: event.user_team ?? event.team ?? team_id ?? null,
    extShared: is_ext_shared_channel ?? false,
    privateThread: event.thread_ts ?? null,
    responseUrl: null,
  };
}

function readCommand(body: unknown, install: Install, nowMs: number, fallbackKey: string): SlackHeard | null {
  const parsed = commandBody.safeParse(body);
  if (!parsed.success) return null;
  const command = parsed.data;
  return {
    heard: {
      kind: "message",
      key: `slack:command:${command.trigger_id ?? fallbackKey}`,
      place: { surface: "slack", channel: command.channel_id, thread: null },
      user: command.user_id,
      text: readText(command.text, install.botUserId),
      sentAtMs: nowMs,
    },
    userTeam: command.team_id ?? null,
    extShared: false,
    privateThread: null,
    responseUrl: command.response_url ?? null,
  };
}

function readClick(body: unknown, install: Install, fallbackKey: string): SlackHeard | null {
  const parsed = actionBody.safeParse(body);
  if (!parsed.success) return null;
  const { user, team, channel, container, message, actions, response_url } = parsed.data;
  const action = actions[0];
  const channelId = channel?.id ?? container?.channel_id;
  if (action === undefined || !channelId) return null;
  const messageTs = message?.ts ?? container?.message_ts ?? null;
  const thread = message?.thread_ts ?? container?.thread_ts ?? null;
  // A message that only one person sees has no thread of its own.
  const ownThread = container?.is_ephemeral ? null : messageTs;
  const click = [
    install.teamId,
    channelId,
    messageTs,
    action.action_id,
    action.action_ts ?? fallbackKey,
    user.id,
  ];
  return {
    heard: {
      kind: "click",
      key: `slack:click:${click.join("/")}`,
      place: { surface: "slack", channel: channelId, thread: thread ?? ownThread },
      user: user.id,
      token: action.value,
    },
    userTeam: user.team_id ?? team?.id ?? null,
    extShared: false,
    privateThread: thread,
    responseUrl: response_url ?? null,
  };
}

/**
 * What the person typed: without the mention of the bot, links and channels as they were written, Slack's three
 * escapes undone. "<@UBOT> check <http://web-1.example|web-1.example>" // => "check web-1.example"
 */
function readText(text: string, botUserId: string): string {
  return text
    .replaceAll(`<@${botUserId}>`, " ")
    .replace(/<([#@!])([^>|]*)(?:\|([^>]*))?>/g, (_, mark: string, id: string, label?: string) =>
      mark === "#" ? `#${label || id}` : label || `@${id}`,
    )
    .replace(/<([^>|]*)(?:\|([^>]*))?>/g, (_, address: string, label?: string) => label || address)
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replace(/\s+/g, " ")
    .trim();
}
