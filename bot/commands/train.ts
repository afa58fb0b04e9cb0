import axios from "axios";
import { loadConfiguration } from "./load-configuration.ts";
import { UsageError } from "./usage-error.ts";

const trainingMs = 10 * 60_000;

/** `smartcloudops train`: asks the running bot, which holds the store, to learn anew; answers what it says. */
export async function trainCommand(target: string | undefined): Promise<string> {
  const { host, port } = loadConfiguration();
  const base = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  try {
    const { data } = await axios.post<{ text: string }>(
      `${base}/query`,
      { query: target === undefined ? "train" : `train ${target}` },
      { timeout: trainingMs, proxy: false, maxRedirects: 0 },
    );
    return data.text;
  } catch (error) {
    if (!axios.isAxiosError(error)) throw error;
    if (error.response !== undefined)
      throw new UsageError(`the bot at ${base} refused: ${JSON.stringify(error.response.data)}`);
    throw new UsageError(`no bot answers at ${base}: start it first, or set HOST and PORT as it has them`);
  }
}
