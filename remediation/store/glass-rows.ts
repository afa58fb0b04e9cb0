import type { Selectable } from "kysely";
import type { Db, Trx } from "../store.ts";
import type { BrokenGlassTable } from "../tables.ts";

/** An emergency as it was declared. `endedAt` null: it lasts until `untilAt`. */
export type Glass = {
  person: string;
  name: string;
  reason: string;
  openedAt: number;
  untilAt: number;
  endedAt: number | null;
  seal: string;
};

export async function insertGlass(trx: Trx, glass: Glass): Promise<void> {
  await trx
    .insertInto("broken_glass")
    .values({
      person: glass.person,
      name: glass.name,
      reason: glass.reason,
      opened_at: glass.openedAt,
      until_at: glass.untilAt,
      ended_at: null,
      ended_by: null,
      seal: glass.seal,
    })
    .execute();
}

/** The emergencies of one person that cover a moment (wall ms), newest first. */
export async function glassAt(db: Db, person: string, at: number): Promise<Glass[]> {
  const rows = await db
    .selectFrom("broken_glass")
    .selectAll()
    .where("person", "=", person)
    .where("opened_at", "<=", at)
    .where("until_at", ">=", at)
    .where((where) => where.or([where("ended_at", "is", null), where("ended_at", ">=", at)]))
    .orderBy("opened_at", "desc")
    .execute();
  return rows.map(toGlass);
}

/** What nobody has ended yet, also what is over by its time. */
export async function unendedGlass(db: Db): Promise<Glass[]> {
  const rows = await db
    .selectFrom("broken_glass")
    .selectAll()
    .where("ended_at", "is", null)
    .orderBy("opened_at")
    .execute();
  return rows.map(toGlass);
}

/** Ends it once; false when it was ended already. */
export async function endGlassRow(
  trx: Trx,
  glass: Pick<Glass, "person" | "openedAt">,
  end: { at: number; by: string },
): Promise<boolean> {
  const result = await trx
    .updateTable("broken_glass")
    .set({ ended_at: end.at, ended_by: end.by })
    .where("person", "=", glass.person)
    .where("opened_at", "=", glass.openedAt)
    .where("ended_at", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

function toGlass(row: Selectable<BrokenGlassTable>): Glass {
  return {
    person: row.person,
    name: row.name,
    reason: row.reason,
    openedAt: row.opened_at,
    untilAt: row.until_at,
    endedAt: row.ended_at,
    seal: row.seal,
  };
}
