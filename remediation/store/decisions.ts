import type { Selectable } from "kysely";
import type { DecisionsTable } from "../plan-tables.ts";
import type { Decision } from "../plan.ts";
import type { Db, Trx } from "../store.ts";

export type SealedDecision = Decision & { seal: string };

export async function decisionsOf(db: Db, plan: number): Promise<SealedDecision[]> {
  const rows = await db
    .selectFrom("decisions")
    .selectAll()
    .where("plan", "=", plan)
    .orderBy("at")
    .orderBy("person")
    .execute();
  return rows.map((row) => ({ ...toDecision(row), seal: row.seal }));
}

/**
 * Fails on its key when this person has decided so about this plan already; only an approval under an emergency takes
 * the place of the same person's ordinary one.
 */
export async function insertDecision(trx: Trx, plan: number, decision: SealedDecision): Promise<void> {
  const made = {
    name: decision.name,
    at: decision.at,
    reason: decision.reason,
    surface: decision.surface,
    policy_hash: decision.policyHash,
    break_glass: decision.breakGlass ? 1 : 0,
    seal: decision.seal,
  };
  const insert = trx
    .insertInto("decisions")
    .values({ plan, person: decision.person, decision: decision.decision, ...made });
  const written = decision.breakGlass
    ? insert.onConflict((conflict) => conflict.columns(["plan", "person", "decision"]).doUpdateSet(made))
    : insert;
  await written.execute();
}

/** Why a person denied a plan, told afterwards; false when the person did not deny it or has said why. */
export async function tellReason(
  trx: Trx,
  told: { plan: number; person: string; reason: string },
): Promise<boolean> {
  const result = await trx
    .updateTable("decisions")
    .set({ reason: told.reason })
    .where("plan", "=", told.plan)
    .where("person", "=", told.person)
    .where("decision", "=", "deny")
    .where("reason", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

function toDecision(row: Selectable<DecisionsTable>): Decision {
  return {
    person: row.person,
    name: row.name,
    decision: row.decision as Decision["decision"],
    at: row.at,
    reason: row.reason,
    surface: row.surface,
    policyHash: row.policy_hash,
    breakGlass: row.break_glass === 1,
  };
}
