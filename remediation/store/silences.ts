import type { Selectable } from "kysely";
import type { Db, Trx } from "../store.ts";
import type { OutsideSilencesTable } from "../tables.ts";

export type SilenceRow = Selectable<OutsideSilencesTable> & { state: SilenceState };

/** pending: to be made or moved there; ending: to be taken away; refused: given up, a person is told. */
type SilenceState = "pending" | "active" | "ending" | "ended" | "refused";

/** Numbers of incidents that are silenced here, or may be silenced there. */
export async function silencesToKeep(db: Db): Promise<number[]> {
  const silenced = await db
    .selectFrom("incidents")
    .select("number")
    .where("status", "=", "silenced")
    .union(
      db.selectFrom("outside_silences").select("incident as number").where("state", "!=", "ended").distinct(),
    )
    .execute();
  return silenced.map(({ number }) => number).sort((one, other) => one - other);
}

export async function silencesOf(db: Db, incident: number): Promise<SilenceRow[]> {
  const rows = await db
    .selectFrom("outside_silences")
    .selectAll()
    .where("incident", "=", incident)
    .orderBy("alert_key")
    .execute();
  // The words were written by this folder.
  return rows as SilenceRow[];
}

/** Inserts the row or replaces what it says. */
export async function putSilence(trx: Trx, row: SilenceRow): Promise<void> {
  const { incident, alert_key, ...values } = row;
  await trx
    .insertInto("outside_silences")
    .values({ incident, alert_key, ...values })
    .onConflict((conflict) => conflict.columns(["incident", "alert_key"]).doUpdateSet(values))
    .execute();
}
