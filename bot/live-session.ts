import type { LiveAnswer, LiveRequest } from "./live-messages.ts";
import type { Workers } from "./worker-pool.ts";

/** The scoring thread died, was stopped, or is a new one: what it knew has to be told again. */
export class ScoringLost extends Error {
  override readonly name = "ScoringLost";
}

type Told = LiveRequest extends infer Request
  ? Request extends LiveRequest
    ? Omit<Request, "session">
    : never
  : never;

export type LiveSession = ReturnType<typeof createLiveSession>;

/** The talk with the scoring thread: every message belongs to a session, and a thread that was replaced has none. */
export function createLiveSession({ live }: Pick<Workers, "live">) {
  let number = 0;
  let capacityRows = 0;

  async function tell(request: Told, moved: readonly ArrayBuffer[] = []): Promise<LiveAnswer> {
    const answer = await live({ ...request, session: number }, moved).catch((error: unknown) => {
      capacityRows = 0;
      const [reason = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
      throw new ScoringLost(reason, { cause: error });
    });
    if (answer.kind !== "lost") return answer;
    capacityRows = 0;
    throw new ScoringLost("the scoring thread is a new one");
  }

  return {
    /** Begins anew, with room for so many rows a target. */
    async open(parts: Omit<Extract<Told, { kind: "open" }>, "kind">): Promise<void> {
      number += 1;
      await tell({ kind: "open", ...parts });
      capacityRows = parts.capacityRows;
    },
    tell,
    /** What the thread knows is not to be continued. */
    close: (): void => void (capacityRows = 0),
    /** Rows a target that the thread keeps; 0 where no session is open. */
    capacityRows: (): number => capacityRows,
  };
}
