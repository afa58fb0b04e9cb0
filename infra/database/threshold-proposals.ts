import type { Kysely, Selectable } from "kysely";
import type { Trx } from "../../remediation/store.ts";
import type { FeedbackTables, ThresholdProposalsTable } from "./feedback-tables.ts";

/** A threshold that verdicts suggest, and what became of it. Its id is "threshold-3". */
export type StoredProposal = {
  id: string;
  target: string;
  /** What the threshold is multiplied by. */
  factor: number;
  text: string;
  status: "open" | "accepted" | "left";
  createdAt: number;
  decidedAt: number | null;
  decidedBy: string | null;
};

export type ThresholdProposals = ReturnType<typeof createThresholdProposals>;

type Db = Kysely<FeedbackTables>;

/** The diffs of thresholds that were offered to people. At most one of a target is open. */
export function createThresholdProposals({ db, wall }: { db: Db; wall: () => number }) {
  /** Offers a factor; an open offer of the target is replaced by it and keeps its id. */
  async function offer(given: { target: string; factor: number; text: string }): Promise<string> {
    return db.transaction().execute(async (trx) => {
      const open = await trx
        .selectFrom("threshold_proposals")
        .select("number")
        .where("target", "=", given.target)
        .where("status", "=", "open")
        .executeTakeFirst();
      if (open !== undefined) {
        await trx
          .updateTable("threshold_proposals")
          .set({ factor: given.factor, text: given.text, created_at: wall() })
          .where("number", "=", open.number)
          .execute();
        return `threshold-${open.number}`;
      }
      const last = await trx
        .selectFrom("threshold_proposals")
        .select((eb) => eb.fn.max("number").as("number"))
        .executeTakeFirst();
      const number = Number(last?.number ?? 0) + 1;
      await trx
        .insertInto("threshold_proposals")
        .values({ number, ...given, status: "open", created_at: wall(), decided_at: null, decided_by: null })
        .execute();
      return `threshold-${number}`;
    });
  }

  /** True for exactly one decision: the one that came first. */
  async function decide(
    id: string,
    decision: { status: "accepted" | "left"; by: string },
    trx: Trx,
  ): Promise<boolean> {
    const decided = await trx
      .updateTable("threshold_proposals")
      .set({ status: decision.status, decided_at: wall(), decided_by: decision.by })
      .where("number", "=", numberOf(id))
      .where("status", "=", "open")
      .executeTakeFirst();
    return decided.numUpdatedRows === 1n;
  }

  /** What was accepted could not be done: it waits for a decision again. */
  async function reopen(id: string): Promise<void> {
    await db
      .updateTable("threshold_proposals")
      .set({ status: "open", decided_at: null, decided_by: null })
      .where("number", "=", numberOf(id))
      .execute();
  }

  async function find(id: string): Promise<StoredProposal | null> {
    const row = await db
      .selectFrom("threshold_proposals")
      .selectAll()
      .where("number", "=", numberOf(id))
      .executeTakeFirst();
    return row === undefined ? null : toProposal(row);
  }

  /** The newest offer of a target, whatever became of it; verdicts from before its decision are spent. */
  async function newestOf(target: string): Promise<StoredProposal | null> {
    const row = await db
      .selectFrom("threshold_proposals")
      .selectAll()
      .where("target", "=", target)
      .orderBy("number", "desc")
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? null : toProposal(row);
  }

  return { offer, decide, reopen, find, newestOf };
}

function numberOf(id: string): number {
  // An id that is none finds nothing: numbers begin at 1.
  return Number(/^threshold-(\d{1,9})$/.exec(id)?.[1] ?? 0);
}

function toProposal(row: Selectable<ThresholdProposalsTable>): StoredProposal {
  return {
    id: `threshold-${row.number}`,
    target: row.target,
    factor: row.factor,
    text: row.text,
    status: row.status as StoredProposal["status"],
    createdAt: row.created_at,
    decidedAt: row.decided_at,
    decidedBy: row.decided_by,
  };
}
