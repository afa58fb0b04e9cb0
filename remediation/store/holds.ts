import type { Db, Trx } from "../store.ts";

/** What waits for a person: "target:web-1" in quarantine. Of a breaker only its closing is kept ("action:NAME"). */
type Hold = {
  subject: string;
  since: number;
  reason: string;
  releasedAt: number | null;
  releasedBy: string | null;
};

export async function holdOf(db: Db, subject: string): Promise<Hold | null> {
  const row = await db.selectFrom("holds").selectAll().where("subject", "=", subject).executeTakeFirst();
  return row
    ? {
        subject: row.subject,
        since: row.since,
        reason: row.reason,
        releasedAt: row.released_at,
        releasedBy: row.released_by,
      }
    : null;
}

/** Subjects that wait for a person, oldest first. */
export async function standingHolds(db: Db): Promise<{ subject: string; since: number; reason: string }[]> {
  return db
    .selectFrom("holds")
    .select(["subject", "since", "reason"])
    .where("released_at", "is", null)
    .orderBy("since")
    .orderBy("subject")
    .execute();
}

/** Holds a subject from now on; false when it is held already. */
export async function putHold(
  trx: Trx,
  hold: { subject: string; since: number; reason: string },
): Promise<boolean> {
  const standing = { since: hold.since, reason: hold.reason, released_at: null, released_by: null };
  const row = await trx
    .insertInto("holds")
    .values({ subject: hold.subject, ...standing })
    .onConflict((conflict) =>
      conflict.column("subject").doUpdateSet(standing).where("holds.released_at", "is not", null),
    )
    .returning("subject")
    .executeTakeFirst();
  return row !== undefined;
}

/** A person's release: what was counted before it counts no more. */
export async function releaseHold(
  trx: Trx,
  release: { subject: string; at: number; by: string },
): Promise<void> {
  const released = { released_at: release.at, released_by: release.by };
  await trx
    .insertInto("holds")
    .values({ subject: release.subject, since: release.at, reason: "", ...released })
    .onConflict((conflict) => conflict.column("subject").doUpdateSet(released))
    .execute();
}

/** One attempt of an action that has ended or whose verdict is known: whether it went badly, and when that was known. */
export type Run = { plan: number; bad: boolean; at: number };

/** The newest ended runs of an action after a moment (wall ms), newest first. */
export async function lastRuns(
  db: Db,
  action: string,
  wanted: { after: number; limit: number },
): Promise<Run[]> {
  const rows = await db
    .selectFrom("steps")
    .innerJoin("plans", "plans.number", "steps.plan")
    .select((select) => [
      "steps.plan",
      "steps.state",
      "plans.verdict",
      select.fn.coalesce("plans.done_at", "steps.finished_at", "steps.intent_at").as("at"),
    ])
    .where("steps.action", "=", action)
    .where("steps.intent_at", "is not", null)
    .where((where) =>
      where.or([
        where("steps.state", "in", ["failed", "needs_human"]),
        where("plans.verdict", "is not", null),
      ]),
    )
    .where((where) =>
      where(where.fn.coalesce("plans.done_at", "steps.finished_at", "steps.intent_at"), ">", wanted.after),
    )
    .orderBy("steps.plan", "desc")
    .orderBy("steps.n", "desc")
    .limit(wanted.limit)
    .execute();
  return rows.map(({ plan, state, verdict, at }) => ({
    plan,
    bad: state === "failed" || state === "needs_human" || verdict === "worse",
    at: at ?? 0,
  }));
}
