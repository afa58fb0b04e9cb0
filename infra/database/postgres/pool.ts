import pg from "pg";

/** How long PostgreSQL may take: to connect or to have a connection free, for a statement, for a lock, between two. */
const limits = {
  connectMs: 8_000,
  statementMs: 8_000,
  lockMs: 8_000,
  idleInTransactionMs: 20_000,
};

/** How many connections there are, and how long one may be waited for. */
export const mostConnections = 10;
export const turnMs = 30_000;

const oid = { int8: 20, numeric: 1700 };

/** Counts and times in milliseconds are numbers in this program; one that a number cannot hold is an error. */
function asNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new RangeError(`${text} is too large to be read exactly`);
  return value;
}

const types = {
  getTypeParser(id: number, format?: "text" | "binary") {
    if (format !== "binary" && (id === oid.int8 || id === oid.numeric)) return asNumber;
    return pg.types.getTypeParser(id, format);
  },
} as pg.CustomTypesConfig;

/** What every connection has in common. `statementMs` 0: no limit, for changes of the schema and for reading it all. */
export function clientConfig(url: string, { statementMs = limits.statementMs } = {}): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: "smartcloudops",
    connectionTimeoutMillis: limits.connectMs,
    idle_in_transaction_session_timeout: limits.idleInTransactionMs,
    lock_timeout: limits.lockMs,
    keepAlive: true,
    types,
    ...(statementMs === 0
      ? {}
      : // Ours comes a little later: it is for a server that does not answer at all any more.
        { statement_timeout: statementMs, query_timeout: statementMs + 1_000 }),
  };
}

/**
 * A pool whose broken connections are dropped and told of, and never end the process. `session` is SQL with which each
 * begins: run by the pool, which drops a connection that fails there; Kysely's own hook would never give it back.
 */
export function createPool(
  url: string,
  options: { session: string; statementMs?: number; onError: (error: Error) => void },
): pg.Pool {
  const pool = new pg.Pool({
    ...clientConfig(url, options),
    max: mostConnections,
    // The pool waits for what this answers, though its types do not say so.
    onConnect: (client) => client.query(options.session) as unknown as void,
  });
  pool.on("error", options.onError);
  // pg listens only while a connection is idle; one that breaks in use emits too, besides failing its query.
  pool.on("connect", (client) => client.on("error", options.onError));
  return pool;
}
