import type { Kysely, Selectable } from "kysely";
import type { Trx } from "../../remediation/store.ts";
import type { FeedbackTable, FeedbackTables, OperatorVerdict } from "./feedback-tables.ts";

/** The newest word of a person about an incident. */
export type Feedback = {
  /** "inc-12". */
  incident: string;
  target: string;
  verdict: OperatorVerdict;
  /** The person's id in the policy, and the name to show. */
  by: string;
  name: string;
  reason: string | null;
  /** Unix ms. */
  at: number;
  /** Unix seconds of metric time. */
  metricAt: number;
  /** Highest anomaly score of the alarm until then, 1 = alert threshold; null where no model raised it. */
  score: number | null;
  /** The alarm's leading metrics. */
  metrics: string[];
  /** Metric time at which the episode was seen to be over; null while it may go on. */
  overMetricAt: number | null;
};

export type FeedbackStore = ReturnType<typeof createFeedbackStore>;

type Db = Kysely<FeedbackTables>;

/** What people said of incidents. Writing takes the transaction of the change it belongs to. */
export function createFeedbackStore({ db }: { db: Db }) {
  /** Keeps the newest word; false when the same verdict stands already, then nothing is written. */
  async function record(given: Feedback, trx: Trx): Promise<boolean> {
    const values = {
      target: given.target,
      verdict: given.verdict,
      person: given.by,
      name: given.name,
      reason: given.reason,
      at: given.at,
      metric_at: given.metricAt,
      score: given.score,
      metrics: JSON.stringify(given.metrics),
      over_metric_at: given.overMetricAt,
    };
    const written = await trx
      .insertInto("feedback")
      .values({ incident: numberOf(given.incident), ...values })
      .onConflict((conflict) =>
        conflict.column("incident").doUpdateSet(values).where("feedback.verdict", "!=", given.verdict),
      )
      .executeTakeFirst();
    return Number(written.numInsertedOrUpdatedRows ?? 0n) === 1;
  }

  /** What was said of a target's incidents, or of all, oldest first. */
  async function verdictsOf(target?: string): Promise<Feedback[]> {
    let query = db.selectFrom("feedback").selectAll().orderBy("at").orderBy("incident");
    if (target !== undefined) query = query.where("target", "=", target);
    return (await query.execute()).map(toFeedback);
  }

  /** What was said of one incident, or null. */
  async function verdictOn(incident: string): Promise<Feedback | null> {
    const row = await db
      .selectFrom("feedback")
      .selectAll()
      .where("incident", "=", numberOf(incident))
      .executeTakeFirst();
    return row === undefined ? null : toFeedback(row);
  }

  /** Episodes that somebody called no problem (or the new normal) and that were not seen to end since. */
  async function accepted(): Promise<Feedback[]> {
    const rows = await db
      .selectFrom("feedback")
      .selectAll()
      .where("over_metric_at", "is", null)
      .where("verdict", "!=", "problem")
      .orderBy("incident")
      .execute();
    return rows.map(toFeedback);
  }

  /** The episode is over: the next one on this target is told again. */
  async function episodeOver(target: string, metricAt: number): Promise<void> {
    await db
      .updateTable("feedback")
      .set({ over_metric_at: metricAt })
      .where("target", "=", target)
      .where("over_metric_at", "is", null)
      .execute();
  }

  return { record, verdictsOf, verdictOn, accepted, episodeOver };
}

function numberOf(incident: string): number {
  const number = Number(/^inc-(\d{1,9})$/.exec(incident)?.[1] ?? Number.NaN);
  if (Number.isNaN(number)) throw new RangeError(`"${incident}" is no incident's id: they look like inc-12`);
  return number;
}

function toFeedback(row: Selectable<FeedbackTable>): Feedback {
  return {
    incident: `inc-${row.incident}`,
    target: row.target,
    verdict: row.verdict as OperatorVerdict,
    by: row.person,
    name: row.name,
    reason: row.reason,
    at: row.at,
    metricAt: row.metric_at,
    score: row.score,
    metrics: JSON.parse(row.metrics) as string[],
    overMetricAt: row.over_metric_at,
  };
}
