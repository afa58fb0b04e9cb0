import { atMost, pause, type SurfaceLog } from "./heard.ts";

/** One connection that is up. `ended` resolves (it never rejects) with the reason once it is down for good. */
export type Session = {
  ended: Promise<string>;
  /** False while the vendor's own library tries to come back. */
  isUp(): boolean;
  close(): Promise<void>;
};

const shortestDelayMs = 1_000;
const longestDelayMs = 60_000;
const stopLimitMs = 2_000;
/** A connection that held this long was a good one: the next is opened at once. */
const goodSessionMs = 10_000;

/**
 * Holds one connection for as long as the bot runs: opens it, waits for its end, opens the next, each time after
 * twice as long (1 s to 60 s) when it does not hold. Nothing a vendor does or refuses gets out of here; `state`
 * tells it in words.
 */
export function keepConnected(deps: {
  name: string;
  open(): Promise<Session>;
  /** Says what went wrong and what to do about it. */
  explain(error: unknown): string;
  wall(): number;
  log: SurfaceLog;
}) {
  const stopping = new AbortController();
  let session: Session | null = null;
  let detail = "not started";
  let failures = 0;
  let tried: () => void = () => undefined;
  /** Settles when the first attempt has succeeded or failed. */
  const firstAttempt = new Promise<void>((resolve) => (tried = resolve));

  async function attempt(): Promise<void> {
    const openedAt = deps.wall();
    try {
      session = await deps.open();
      detail = "connected";
      tried();
      if (stopping.signal.aborted) return await session.close();
      detail = await session.ended;
      failures = deps.wall() - openedAt >= goodSessionMs ? 0 : failures + 1;
    } catch (error) {
      detail = deps.explain(error);
      failures += 1;
      deps.log.warn({ connection: deps.name, failures }, detail);
    } finally {
      session = null;
      tried();
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await attempt();
      if (failures === 0) continue;
      await pause(Math.min(shortestDelayMs * 2 ** (failures - 1), longestDelayMs), stopping.signal);
    }
    detail = "stopped";
  }

  const running = run();
  return {
    firstAttempt,
    async stop() {
      stopping.abort();
      await session?.close().catch((error: unknown) => {
        deps.log.warn({ connection: deps.name, error: String(error) }, "a connection did not close cleanly");
      });
      await atMost(stopLimitMs, running);
    },
    state: (): { connected: boolean; detail: string } => {
      const connected = session?.isUp() ?? false;
      return { connected, detail: session !== null && !connected ? "reconnecting" : detail };
    },
  };
}
