import type { SlackMessage } from "./render.ts";

const limitMs = 10_000;

/**
 * Answers one person over the address that came with a slash command or a click (five times within 30 minutes):
 * the only way where the bot is not in the channel. Rejects when the address is not Slack's or refuses.
 */
export async function answerOverUrl(address: string, message: SlackMessage, apiUrl: string): Promise<void> {
  const url = new URL(address);
  const isSlacks = url.protocol === "https:" && /(^|\.)slack(-gov)?\.com$/.test(url.hostname);
  if (!isSlacks && url.origin !== new URL(apiUrl).origin) {
    throw new Error(`an answer address at ${url.host} is not Slack's; nothing was sent there`);
  }
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ response_type: "ephemeral", replace_original: false, ...message }),
    redirect: "error",
    signal: AbortSignal.timeout(limitMs),
  });
  if (!answer.ok) throw new Error(`Slack answered ${answer.status} to a private answer`);
}
