import { Kysely, sql } from "kysely";
import { ConfigError } from "../../errors.ts";
import type { Database } from "../database.ts";
import { isEmpty, migrate, requireSchema } from "../migrate.ts";
import type { OpenDatabase } from "../open.ts";
import { type Ownership, OwnedPostgresDialect } from "./dialect.ts";
import { ownDatabase } from "./owner.ts";
import { createPool } from "./pool.ts";
import { asPostgresProblem, postgresName } from "./problem.ts";

type PostgresOptions = {
  wall(): number;
  /** Who writes, for the message that a second process gets; such as "process 17 on web-1". */
  holder: string;
  /** A connection broke; the next one is made when it is needed. */
  onError?: (error: Error) => void;
  /** Another process has taken the database over; nothing of this one can be written any more. */
  onLost?: () => void;
};

/**
 * Opens a PostgreSQL database, alone: a second process is refused. Every commit is on disk before it is answered, one
 * transaction writes at a time, and the schema is made or brought up to date. Throws a ConfigError, never with the
 * password in it, for one that cannot be reached or used, is not ours, or does not sync its commits.
 */
export async function openPostgres(url: string, options: PostgresOptions): Promise<OpenDatabase> {
  const { wall, holder, onError = () => undefined, onLost = () => undefined } = options;
  const name = postgresName(url);
  try {
    const prepare = () =>
      briefly(url, async (db) => {
        await requireDurable(db, name);
        await migrate(db, name, "postgres");
      });
    const owner = await ownDatabase(url, { name, holder, wall, onLost }, prepare);
    const db = connect(url, { ownership: owner, onError, session: durable });
    const close = async () => {
      await db.destroy();
      await owner.release();
    };
    return { db, close };
  } catch (error) {
    throw asPostgresProblem(error, name);
  }
}

/**
 * Opens it for looking only, beside a running bot: no lock, no migration, and PostgreSQL refuses every write. Null while
 * the database is empty.
 */
export async function openPostgresReadOnly(url: string): Promise<OpenDatabase | null> {
  const name = postgresName(url);
  const db = connect(url, { session: readOnly, statementMs: 0 });
  try {
    if (await isEmpty(db, "postgres")) {
      await db.destroy();
      return null;
    }
    await requireSchema(db, name, "postgres");
  } catch (error) {
    await db.destroy();
    throw asPostgresProblem(error, name);
  }
  return { db, close: () => db.destroy() };
}

/** Milliseconds by which the server's clock is ahead of this process's. */
export async function clockAhead(db: Kysely<Database>, wall: () => number): Promise<number> {
  const before = wall();
  const { rows } = await sql<{
    now: number;
  }>`select extract(epoch from clock_timestamp()) * 1000 as now`.execute(db);
  return Math.round((rows[0]?.now ?? before) - (before + wall()) / 2);
}

/** What a server's administrator or a role may have weakened, for this session only. */
const durable = `select set_config('synchronous_commit', 'on', false)
  where current_setting('synchronous_commit') in ('off', 'local')`;
const readOnly = "set default_transaction_read_only = on";

function connect(
  url: string,
  options: {
    ownership?: Ownership;
    session: string;
    statementMs?: number;
    onError?: (error: Error) => void;
  },
): Kysely<Database> {
  const { ownership = null, onError = () => undefined, ...rest } = options;
  const pool = createPool(url, { ...rest, onError });
  return new Kysely<Database>({ dialect: new OwnedPostgresDialect({ pool }, ownership) });
}

async function briefly(url: string, work: (db: Kysely<Database>) => Promise<void>): Promise<void> {
  const db = connect(url, { session: durable, statementMs: 0 });
  try {
    await work(db);
  } finally {
    await db.destroy();
  }
}

/** A committed intent must survive a crash of the server, else a call could be made twice. */
async function requireDurable(db: Kysely<Database>, name: string): Promise<void> {
  const { rows } = await sql<{ commit: string; fsync: string; standby: boolean }>`
    select current_setting('synchronous_commit') as commit, current_setting('fsync') as fsync,
           pg_is_in_recovery() as standby`.execute(db);
  const [found] = rows;
  if (found === undefined) throw new Error(`${name} does not say how it is set up`);
  if (found.standby)
    throw new ConfigError([`${name} takes no writes: it is a standby, so name the primary in DATABASE_URL`]);
  if (found.fsync !== "on" || ["off", "local"].includes(found.commit)) {
    throw new ConfigError([
      `${name} does not sync its commits (fsync=${found.fsync}, synchronous_commit=${found.commit}), so an action could be forgotten and made twice: set both to on`,
    ]);
  }
}
