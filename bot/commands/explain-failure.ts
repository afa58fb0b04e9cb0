import { explainSqliteError } from "../../infra/database/store-problem.ts";

/** `message` is one line, or one a problem; `withStack`: nobody foresaw it, so its stack is worth a report. */
type Failure = { message: string; exitCode: 0 | 1 | 2; withStack: boolean };

/** Errors that say themselves, in their message, what to do. */
const teaching = /^(UsageError|DatasetError|PrometheusError|ModelError|CloudError|DefinitionError)$/;

type SystemError = NodeJS.ErrnoException & { address?: string; port?: number };

/** What to do about a refusal of the operating system, by its code. */
const remedies: Record<string, (error: SystemError) => string> = {
  EADDRINUSE: (error) =>
    `${addressOf(error)} is in use by another program: stop that one, or set PORT=${(error.port ?? 3000) + 1} or another free port (for a drill's service: --service-port)`,
  EADDRNOTAVAIL: (error) =>
    `${addressOf(error)} is no address of this machine: set HOST to one that is, such as 127.0.0.1, or to 0.0.0.0 for all of them`,
  EACCES: (error) =>
    error.syscall === "listen"
      ? `${addressOf(error)} may not be listened on by this user: set PORT to 1024 or above`
      : `${placeOf(error)}: permission is denied; give this user the right, or name another place`,
  EPERM: (error) =>
    `${placeOf(error)}: permission is denied; give this user the right, or name another place`,
  EROFS: (error) => `${placeOf(error)}: the file system is read only; name another place`,
  ENOENT: (error) => `${placeOf(error)}: there is no such file or folder; check the path`,
  ENOTDIR: (error) =>
    `${placeOf(error)}: a part of the path is a file where a folder belongs; check the path`,
  EEXIST: (error) => `${placeOf(error)}: a file stands there already; name another place`,
  EISDIR: (error) => `${placeOf(error)}: it is a folder; name a file`,
  ENOSPC: (error) => `${placeOf(error)}: the disk is full; make room there`,
  EDQUOT: (error) => `${placeOf(error)}: the disk's quota is used up; make room there`,
  ENAMETOOLONG: (error) => `${placeOf(error)}: the name is too long; choose a shorter one`,
};

/**
 * What a command's failure means for the person at the terminal. Exit code 2: something outside the program must be
 * changed, and the message says what; 1: a mistake in the program; 0: nobody reads the output any more.
 */
export function explainFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { message: String(error), exitCode: 1, withStack: false };
  if (codeOf(error) === "EPIPE") return { message: "", exitCode: 0, withStack: false };
  const message = explain(error);
  if (message !== null) return { message, exitCode: 2, withStack: false };
  return { message: error.message, exitCode: 1, withStack: true };
}

function explain(error: Error): string | null {
  if ("problems" in error && Array.isArray(error.problems)) return problemsOf(error, error.problems);
  if (teaching.test(error.name)) return error.message;
  const remedy = remedies[codeOf(error) ?? ""];
  if (remedy !== undefined) return remedy(error);
  return explainSqliteError(error, "the store");
}

/** A ConfigError's one problem needs no list around it. */
function problemsOf(error: Error, problems: readonly unknown[]): string {
  const [only] = problems;
  return problems.length === 1 && typeof only === "string" ? only : error.message;
}

function codeOf(error: Error): string | null {
  return "code" in error && typeof error.code === "string" ? error.code : null;
}

function addressOf({ address = "the address", port }: SystemError): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return port === undefined ? host : `${host}:${port}`;
}

function placeOf({ path, syscall = "the system" }: SystemError): string {
  return path ?? syscall;
}
