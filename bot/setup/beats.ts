export type Beats = ReturnType<typeof createBeats>;

/** Work that is done again and again, each on its own beat; a beat never overlaps with itself. */
export function createBeats(onError: (error: unknown) => void) {
  const timers: NodeJS.Timeout[] = [];
  const running = new Set<Promise<void>>();
  let stopped = false;

  /** A stop waits for it. After the stop nobody is told of an error: a wait that a stop ended is none. */
  function waitFor(work: Promise<unknown>): void {
    const done = work
      .then(() => undefined)
      .catch((error: unknown) => {
        if (!stopped) onError(error);
      })
      .then(() => void running.delete(done));
    running.add(done);
  }

  function every(ms: number, work: () => Promise<unknown>): void {
    let busy = false;
    const beat = () => {
      if (busy || stopped) return;
      busy = true;
      const done = work()
        .catch(onError)
        .then(() => {
          busy = false;
          running.delete(done);
        });
      running.add(done);
    };
    timers.push(setInterval(beat, ms));
    beat();
  }

  return {
    every,
    waitFor,
    isStopped: () => stopped,
    async stop(): Promise<void> {
      stopped = true;
      for (const timer of timers) clearInterval(timer);
      await Promise.allSettled(running);
    },
  };
}
