const parentCheckMs = 500;

/** Aborts on a signal or when the process that started us is gone; answers how to stop listening. */
export function stopWithTheWorld(stopping: AbortController, print: (line: string) => void): () => void {
  const stop = (reason: string) => {
    if (!stopping.signal.aborted) print(`${reason}: cleaning up`);
    stopping.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) stop("the process that started this drill has ended");
  }, parentCheckMs);
  return () => {
    clearInterval(watch);
    for (const signal of signals) process.off(signal, stop);
  };
}
