import type { Prometheus } from "./client.ts";

const usualSeconds = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300];
/** A short range sees an interval that is new, a long one sees a slow scrape. */
const ranges = [
  ["2m", 120],
  ["10m", 600],
] as const;

/**
 * How far apart samples are, in seconds, by counting those of `up`: that of the slowest job which scrapes machines or
 * services, because a rate window that is too short has no sample at all. Null when there is nothing to count yet.
 */
export async function findScrapeSeconds(prometheus: Prometheus, at?: number): Promise<number | null> {
  const byJob = new Map<string, number>();
  for (const [range, seconds] of ranges) {
    const counts = `max by (job) (count_over_time(up{job!~"prometheus|.*blackbox.*"}[${range}]))`;
    for (const { labels, values } of (await prometheus.query(counts, at)).series) {
      const { job = "" } = labels;
      const [count = 0] = values;
      if (count >= 2) byJob.set(job, Math.min(byJob.get(job) ?? Infinity, seconds / count));
    }
  }
  if (byJob.size === 0) return null;
  const slowest = Math.max(...byJob.values());
  const distance = (seconds: number) => Math.abs(Math.log(seconds / slowest));
  return usualSeconds.reduce((best, seconds) => (distance(seconds) < distance(best) ? seconds : best));
}
