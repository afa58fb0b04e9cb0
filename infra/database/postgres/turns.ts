/**
 * At most `most` at a time, in the order of asking. `enter` rejects after `limitMs` of waiting: pg's own limit on waiting
 * is that on connecting too, and a start that looks up a thousand open steps may wait longer for a turn than that.
 */
export function createTurns(most: number, limitMs: number) {
  let inside = 0;
  const waiting: (() => void)[] = [];

  function enter(): Promise<void> {
    if (inside < most) {
      inside += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const go = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(go), 1);
        reject(new Error(`no connection to the database was free for ${limitMs / 1_000} s`));
      }, limitMs);
      waiting.push(go);
    });
  }

  /** The turn goes to who waits longest. */
  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) inside -= 1;
    else next();
  }

  return { enter, leave };
}
