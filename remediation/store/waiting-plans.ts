import type { Trx } from "../store.ts";

/** Notes that people were reminded of a plan that waits; false when they were, or it does not wait any more. */
export async function markReminded(trx: Trx, number: number, at: number): Promise<boolean> {
  const result = await trx
    .updateTable("plans")
    .set({ reminded_at: at })
    .where("number", "=", number)
    .where("status", "=", "proposed")
    .where("expires_at", ">=", at)
    .where("reminded_at", "is", null)
    .where("escalated_at", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Notes whom an escalation asked, once for each plan; false when others were asked, or it does not wait any more. */
export async function markEscalated(
  trx: Trx,
  number: number,
  at: number,
  to: readonly string[],
): Promise<boolean> {
  const result = await trx
    .updateTable("plans")
    .set({ escalated_at: at, escalated_to: JSON.stringify(to) })
    .where("number", "=", number)
    .where("status", "=", "proposed")
    .where("expires_at", ">=", at)
    .where("escalated_at", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
