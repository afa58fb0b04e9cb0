/**
 * How often one person may do something: a bucket of `burst` turns that refills at `perMinute`. Answers 0 when the
 * turn is granted, else the whole seconds to wait. In memory on purpose: it protects this process, nothing else.
 */
export function createSpeakingLimit({
  perMinute,
  burst,
  wall,
}: {
  perMinute: number;
  burst: number;
  wall: () => number;
}) {
  const buckets = new Map<string, { turns: number; at: number }>();
  const mostBuckets = 10_000;

  return function take(person: string): number {
    const now = wall();
    const bucket = buckets.get(person) ?? { turns: burst, at: now };
    const refilled = Math.min(burst, bucket.turns + (Math.max(0, now - bucket.at) / 60_000) * perMinute);
    buckets.delete(person);
    const granted = refilled >= 1;
    buckets.set(person, { turns: granted ? refilled - 1 : refilled, at: now });
    const oldest = buckets.keys().next().value;
    if (buckets.size > mostBuckets && oldest !== undefined) buckets.delete(oldest);
    return granted ? 0 : Math.max(1, Math.ceil(((1 - refilled) / perMinute) * 60));
  };
}
