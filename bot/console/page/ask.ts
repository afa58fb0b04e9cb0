import type { Card } from "../../card.ts";

/** Charts and checks take seconds; after this (ms) nobody waits any more. */
const patienceMs = 60_000;

/** `problem` is a sentence for the person: what happened and what to do. */
export type Asked = { card: Card } | { problem: string };

/** POST /query: what the bot answers to a message. */
export function say(query: string): Promise<Asked> {
  return ask("/query", { query }, "Your words are kept: send them again.");
}

/** POST /buttons: what came of a press. */
export function press(token: string): Promise<Asked> {
  return ask("/buttons", { token }, "Look at the card before you press again: a decision counts only once.");
}

async function ask(path: string, body: object, remedy: string): Promise<Asked> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patienceMs),
    });
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    const what = late
      ? `The bot has not answered for ${patienceMs / 1_000} s.`
      : "The bot cannot be reached: is it running, and is this machine still connected to it?";
    return { problem: `${what} ${remedy}` };
  }
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok && isAnswer(answer)) return { card: answer.card };
  return { problem: `${whatWentWrong(response.status, answer)} ${remedy}` };
}

function isAnswer(answer: unknown): answer is { card: Card } {
  return typeof answer === "object" && answer !== null && "card" in answer && answer.card !== null;
}

function whatWentWrong(status: number, answer: unknown): string {
  const said =
    typeof answer === "object" &&
    answer !== null &&
    "message" in answer &&
    typeof answer.message === "string" &&
    answer.message.trim();
  if (said) return /[.!?]$/.test(said) ? said : `${said}.`;
  if (status === 401 || status === 403) return "The bot does not accept requests from this page.";
  if (status === 404) return "The bot does not know this any more.";
  if (status === 429) return "Too many requests: wait a minute.";
  return `The bot answered with an error (${status}); its log says why.`;
}
