import SqliteFile, { type Database, type Options, type Statement } from "better-sqlite3";

/** What is used of better-sqlite3; Kysely's `SqliteDatabase` fits it. */
export type KeptSqlite = {
  exec(sql: string): void;
  /** The same statement for the same text, so its modes (`pluck`, `raw`) must be left alone. */
  prepare(sql: string): Statement;
  isOpen(): boolean;
  close(): void;
};

/**
 * From Node 24.19 on, a Statement or Database of better-sqlite3 12 aborts the process when it is garbage collected
 * (node::ObjectWrap's new cleanup hook, "Assertion failed: (env) != nullptr"); version 13 is mended but leaves Node 20.
 * So none ever is: every one is kept until the process ends, and a statement is prepared once for each text. The texts
 * are those of the program, a few hundred.
 */
const kept: [Database, Map<string, Statement>][] = [];

/** Opens a SQLite file, or in memory a copy of one from its bytes; see above why its statements are kept. */
export function openKeptSqlite(file: string | Buffer, options: Options): KeptSqlite {
  const database = new SqliteFile(file, options);
  const statements = new Map<string, Statement>();
  kept.push([database, statements]);
  return {
    exec: (sql) => void database.exec(sql),
    prepare(sql) {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      const statement = database.prepare(sql);
      statements.set(sql, statement);
      return statement;
    },
    isOpen: () => database.open,
    close: () => void database.close(),
  };
}

/** Whether an error is SQLite's and says that somebody else holds the file. */
export function isBusy(error: unknown): boolean {
  return error instanceof SqliteFile.SqliteError && error.code.startsWith("SQLITE_BUSY");
}
