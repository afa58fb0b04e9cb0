import {
  CompiledQuery,
  type DatabaseConnection,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  type QueryResult,
} from "kysely";

/** Another process owns the database now: nothing may be written by this one any more. */
export class TakenOver extends Error {
  constructor() {
    super("another process has taken over the database; this one may not write any more");
    this.name = "TakenOver";
  }
}

/** `lock`: the advisory lock of writers (two integers); `fence`: what the owner's row must say. */
export type Ownership = { lock: readonly [number, number]; fence: number };

/**
 * Kysely's dialect, but a transaction begins with the one lock of all writers, as SQLite's BEGIN IMMEDIATE does: no
 * check-then-act, no serialization failure to repeat. READ COMMITTED on purpose: each statement then sees all that was
 * committed before the lock was got. With the lock it reads the owner's fence, so that a process that was taken over
 * cannot write. Without `ownership` (reading, changing the schema) it only begins.
 */
export class OwnedPostgresDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;
  readonly #ownership: Ownership | null;

  constructor(config: PostgresDialectConfig, ownership: Ownership | null) {
    super(config);
    this.#config = config;
    this.#ownership = ownership;
  }

  override createDriver(): PostgresDriver {
    return new OwnedPostgresDriver(this.#config, this.#ownership);
  }
}

/** Kysely's own connection, whose class it does not export. */
type Inner = Parameters<PostgresDriver["releaseConnection"]>[0];

class OwnedPostgresDriver extends PostgresDriver {
  readonly #ownership: Ownership | null;

  constructor(config: PostgresDialectConfig, ownership: Ownership | null) {
    super(config);
    this.#ownership = ownership;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    return new WithoutNul((await super.acquireConnection()) as Inner);
  }

  override async releaseConnection(connection: DatabaseConnection): Promise<void> {
    if (!(connection instanceof WithoutNul)) throw new Error("a connection of another driver was given back");
    await super.releaseConnection(connection.inner);
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin isolation level read committed"));
    if (this.#ownership === null) return;
    try {
      await takeTurn(connection, this.#ownership);
    } catch (error) {
      // Kysely rolls back only what has begun; a rollback that fails belongs to a connection that is gone anyway.
      await this.rollbackTransaction(connection).catch(() => undefined);
      throw error;
    }
  }
}

async function takeTurn(connection: DatabaseConnection, { lock, fence }: Ownership): Promise<void> {
  const [space, key] = lock;
  await connection.executeQuery(CompiledQuery.raw(`select pg_advisory_xact_lock(${space}, ${key})`));
  // A statement of its own: one that waited for the lock would still see what was there before it.
  const { rows } = await connection.executeQuery<{ fence: number }>(
    CompiledQuery.raw("select fence from leases where name = 'database'"),
  );
  if (rows[0]?.fence !== fence) throw new TakenOver();
}

/** PostgreSQL's text holds every character but NUL, which people and machines may send; it becomes U+FFFD. */
class WithoutNul implements DatabaseConnection {
  readonly inner: Inner;

  constructor(inner: Inner) {
    this.inner = inner;
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.inner.executeQuery({ ...query, parameters: query.parameters.map(withoutNul) });
  }

  streamQuery<Row>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<Row>> {
    return this.inner.streamQuery({ ...query, parameters: query.parameters.map(withoutNul) }, chunkSize);
  }
}

function withoutNul(value: unknown): unknown {
  return typeof value === "string" ? value.replaceAll("\u0000", "\uFFFD") : value;
}
