import axios from "axios";
import type { Card, Tone } from "../card.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { UsageError } from "./usage-error.ts";

/** The tones of a card that says that something was learned, or is learned already. */
const learned: readonly Tone[] = ["ok", "info"];

const trainingMs = 10 * 60_000;

/**
 * `smartcloudops train`: asks the running bot, which holds the store, to learn anew. Answers what it says, and whether
 * it learned. Throws a UsageError when no bot answers.
 */
export async function trainCommand(target: string | undefined): Promise<{ text: string; ok: boolean }> {
  const { host, port } = loadConfiguration();
  const base = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  try {
    const { data } = await axios.post<{ text: string; card: Pick<Card, "tone"> }>(
      `${base}/query`,
      { query: target === undefined ? "train" : `train ${target}` },
      { timeout: trainingMs, proxy: false, maxRedirects: 0 },
    );
    return { text: data.text, ok: learned.includes(data.card.tone) };
  } catch (error) {
    if (!axios.isAxiosError(error)) throw error;
    if (error.response !== undefined)
      throw new UsageError(`the bot at ${base} refused: ${JSON.stringify(error.response.data)}`);
    throw new UsageError(`no bot answers at ${base}: start it first, or set HOST and PORT as it has them`);
  }
}
