import { sql } from "kysely";
import type { Db, Trx } from "../store.ts";

type CounterName = "incident" | "plan" | "audit" | "change";

/** The next number of a counter, from 1. The row is locked until the transaction ends. */
export async function nextNumber(trx: Trx, name: CounterName): Promise<number> {
  const row = await trx
    .insertInto("counters")
    .values({ name, value: 1 })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value: sql`counters.value + 1` }))
    .returning("value")
    .executeTakeFirstOrThrow();
  return row.value;
}

export async function readCounter(db: Db, name: CounterName): Promise<number> {
  const row = await db.selectFrom("counters").select("value").where("name", "=", name).executeTakeFirst();
  return row?.value ?? 0;
}

/** `autonomy` off: no rule decides alone until a person turns it on again. */
type SwitchName = "pause" | "autonomy";

export type Switch = { position: "on" | "off"; person: string; reason: string; at: number };

/** Null when it was never moved. A position that is neither word counts as unreadable and throws. */
export async function readSwitch(db: Db, name: SwitchName): Promise<Switch | null> {
  const row = await db.selectFrom("switches").selectAll().where("name", "=", name).executeTakeFirst();
  if (!row) return null;
  if (row.position !== "on" && row.position !== "off") {
    throw new Error(`the switch "${name}" stands on "${row.position}"; set it again with pause or resume`);
  }
  return { position: row.position, person: row.person, reason: row.reason, at: row.at };
}

/** The word it stands on, whatever it is; null when it was never moved. */
export async function switchWord(db: Db, name: SwitchName): Promise<string | null> {
  const row = await db.selectFrom("switches").select("position").where("name", "=", name).executeTakeFirst();
  return row?.position ?? null;
}

export async function writeSwitch(trx: Trx, name: SwitchName, values: Switch): Promise<void> {
  await trx
    .insertInto("switches")
    .values({ name, ...values })
    .onConflict((conflict) => conflict.column("name").doUpdateSet(values))
    .execute();
}

/** A target's generation as it is; 0 before its first plan. */
export async function readGeneration(db: Db, target: string): Promise<number> {
  const row = await db
    .selectFrom("target_generations")
    .select("generation")
    .where("target", "=", target)
    .executeTakeFirst();
  return row?.generation ?? 0;
}

/** Raises a target's generation; every plan of an older one is stale from now on. */
export async function bumpGeneration(trx: Trx, target: string): Promise<number> {
  const row = await trx
    .insertInto("target_generations")
    .values({ target, generation: 1 })
    .onConflict((conflict) =>
      conflict.column("target").doUpdateSet({ generation: sql`target_generations.generation + 1` }),
    )
    .returning("generation")
    .executeTakeFirstOrThrow();
  return row.generation;
}

/**
 * Takes a lease and answers its new fence. Null when somebody else holds it still; `seize` takes it anyway and is only
 * for the start of the one process that owns the database file.
 */
export async function takeLease(
  trx: Trx,
  lease: { name: string; holder: string; now: number; until: number; seize: boolean },
): Promise<number | null> {
  const row = await trx
    .insertInto("leases")
    .values({ name: lease.name, holder: lease.holder, fence: 1, expires_at: lease.until })
    .onConflict((conflict) => {
      const update = conflict.column("name").doUpdateSet({
        holder: lease.holder,
        fence: sql`leases.fence + 1`,
        expires_at: lease.until,
      });
      return lease.seize ? update : update.where("leases.expires_at", "<", lease.now);
    })
    .returning("fence")
    .executeTakeFirst();
  return row?.fence ?? null;
}

/** Lengthens a lease; false when another holder took it, whose fence is higher. */
export async function renewLease(
  trx: Trx,
  lease: { name: string; holder: string; fence: number; until: number },
): Promise<boolean> {
  const result = await trx
    .updateTable("leases")
    .set({ expires_at: lease.until })
    .where("name", "=", lease.name)
    .where("holder", "=", lease.holder)
    .where("fence", "=", lease.fence)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function releaseLease(
  trx: Trx,
  lease: { name: string; holder: string; fence: number },
): Promise<void> {
  await trx
    .updateTable("leases")
    .set({ expires_at: 0 })
    .where("name", "=", lease.name)
    .where("holder", "=", lease.holder)
    .where("fence", "=", lease.fence)
    .execute();
}
