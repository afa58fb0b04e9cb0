import { Stopping } from "../../remediation/stopping.ts";

export type KeepRunning = ReturnType<typeof keepRunning>;

/** The plans at work in this process. A call to the cloud that is under way is waited for at a stop, a pause is not. */
export function keepRunning({ onError }: { onError: (error: unknown) => void }) {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  function wait(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (stopping.signal.aborted) return reject(new Stopping());
      const stop = () => {
        clearTimeout(timer);
        reject(new Stopping());
      };
      const timer = setTimeout(() => {
        stopping.signal.removeEventListener("abort", stop);
        resolve();
      }, ms);
      stopping.signal.addEventListener("abort", stop, { once: true });
    });
  }

  function run(work: Promise<unknown>): void {
    const done = work
      .then(() => undefined)
      .catch((error: unknown) => {
        if (!(error instanceof Stopping)) onError(error);
      })
      .finally(() => running.delete(done));
    running.add(done);
  }

  async function stop(): Promise<void> {
    stopping.abort();
    await Promise.allSettled(running);
  }

  return { wait, run, stop, isStopping: () => stopping.signal.aborted };
}
