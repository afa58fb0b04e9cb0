import { z } from "zod";

const apiError = z.object({
  code: z.union([z.number(), z.string()]),
  status: z.number(),
  message: z.string(),
});

const remedies: Record<string, string> = {
  10003: "the channel does not exist: check its id",
  10008: "the message was deleted",
  50001: "the bot cannot see the channel: give it View Channel there, or invite it to the server",
  50007: "the person does not take direct messages from this server",
  50013: "give the bot Send Messages, Embed Links, Attach Files and Read Message History in that channel",
  40001: "check DISCORD_TOKEN (Bot > Reset Token)",
};

/** Discord's own number for what went wrong, or null when it said none. */
export function discordCode(error: unknown): number | string | null {
  const parsed = apiError.safeParse(error);
  return parsed.success ? parsed.data.code : null;
}

/** The interaction is too old, or somebody has answered it already: expected under races. */
export function isAnswered(error: unknown): boolean {
  const code = discordCode(error);
  return code === 10062 || code === 40060;
}

/** What happened and what to do, for state(), the log and whoever asked. */
export function explain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/invalid token|authentication failed|TokenInvalid/i.test(text) || statusOf(error) === 401) {
    return "Discord refuses DISCORD_TOKEN: copy the bot's token from Developer Portal > Bot > Reset Token";
  }
  if (/disallowed intents/i.test(text)) {
    return "Discord refuses the intents: Guilds, Guild Messages and Direct Messages must be allowed for this bot";
  }
  const limited = z.object({ timeToReset: z.number(), retryAfter: z.number() }).safeParse(error);
  if (limited.success) {
    const waitMs = Math.max(limited.data.timeToReset, limited.data.retryAfter);
    return `Discord asks to wait ${Math.ceil(waitMs / 1_000)} s (rate limit)`;
  }
  const parsed = apiError.safeParse(error);
  if (parsed.success) {
    const { code, message } = parsed.data;
    return `Discord refuses (${code} ${message.slice(0, 200)})${remedies[code] ? `: ${remedies[code]}` : ""}`;
  }
  return `Discord does not answer (${text.slice(0, 200)}): check the network and DISCORD_API_URL`;
}

/** The same as an error to throw, with the original as its cause. */
export function teaching(error: unknown): Error {
  return new Error(explain(error), { cause: error });
}

function statusOf(error: unknown): number | null {
  const parsed = z.object({ status: z.number() }).safeParse(error);
  return parsed.success ? parsed.data.status : null;
}
