import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { Coverage } from "../../infra/database/metrics-history.ts";
import type { HistoryFilter } from "../../infra/database/metrics-history-pages.ts";
import type { HttpDeps } from "./deps.ts";
import { problem } from "./errors.ts";
import { historyText } from "./history-text.ts";
import { readFilter, readFormat } from "./history-parameters.ts";
import type { Route } from "./routes.ts";

type Deps = Pick<HttpDeps, "history" | "onError">;

/** Each reader takes a share of the one event loop; more than these wait outside. */
const mostReaders = 4;
/** More rows than this take longer to read through than a client waits for an answer that comes at once. */
const mostStatsRows = 5_000_000;
const recordingNote =
  "These rows were collected from a replayed recording, whose stretches repeat: they are kept apart from real metrics, and no model learns from them.";

/** The two routes of the collected history: `GET /metrics-history/stats` and `GET /metrics-history/export`. */
export function metricsHistoryRoutes({ history, onError }: Deps): {
  stats: Route["handler"];
  export: Route["handler"];
} {
  let readers = 0;

  function enter(): () => void {
    if (readers >= mostReaders)
      throw problem(
        429,
        "too_many_readers",
        `${mostReaders} others are reading the history. Try again when one of them is done.`,
        { "retry-after": "5" },
      );
    readers += 1;
    return () => void (readers -= 1);
  }

  /** What is collected of the targets that are meant. A 404 names some that there are. */
  async function coverageOf({ target }: HistoryFilter): Promise<Coverage[]> {
    const found = await history.coverage(target);
    if (target === undefined || found.length > 0) return found;
    const names = (await history.coverage()).slice(0, 5).map((each) => each.target);
    const known = names.length === 0 ? "Nothing is collected yet" : `There is ${names.join(", ")}`;
    throw problem(404, "unknown_target", `Nothing was collected of this target. ${known}.`);
  }

  async function stats(query: unknown, reply: FastifyReply): Promise<object> {
    const filter = readFilter(query);
    const rows = rowsInside(await coverageOf(filter), filter);
    if (rows > mostStatsRows)
      throw problem(
        400,
        "too_much",
        `These are about ${rows} rows; at most ${mostStatsRows} are summarised at once. Give a target, or a later start.`,
      );
    const leave = enter();
    const left = new AbortController();
    reply.raw.once("close", () => left.abort());
    try {
      const summary = await history.stats(filter, {
        labelAt: await history.labels(filter),
        signal: left.signal,
      });
      return {
        source: history.source,
        note: history.source === "recording" ? recordingNote : null,
        target: filter.target ?? null,
        collectionSeconds: history.stepSeconds,
        retentionDays: history.retentionDays,
        ...summary,
      };
    } finally {
      leave();
    }
  }

  async function exportRows(query: unknown, reply: FastifyReply): Promise<FastifyReply> {
    const format = readFormat(query);
    const filter = readFilter(query, ["format"]);
    await coverageOf(filter);
    const table = { metrics: await history.metrics(filter), labelAt: await history.labels(filter) };
    const leave = enter();
    const stream = Readable.from(told(historyText(format, history.pages(filter), table)), {
      objectMode: false,
    });
    stream.once("close", leave);
    const name = history.source === "recording" ? "metrics-history-of-a-recording" : "metrics-history";
    return reply
      .type(format === "csv" ? "text/csv; charset=utf-8" : "application/json; charset=utf-8")
      .header("content-disposition", `attachment; filename="${name}.${format}"`)
      .header("cache-control", "no-store")
      .send(stream);
  }

  /** An error in the middle cuts the answer, as its head is sent already; the log says why. */
  async function* told(pieces: AsyncIterable<string>): AsyncGenerator<string> {
    try {
      yield* pieces;
    } catch (error) {
      onError(error, { method: "GET", route: "/metrics-history/export" });
      throw error;
    }
  }

  return {
    stats: (request, reply) => stats(request.query, reply),
    export: (request, reply) => exportRows(request.query, reply),
  };
}

/** About how many rows a filter means: a target's rows are spread evenly over its time. */
function rowsInside(coverage: readonly Coverage[], { start, end }: HistoryFilter): number {
  const inside = coverage.map(({ rows, oldest, newest }) => {
    const shared = Math.min(end, newest) - Math.max(start, oldest);
    return shared < 0 ? 0 : rows * (newest === oldest ? 1 : shared / (newest - oldest));
  });
  return Math.round(inside.reduce((sum, rows) => sum + rows, 0));
}
