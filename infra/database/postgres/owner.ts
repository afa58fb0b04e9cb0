import pg from "pg";
import { ConfigError } from "../../errors.ts";
import { writtenTime } from "../written-time.ts";
import type { Ownership } from "./dialect.ts";
import { clientConfig } from "./pool.ts";

/** The first number of our advisory locks, "SC"; the second tells the schema and what the lock is for. */
const lockSpace = 0x5343;
const retryMs = 500;

type Owner = Ownership & { release(): Promise<void> };

type Options = {
  name: string;
  holder: string;
  wall: () => number;
  /** Called once when another process owns the database. */
  onLost: () => void;
};

/**
 * Makes this process the only writer of a database: a session's advisory lock, which ends with the process however that
 * ends, and a fence in the table of leases, which every transaction reads. When the lock's connection breaks it is taken
 * anew; if somebody else was faster, the fence has risen and nothing of this process can be committed. `prepare` runs
 * while the lock is held and before the fence is written: the schema may not be there yet.
 */
export async function ownDatabase(
  url: string,
  options: Options,
  prepare: () => Promise<void>,
): Promise<Owner> {
  let closed = false;
  let session = await connected(url);
  const [ownerKey, writerKey] = await keysOf(session, options.name);
  if (!(await tryLock(session, ownerKey))) throw await refusal(session, options.name);
  let fence: number;
  try {
    await prepare();
    fence = await raiseFence(session, writerKey, options);
  } catch (error) {
    await session.end();
    throw error;
  }

  const watch = (client: pg.Client) => client.once("end", () => void regain());
  watch(session);

  async function regain(): Promise<void> {
    while (!closed) {
      const found = await tryAgain();
      if (found === "lost") return options.onLost();
      if (found !== null) {
        session = found;
        watch(found);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  /** The lock's new session; "lost" when the fence has risen; null when the server or the lock is not to be had now. */
  async function tryAgain(): Promise<pg.Client | "lost" | null> {
    let client: pg.Client | null = null;
    try {
      client = await connected(url);
      const taken = await tryLock(client, ownerKey);
      const isOurs = (await readFence(client)) === fence;
      if (taken && isOurs && !closed) return client;
      await client.end();
      return isOurs ? null : "lost";
    } catch (error) {
      await client?.end().catch(() => undefined);
      // A server that is away is what this waits for; anything else shows at the next transaction.
      return error instanceof Error ? null : Promise.reject(error);
    }
  }

  async function release(): Promise<void> {
    closed = true;
    await session.end();
  }
  return { lock: [lockSpace, writerKey], fence, release };
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(clientConfig(url));
  // The end is what is acted on; without a listener an error would end the process.
  client.on("error", () => undefined);
  await client.connect();
  // A host that vanished lets go of the lock within half a minute.
  await client.query(
    "set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 4",
  );
  return client;
}

async function tryLock(client: pg.Client, key: number): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>("select pg_try_advisory_lock($1, $2) as taken", [
    lockSpace,
    key,
  ]);
  return rows[0]?.taken === true;
}

async function raiseFence(client: pg.Client, writerKey: number, { holder, wall }: Options): Promise<number> {
  await client.query("begin isolation level read committed");
  await client.query("select pg_advisory_xact_lock($1, $2)", [lockSpace, writerKey]);
  const { rows } = await client.query<{ fence: number }>(
    `insert into leases (name, holder, fence, expires_at) values ('database', $1, 1, $2)
     on conflict (name) do update set holder = excluded.holder, fence = leases.fence + 1, expires_at = excluded.expires_at
     returning fence`,
    [`${holder} since ${writtenTime(wall())}`, wall()],
  );
  await client.query("commit");
  const fence = rows[0]?.fence;
  if (fence === undefined) throw new Error("the fence of the database cannot be raised");
  return fence;
}

async function readFence(client: pg.Client): Promise<number | null> {
  const { rows } = await client.query<{ fence: number }>("select fence from leases where name = 'database'");
  return rows[0]?.fence ?? null;
}

/** Ends the session and says who holds the lock. */
async function refusal(client: pg.Client, name: string): Promise<ConfigError> {
  const { rows } = await client
    .query<{ holder: string }>("select holder from leases where name = 'database'")
    // The other one may be making the tables in this moment.
    .catch(() => ({ rows: [] }));
  await client.end();
  const holder = rows[0]?.holder ?? "another process";
  return new ConfigError([
    `${name} is in use by ${holder}: one process writes it at a time. Stop that one, or name another database in DATABASE_URL`,
  ]);
}

/** Of the owner's lock and of the writers' lock: schemas of one database have their own. */
async function keysOf(client: pg.Client, name: string): Promise<[owner: number, writer: number]> {
  const { rows } = await client.query<{ schema: string | null }>("select current_schema() as schema");
  const schema = rows[0]?.schema ?? null;
  if (schema !== null) return [keyOf(`${schema} owner`), keyOf(`${schema} writer`)];
  await client.end();
  throw new ConfigError([
    `${name} has no schema on the search path of this user: create one, or grant USAGE on "public"`,
  ]);
}

/** A number of 31 bits from a text (FNV-1a). */
function keyOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash & 0x7fffffff;
}
