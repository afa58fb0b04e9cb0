import { ConfigError } from "../../errors.ts";

type Coded = Error & { code: string };

/** What people do about a PostgreSQL that cannot be used, by its code or the network's. */
const remedies: Record<string, string> = {
  ECONNREFUSED: "does not listen: start it, or put its host and port right in DATABASE_URL",
  ECONNRESET: "closed the connection: look at its log",
  ENOTFOUND: "has a host name that nobody knows: put it right in DATABASE_URL",
  EAI_AGAIN:
    "has a host name that cannot be looked up at present: try again, or name an address in DATABASE_URL",
  EHOSTUNREACH: "cannot be reached from here: look at the network between, or at DATABASE_URL",
  ENETUNREACH: "cannot be reached from here: look at the network between, or at DATABASE_URL",
  ETIMEDOUT: "does not answer: look at the network and the firewall between",
  ENOENT: "has no socket there: put the path right in DATABASE_URL",
  "28P01": "refuses the password: put it right in DATABASE_URL or in the file of DATABASE_URL_FILE",
  "28000": "lets this user not in: its pg_hba.conf must allow it, or DATABASE_URL must name another user",
  "3D000": 'has no such database: make it with "createdb", or name another one in DATABASE_URL',
  "42501":
    "grants this user too little: it must own its database or a schema in it (CREATE and USAGE on the schema)",
  "53300": "has no connection left: raise its max_connections, or end other programs",
  "53100": "has no room left on its disk: make room there",
  "57P03": "is starting up or shutting down: try again in a moment",
  "57P01": "was stopped: start it again",
  "25006": "takes no writes: it is a standby, so name the primary in DATABASE_URL",
};

/** `postgres://user@host:5432/name`: how the database is called in messages, without its password. */
export function postgresName(url: string): string {
  const { username, hostname, port, pathname } = new URL(url);
  const user = username === "" ? "" : `${username}@`;
  return `postgres://${user}${hostname}${port === "" ? "" : `:${port}`}${pathname}`;
}

/** What to do about an error of PostgreSQL or on the way to it; null when only a mistake in the program explains it. */
function explainPostgresError(error: unknown, name: string): string | null {
  if (!(error instanceof Error)) return null;
  const tried = error instanceof AggregateError ? error.errors : [error];
  for (const each of tried) {
    const remedy = isCoded(each) ? remedies[each.code] : undefined;
    if (remedy !== undefined && isCoded(each)) return `${name} ${remedy} (${each.code})`;
  }
  const { message } = error;
  if (/timeout (expired|exceeded)|Connection terminated/i.test(message))
    return `${name} does not answer: look whether it runs, and at the network between (${message})`;
  if (/SSL|certificate|SASL|no pg_hba/i.test(message))
    return `${name} and this program do not agree on the connection (${message}): look at sslmode and the password in DATABASE_URL`;
  return null;
}

/** The same error as a ConfigError that names the database, where something outside the program must be changed. */
export function asPostgresProblem(error: unknown, name: string): unknown {
  if (error instanceof ConfigError) return error;
  const cause = error instanceof Error ? error.cause : null;
  const problem = explainPostgresError(error, name) ?? explainPostgresError(cause, name);
  return problem === null ? error : new ConfigError([problem]);
}

function isCoded(error: unknown): error is Coded {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}
