/** Milliseconds of a clock that never goes back. */
export type Now = () => number;

/** Runs once and answers what came out, the milliseconds it took, and those of processor time in all threads. */
export function timed<T>(now: Now, run: () => T): { result: T; ms: number; cpuMs: number } {
  const [started, used] = [now(), process.cpuUsage()];
  const result = run();
  const { user, system } = process.cpuUsage(used);
  return { result, ms: now() - started, cpuMs: (user + system) / 1000 };
}

type Repeats = { most: number; budgetMs: number };

/** Median milliseconds of at most `most` runs; once the runs so far have taken `budgetMs` there is no other. */
export function medianMs(now: Now, run: () => unknown, { most, budgetMs }: Repeats): number {
  const taken: number[] = [];
  let sum = 0;
  do {
    const { ms } = timed(now, run);
    taken.push(ms);
    sum += ms;
  } while (taken.length < most && sum < budgetMs);
  return quantileOf(taken, 0.5);
}

/** Milliseconds of each of `count` calls, in order. */
export function eachMs(now: Now, count: number, run: (call: number) => unknown): Float64Array {
  const taken = new Float64Array(count);
  for (let call = 0; call < count; call++) {
    const started = now();
    run(call);
    taken[call] = now() - started;
  }
  return taken;
}

/** The value that a share `p` (0..1) of the values does not exceed; NaN for none. quantileOf([3, 1, 2], .5) // => 2 */
export function quantileOf(values: ArrayLike<number>, p: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}
