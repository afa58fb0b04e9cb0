import type { Db, Trx } from "../store.ts";

/** `detail` is what the kind says it is; it holds names of the policy and what people typed, all of it data. */
export type Notice = {
  id: string;
  kind: "reminder" | "escalation" | "glass broken" | "glass sealed";
  /** "plan-17", "inc-12", or the person of an emergency. */
  subject: string;
  detail: { people?: string[]; by?: string; reason?: string; until?: number };
  at: number;
};

/** Writes down what every home channel is to be told, in the transaction of what it tells of. */
export async function insertNotice(trx: Trx, notice: Notice): Promise<void> {
  await trx
    .insertInto("notices")
    .values({ ...notice, detail: JSON.stringify(notice.detail), told_at: null })
    .execute();
}

/** What nobody was told yet, oldest first. */
export async function untoldNotices(db: Db): Promise<Notice[]> {
  const rows = await db
    .selectFrom("notices")
    .selectAll()
    .where("told_at", "is", null)
    .orderBy("at")
    .orderBy("id")
    .limit(100)
    .execute();
  return rows.map(({ id, kind, subject, detail, at }) => ({
    id,
    kind: kind as Notice["kind"],
    subject,
    detail: JSON.parse(detail) as Notice["detail"],
    at,
  }));
}

/** Notes that it was told, and forgets what was told long ago: the audit keeps it. */
export async function markTold(db: Db, id: string, at: number): Promise<void> {
  await db
    .updateTable("notices")
    .set({ told_at: at })
    .where("id", "=", id)
    .where("told_at", "is", null)
    .execute();
  await db
    .deleteFrom("notices")
    .where("told_at", "<", at - rememberedMs)
    .execute();
}

/** Longer than people must wait until they may ask again. */
const rememberedMs = 86_400_000;

/** When people were last asked about a subject that has no column for it; null when nobody was. */
export async function lastNotice(db: Db, kind: Notice["kind"], subject: string): Promise<number | null> {
  const row = await db
    .selectFrom("notices")
    .select((select) => select.fn.max("at").as("at"))
    .where("kind", "=", kind)
    .where("subject", "=", subject)
    .executeTakeFirst();
  return row?.at ?? null;
}
