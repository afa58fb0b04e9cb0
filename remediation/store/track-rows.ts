import type { Incident } from "../incident.ts";
import type { Plan, Verdict, VerdictDetail } from "../plan.ts";
import type { Db } from "../store.ts";

/** A run whose verdict is known, and what its incident was about. */
export type JudgedRun = {
  number: number;
  verdict: Verdict;
  /** Wall ms. */
  doneAt: number;
  curedAfterSeconds: number | null;
  incident: Pick<Incident, "metric" | "direction" | "detail"> | null;
};

/** More runs than this say nothing new. */
const mostRuns = 1_000;

type Ran = { runbook: string; service: string; cloud: Plan["cloud"] };

/** What came of a runbook on one service in one cloud, newest first; what only took back another plan is none. */
export async function judgedRuns(db: Db, { runbook, service, cloud }: Ran): Promise<JudgedRun[]> {
  const rows = await db
    .selectFrom("plans")
    .leftJoin("incidents", "incidents.number", "plans.incident")
    .select([
      "plans.number",
      "plans.verdict",
      "plans.verdict_detail",
      "plans.done_at",
      "incidents.metric",
      "incidents.direction",
      "incidents.detail",
    ])
    .where("plans.runbook", "=", runbook)
    .where("plans.cloud", "=", cloud)
    .where("plans.verdict", "is not", null)
    .where("plans.rolls_back", "is", null)
    .where((where) =>
      where.exists(
        where
          .selectFrom("plan_targets")
          .select("plan_targets.plan")
          .whereRef("plan_targets.plan", "=", "plans.number")
          .where("plan_targets.service", "=", service),
      ),
    )
    .orderBy("plans.number", "desc")
    .limit(mostRuns)
    .execute();
  // The words of a row were written by this folder; they are read back as what they are.
  return rows.map((row) => ({
    number: row.number,
    verdict: row.verdict as Verdict,
    doneAt: row.done_at ?? 0,
    curedAfterSeconds:
      (JSON.parse(row.verdict_detail ?? "{}") as Partial<VerdictDetail>).curedAfterSeconds ?? null,
    incident:
      row.detail === null
        ? null
        : {
            metric: row.metric,
            direction: row.direction as Incident["direction"],
            detail: JSON.parse(row.detail) as Incident["detail"],
          },
  }));
}

/** How long a runbook's calls took on one service, wall ms a plan, from its first intent to its last end, newest first. */
export async function runDurations(db: Db, { runbook, service, cloud }: Ran): Promise<number[]> {
  const rows = await db
    .selectFrom("plans")
    .innerJoin("plan_targets", "plan_targets.plan", "plans.number")
    .innerJoin("steps", "steps.plan", "plans.number")
    .select((select) => [
      "plans.number",
      select.fn.min("steps.intent_at").as("began"),
      select.fn.max("steps.finished_at").as("ended"),
    ])
    .where("plans.runbook", "=", runbook)
    .where("plans.cloud", "=", cloud)
    .where("plans.status", "=", "done")
    .where("plans.rolls_back", "is", null)
    .where("plan_targets.service", "=", service)
    .where("steps.intent_at", "is not", null)
    .where("steps.state", "=", "done")
    .groupBy("plans.number")
    .orderBy("plans.number", "desc")
    .limit(mostRuns)
    .execute();
  return rows.flatMap(({ began, ended }) =>
    began === null || ended === null ? [] : [Number(ended) - Number(began)],
  );
}
