import { z } from "zod";

const platformError = z.object({
  data: z.object({ error: z.string(), needed: z.string().optional() }),
});

const rateLimited = z.object({
  code: z.literal("slack_webapi_rate_limited_error"),
  retryAfter: z.number().nonnegative(),
});

const remedies: Record<string, string> = {
  invalid_auth:
    "check SLACK_BOT_TOKEN (xoxb-, OAuth & Permissions) and SLACK_APP_TOKEN (xapp-, Basic Information)",
  not_authed: "set SLACK_BOT_TOKEN (xoxb-) and SLACK_APP_TOKEN (xapp-)",
  not_allowed_token_type:
    "SLACK_BOT_TOKEN must begin with xoxb- and SLACK_APP_TOKEN with xapp-: they may be exchanged",
  token_revoked: "the token was revoked: reinstall the app and copy the new SLACK_BOT_TOKEN",
  token_expired: "the token has expired: reinstall the app and copy the new SLACK_BOT_TOKEN",
  account_inactive:
    "the app was removed or its owner deactivated: reinstall it and copy the new SLACK_BOT_TOKEN",
  not_in_channel: "invite the bot: type /invite and its name in that channel",
  channel_not_found: "check the channel's id and, where the channel is private, invite the bot with /invite",
  is_archived: "the channel is archived: choose another one",
  restricted_action: "a workspace setting keeps the bot from posting there: ask an administrator",
  message_not_found: "the message was deleted",
  cant_update_message: "only the bot that posted a message can edit it",
  unknown_method: "the server at SLACK_API_URL does not know this method",
};

/** Slack's own word for what went wrong ("not_in_channel"), or null when the answer was not Slack's. */
export function slackCode(error: unknown): string | null {
  const parsed = platformError.safeParse(error);
  return parsed.success ? parsed.data.data.error : null;
}

/** Seconds Slack asks to wait, or null when it is not a question of pace. */
export function retryAfterSeconds(error: unknown): number | null {
  const parsed = rateLimited.safeParse(error);
  return parsed.success ? parsed.data.retryAfter : null;
}

/** Slack's words for a trouble of its own; every other word is a refusal that stays until somebody changes something. */
const passing = new Set([
  "fatal_error",
  "internal_error",
  "ratelimited",
  "request_timeout",
  "service_unavailable",
]);

/** Whether Slack itself refuses (not invited, archived), as against being slow, broken or out of reach. */
export function isRefused(error: unknown): boolean {
  const code = slackCode(error);
  return code !== null && !passing.has(code);
}

/** What happened and what to do, for state(), the log and whoever asked. */
export function explain(error: unknown): string {
  const parsed = platformError.safeParse(error);
  if (parsed.success) {
    const { error: code, needed } = parsed.data.data;
    if (code === "missing_scope") {
      return `Slack refuses (missing_scope): add the scope ${needed ?? "it names"} from infra/deploy/slack/manifest.yaml and reinstall the app`;
    }
    return `Slack refuses (${code.slice(0, 200)})${remedies[code] === undefined ? "" : `: ${remedies[code]}`}`;
  }
  const seconds = retryAfterSeconds(error);
  if (seconds !== null) return `Slack asks to wait ${seconds} s (rate limit)`;
  const reason = error instanceof Error ? causeOf(error) : "the connection was closed before it was ready";
  return `Slack does not answer (${reason}): check the network and SLACK_API_URL`;
}

/** The same as an error to throw, with the original as its cause. */
export function teaching(error: unknown): Error {
  return new Error(explain(error), { cause: error });
}

function causeOf(error: Error): string {
  let deepest: Error = error;
  while (deepest.cause instanceof Error) deepest = deepest.cause;
  return deepest.message || deepest.name;
}
