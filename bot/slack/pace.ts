import PQueue from "p-queue";
import { pause } from "../heard.ts";
import { retryAfterSeconds } from "./errors.ts";
import { limits } from "./limits.ts";

/** Runs a call in its channel's turn; `urgent` goes before what already waits and is not. */
export type Pace = <T>(channel: string, call: () => Promise<T>, urgent: boolean) => Promise<T>;

const attempts = 4;
/** Asked to wait longer than this, the call fails and whoever keeps the card tries again later. */
const longestWaitSeconds = 120;

/**
 * Keeps every channel to Slack's pace: one call at a time and about one a second, and as long a pause as Slack
 * asks for in Retry-After. A call that was refused for its pace was not carried out, so repeating it is safe.
 */
export function createPace(): Pace {
  const queues = new Map<string, PQueue>();

  function queueOf(channel: string): PQueue {
    const known = queues.get(channel);
    if (known !== undefined) return known;
    const queue = new PQueue({ concurrency: 1, interval: limits.postIntervalMs, intervalCap: 1 });
    queues.set(channel, queue);
    return queue;
  }

  return (channel, call, urgent) => queueOf(channel).add(() => patiently(call), { priority: urgent ? 1 : 0 });
}

/** Waits and repeats while Slack answers 429. */
export async function patiently<T>(call: () => Promise<T>, longest = longestWaitSeconds): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const seconds = retryAfterSeconds(error);
      if (seconds === null || seconds > longest || attempt === attempts) throw error;
      await pause(Math.max(seconds, 0.1) * 1_000);
    }
  }
}
