import { Migrator, sql, type Kysely } from "kysely";
import { ConfigError } from "../errors.ts";
import { migrations, type SchemaDialect } from "./migrations/migrations.ts";

const bookkeeping = ["kysely_migration", "kysely_migration_lock"];

/** Brings an opened database to this version's schema; refuses a foreign database and one of a newer version. */
export async function migrate<Tables>(
  db: Kysely<Tables>,
  name: string,
  dialect: SchemaDialect,
): Promise<void> {
  const known = migrations(dialect);
  await checkSchema(db, name, dialect, Object.keys(known));
  const migrator = new Migrator({ db, provider: { getMigrations: async () => known } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined)
    throw new Error(`the schema of ${name} could not be brought up to date`, { cause: error });
}

/** Refuses a database that cannot be read by this version as it is; for those who may not change it. */
export async function requireSchema<Tables>(
  db: Kysely<Tables>,
  name: string,
  dialect: SchemaDialect,
): Promise<void> {
  const known = Object.keys(migrations(dialect));
  const applied = await checkSchema(db, name, dialect, known);
  if (applied.length < known.length) {
    throw new ConfigError([`${name} has an older schema; start the bot once, which brings it up to date`]);
  }
}

async function checkSchema<Tables>(
  db: Kysely<Tables>,
  name: string,
  dialect: SchemaDialect,
  known: readonly string[],
): Promise<string[]> {
  const tables = await tablesOf(db, dialect);
  if (!tables.includes("kysely_migration")) {
    const foreign = tables.filter((table) => !bookkeeping.includes(table));
    if (foreign.length === 0) return [];
    throw new ConfigError([
      `${name} holds tables that are not ours (${foreign.slice(0, 3).join(", ")}); name an empty or our own database`,
    ]);
  }
  const rows = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const applied = rows.rows.map((row) => row.name);
  const newer = applied.filter((migration) => !known.includes(migration));
  if (newer.length === 0) return applied;
  throw new ConfigError([
    `${name} was written by a newer version (schema ${newer.join(", ")}); use that version, or restore a backup`,
  ]);
}

/** On PostgreSQL only those of the schema in which ours are made: a database may serve others in other schemas. */
async function tablesOf<Tables>(db: Kysely<Tables>, dialect: SchemaDialect): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (dialect === "sqlite") return tables.map((table) => table.name);
  const { rows } = await sql<{ schema: string }>`select current_schema() as schema`.execute(db);
  const schema = rows[0]?.schema;
  return tables.filter((table) => table.schema === schema && !table.isView).map((table) => table.name);
}
