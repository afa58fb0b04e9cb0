import { ConfigError } from "../errors.ts";

type Coded = Error & { code: string };

/** What people do about a file that SQLite cannot use, by the beginning of SQLite's code (sqlite.org/rescode.html). */
const remedies: readonly [code: string, what: string][] = [
  [
    "SQLITE_CANTOPEN",
    "cannot be opened: it must be a file that this user may write, in a folder that this user may write; else set SMARTCLOUDOPS_DATA_DIR to another folder",
  ],
  [
    "SQLITE_NOTADB",
    "is not a database: move it away (a new one is made) or restore a backup, or set SMARTCLOUDOPS_DATA_DIR to another folder",
  ],
  ["SQLITE_CORRUPT", "is damaged: restore a backup, or move it away and a new one is made"],
  [
    "SQLITE_READONLY",
    "may not be written: give it to the bot's user, or set SMARTCLOUDOPS_DATA_DIR to another folder",
  ],
  ["SQLITE_FULL", "does not fit on its disk any more: make room there"],
  ["SQLITE_BUSY", "is held by another program: end that one"],
  [
    "SQLITE_IOERR",
    "cannot be read or written: it must be a file, on a disk that works; else restore a backup",
  ],
];

/**
 * What to do about an error of SQLite, beginning with the file's name; null when it is none, or one that only a mistake
 * in the program explains (a missing table, a broken constraint).
 */
export function explainSqliteError(error: unknown, file: string): string | null {
  if (!isSqliteError(error)) return null;
  const known = remedies.find(([code]) => error.code.startsWith(code));
  return known === undefined ? null : `${file} ${known[1]} (${error.code})`;
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html: undefined_table. */
const missingTableOfPostgres = "42P01";

/** Whether somebody took a table away from the store. */
export function isMissingTable(error: unknown): boolean {
  if (isSqliteError(error)) return /^no such table/.test(error.message);
  return error instanceof Error && "code" in error && error.code === missingTableOfPostgres;
}

/** The same error as a ConfigError that names the file, where SQLite says that the file cannot be used. */
export function asStoreProblem(error: unknown, file: string): unknown {
  const cause = error instanceof Error ? error.cause : null;
  const problem = explainSqliteError(error, file) ?? explainSqliteError(cause, file);
  return problem === null ? error : new ConfigError([problem]);
}

/** By name and not by class: whoever explains errors must not load the database's compiled part for it. */
function isSqliteError(error: unknown): error is Coded {
  return (
    error instanceof Error &&
    error.name === "SqliteError" &&
    "code" in error &&
    typeof error.code === "string"
  );
}
