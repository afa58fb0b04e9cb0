import type { HistoryDb, HistoryTransaction } from "./metrics-history-tables.ts";

export type KnownTarget = { id: number; name: string; newest: number };
export type KnownSet = { id: number; metrics: readonly string[]; oldest: number; newest: number };

/** What rows refer to by number: targets, and sets of metric names. */
export type Register = {
  targets: Map<string, KnownTarget>;
  targetsById: Map<number, KnownTarget>;
  sets: Map<string, KnownSet>;
  setsById: Map<number, KnownSet>;
};

/** Reads the register of one source. */
export async function loadRegister(db: HistoryDb, source: string): Promise<Register> {
  const targetRows = await db
    .selectFrom("metric_targets")
    .select(["id", "name", "newest_metric_at"])
    .where("source", "=", source)
    .execute();
  const setRows = await db
    .selectFrom("metric_sets")
    .select(["id", "names", "oldest_metric_at", "newest_metric_at"])
    .where("source", "=", source)
    .orderBy("id")
    .execute();
  const register: Register = {
    targets: new Map(),
    targetsById: new Map(),
    sets: new Map(),
    setsById: new Map(),
  };
  for (const { id, name, newest_metric_at } of targetRows)
    addTarget(register, { id, name, newest: newest_metric_at });
  for (const { id, names, oldest_metric_at, newest_metric_at } of setRows) {
    const metrics = JSON.parse(names) as string[];
    addSet(register, { id, metrics, oldest: oldest_metric_at, newest: newest_metric_at });
  }
  return register;
}

/** The target's entry; a new target gets its number in this transaction. */
export async function registerTarget(
  register: Register,
  { trx, source }: { trx: HistoryTransaction; source: string },
  { name, at }: { name: string; at: number },
): Promise<KnownTarget> {
  const known = register.targets.get(name);
  if (known !== undefined) return known;
  const { id } = await trx
    .insertInto("metric_targets")
    .values({
      source,
      name,
      row_count: 0,
      gap_count: 0,
      dead_count: 0,
      oldest_metric_at: at,
      newest_metric_at: at,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return addTarget(register, { id, name, newest: Number.NEGATIVE_INFINITY });
}

/** The set's entry, which from now on spans `at` too. */
export async function registerSet(
  register: Register,
  { trx, source }: { trx: HistoryTransaction; source: string },
  { metrics, at }: { metrics: readonly string[]; at: number },
): Promise<KnownSet> {
  const names = JSON.stringify(metrics);
  const known = register.sets.get(names);
  if (known === undefined) {
    const { id } = await trx
      .insertInto("metric_sets")
      .values({ source, names, oldest_metric_at: at, newest_metric_at: at })
      .returning("id")
      .executeTakeFirstOrThrow();
    return addSet(register, { id, metrics: [...metrics], oldest: at, newest: at });
  }
  if (at >= known.oldest && at <= known.newest) return known;
  known.oldest = Math.min(known.oldest, at);
  known.newest = Math.max(known.newest, at);
  await trx
    .updateTable("metric_sets")
    .set({ oldest_metric_at: known.oldest, newest_metric_at: known.newest })
    .where("id", "=", known.id)
    .execute();
  return known;
}

function addTarget(register: Register, target: KnownTarget): KnownTarget {
  register.targets.set(target.name, target);
  register.targetsById.set(target.id, target);
  return target;
}

function addSet(register: Register, set: KnownSet): KnownSet {
  register.sets.set(JSON.stringify(set.metrics), set);
  register.setsById.set(set.id, set);
  return set;
}
