/** The event loop is given back after so many ms of work in one piece; a click must not wait for the watch. */
const sliceMs = 10;

/**
 * For work in many small pieces: call it after each piece, and it lets everything else have its turn when the slice is
 * used up. `now` is a monotonic clock in ms.
 */
export function createPace(now: () => number = () => performance.now()): () => Promise<void> {
  let began = now();
  return async () => {
    if (now() - began < sliceMs) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    began = now();
  };
}
