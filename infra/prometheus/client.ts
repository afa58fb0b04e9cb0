import { createTransport, type TransportOptions } from "./transport.ts";
import { PrometheusError } from "./error.ts";
import { parseAnswer } from "./parse.ts";

/** `time` is unix seconds, increasing; `values` may hold NaN and +-Infinity, as Prometheus sent them. */
export type Series = { labels: Record<string, string>; time: number[]; values: number[] };

/**
 * `partial`: something is missing from the answer (Prometheus warned, or Thanos, Mimir or VictoriaMetrics said so).
 * A partial answer may be shown, and never leads to an action by itself.
 */
export type QueryAnswer = { series: Series[]; warnings: string[]; partial: boolean };

export type Window = { start: number; end: number; stepSeconds: number };

export type Prometheus = {
  /** An instant query; `at` is unix seconds, now when absent. */
  query(expr: string, at?: number): Promise<QueryAnswer>;
  /**
   * Samples at start, start + step, ... up to the end (unix seconds), split into calls of at most 5,000 points. With
   * `take` the series of a window that is one call may be handed over as they are read, instead of in the answer.
   */
  queryRange(expr: string, window: Window, take?: (series: Series[]) => void): Promise<QueryAnswer>;
  ready(): Promise<{ ok: true; version: string } | { ok: false; reason: string }>;
};

/** Prometheus refuses more than 11,000 points a series and call; smaller calls are answered sooner. */
export const pointsPerCall = 5_000;
const mostPoints = 200_000;
/**
 * Prometheus 2.54 and later cut an answer here and warn, which makes it partial; older ones ignore it. About what fits
 * into the largest body that is read.
 */
const mostSeries = 50_000;

/**
 * The HTTP API of Prometheus, Thanos, Mimir or VictoriaMetrics. Only reads, so failures of the network, 429 and 5xx
 * are tried again with growing, jittered pauses; everything else is a PrometheusError at once.
 */
export function createPrometheus(options: TransportOptions): Prometheus {
  const transport = createTransport(options);
  const limits = {
    timeout: `${Math.ceil(transport.timeoutMs / 1000)}s`,
    limit: String(mostSeries),
    // VictoriaMetrics otherwise answers the last half minute with older values (for ranges with steps under a minute its
    // versions before `latency_offset` do so anyway, unless started with -search.latencyOffset); others ignore both.
    nocache: "1",
    latency_offset: "1s",
  };
  return {
    async query(expr, at) {
      const time: Record<string, string> = at === undefined ? {} : { time: seconds(at) };
      return await parseAnswer(await transport.post("/api/v1/query", { query: expr, ...time, ...limits }));
    },
    async queryRange(expr, window, take) {
      const answers: QueryAnswer[] = [];
      const parts = splitWindow(window);
      for (const part of parts) {
        const { start, end, stepSeconds } = part;
        const range = { start: seconds(start), end: seconds(end), step: seconds(stepSeconds) };
        const body = await transport.post("/api/v1/query_range", { query: expr, ...range, ...limits });
        answers.push(await parseAnswer(body, parts.length === 1 ? take : undefined));
      }
      return joinAnswers(answers);
    },
    async ready() {
      try {
        return { ok: true, version: await transport.version() };
      } catch (error) {
        if (!(error instanceof PrometheusError)) throw error;
        return { ok: false, reason: error.message };
      }
    },
  };
}

/** The same window in parts of at most `pointsPerCall` points; the parts share no point and skip none. */
export function splitWindow({ start, end, stepSeconds }: Window): Window[] {
  const points = Math.floor((end - start) / stepSeconds + 1e-9) + 1;
  if (!(stepSeconds > 0) || !(points >= 1))
    throw new PrometheusError(
      "bad_query",
      `a window from ${start} to ${end} with a step of ${stepSeconds} s holds no point`,
      "Give an end after the start and a step above 0",
    );
  if (points > mostPoints)
    throw new PrometheusError(
      "too_large",
      `a window of ${points} points is more than the ${mostPoints} that are asked for at once`,
      "Use a shorter window or a larger step",
    );
  const parts: Window[] = [];
  for (let first = 0; first < points; first += pointsPerCall) {
    const last = Math.min(first + pointsPerCall, points) - 1;
    parts.push({ start: start + first * stepSeconds, end: start + last * stepSeconds, stepSeconds });
  }
  return parts;
}

function joinAnswers(answers: readonly QueryAnswer[]): QueryAnswer {
  const [only] = answers;
  if (answers.length === 1 && only !== undefined) return only;
  const joined = new Map<string, Series>();
  for (const series of answers.flatMap((answer) => answer.series)) {
    const key = JSON.stringify(Object.entries(series.labels).sort());
    const known = joined.get(key);
    if (!known) {
      joined.set(key, { labels: series.labels, time: [...series.time], values: [...series.values] });
      continue;
    }
    for (const [i, time] of series.time.entries()) {
      known.time.push(time);
      known.values.push(series.values[i] ?? NaN);
    }
  }
  return {
    series: [...joined.values()],
    warnings: [...new Set(answers.flatMap((answer) => answer.warnings))],
    partial: answers.some((answer) => answer.partial),
  };
}

function seconds(value: number): string {
  return String(Number(value.toFixed(3)));
}
