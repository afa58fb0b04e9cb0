import type { ExpressionBuilder, Selectable } from "kysely";
import type { Decision, Plan, PlanStatus, PlanTarget, Step } from "../plan.ts";
import type { Db } from "../store.ts";
import type { PlansTable, PlanTargetsTable, StepsTable } from "../plan-tables.ts";
import type { RemediationTables } from "../tables.ts";
import { decisionsOf } from "./decisions.ts";

export async function planByNumber(db: Db, number: number): Promise<Plan | null> {
  const row = await db.selectFrom("plans").selectAll().where("number", "=", number).executeTakeFirst();
  return row ? assemble(db, row) : null;
}

/** Newest first. */
export async function selectPlans(
  db: Db,
  wanted: {
    statuses?: readonly PlanStatus[];
    incident?: number;
    target?: string;
    unjudged?: boolean;
    limit: number;
  },
): Promise<Plan[]> {
  let query = db.selectFrom("plans").selectAll("plans").orderBy("plans.number", "desc").limit(wanted.limit);
  if (wanted.statuses) query = query.where("plans.status", "in", [...wanted.statuses]);
  if (wanted.incident !== undefined) query = query.where("plans.incident", "=", wanted.incident);
  if (wanted.unjudged) query = query.where((where) => where.and(awaitingVerdict(where)));
  const { target } = wanted;
  if (target !== undefined) {
    query = query.where("plans.number", "in", (inner) =>
      inner.selectFrom("plan_targets").select("plan").where("plan_targets.target", "=", target),
    );
  }
  const plans: Plan[] = [];
  for (const row of await query.execute()) plans.push(await assemble(db, row));
  return plans;
}

/** The newest plan that takes this one back or took it back, unless it came to nothing; null: there is none. */
export async function rollbackOf(db: Db, number: number): Promise<Pick<Plan, "id" | "status"> | null> {
  const row = await db
    .selectFrom("plans")
    .select(["number", "status"])
    .where("rolls_back", "=", number)
    .where("status", "in", ["proposed", "approved", "executing", "done", "needs_human"])
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  return row ? { id: `plan-${row.number}`, status: row.status as Plan["status"] } : null;
}

/** Whether a plan that acts was made for an incident and was not dropped before it ran. */
export async function hasRemedy(db: Db, incident: number): Promise<boolean> {
  const row = await db
    .selectFrom("plans")
    .select("number")
    .where("incident", "=", incident)
    .where("risk", ">", 0)
    .where("status", "not in", ["denied", "expired", "cancelled"])
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Plans done since then (wall ms) that made it worse and that nothing was ever proposed to take back, oldest first. */
export async function worseSince(db: Db, since: number): Promise<string[]> {
  const rows = await db
    .selectFrom("plans")
    .select("number")
    .where("verdict", "=", "worse")
    .where("rolls_back", "is", null)
    .where("done_at", ">=", since)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("plans as backs")
            .select("backs.number")
            .whereRef("backs.rolls_back", "=", "plans.number"),
        ),
      ),
    )
    .orderBy("number")
    .execute();
  return rows.map(({ number }) => `plan-${number}`);
}

/** A practice acts on nothing: it disrupts nothing, and there is nothing to verify. */
export function actsOnTargets(where: ExpressionBuilder<RemediationTables, "plans">) {
  return where.exists(
    where.selectFrom("plan_targets").select("target").whereRef("plan_targets.plan", "=", "plans.number"),
  );
}

/** Done without a verdict. What only reads (risk 0) or practises gets none. */
export function awaitingVerdict(where: ExpressionBuilder<RemediationTables, "plans">) {
  return [
    where("plans.status", "=", "done"),
    where("plans.verdict", "is", null),
    where("plans.risk", ">", 0),
    actsOnTargets(where),
  ];
}

async function assemble(db: Db, row: Selectable<PlansTable>): Promise<Plan> {
  const targets = await db
    .selectFrom("plan_targets")
    .selectAll()
    .where("plan", "=", row.number)
    .orderBy("target")
    .execute();
  const steps = await db
    .selectFrom("steps")
    .selectAll()
    .where("plan", "=", row.number)
    .orderBy("n")
    .execute();
  const decisions = (await decisionsOf(db, row.number)).map(({ seal: _seal, ...decision }) => decision);
  return { ...toPlan(row), ...joined(targets.map(toTarget), steps.map(toStep), decisions) };
}

function joined(targets: PlanTarget[], steps: Step[], decisions: Decision[]) {
  return {
    targets,
    steps,
    decisions,
    generation: Math.max(0, ...targets.map((target) => target.generation)),
  };
}

// The words of a row were written by this folder; they are read back as what they are.
function toPlan(row: Selectable<PlansTable>): Omit<Plan, "targets" | "steps" | "decisions" | "generation"> {
  return {
    id: `plan-${row.number}`,
    number: row.number,
    status: row.status as Plan["status"],
    verdict: row.verdict as Plan["verdict"],
    verdictDetail:
      row.verdict_detail === null ? null : (JSON.parse(row.verdict_detail) as Plan["verdictDetail"]),
    incident: row.incident === null ? null : `inc-${row.incident}`,
    runbook: row.runbook,
    title: row.title,
    effect: row.effect,
    version: row.version,
    params: JSON.parse(row.params) as Plan["params"],
    risk: row.risk as Plan["risk"],
    approvalsNeeded: row.approvals_needed,
    digest: row.digest,
    fingerprint: JSON.parse(row.fingerprint) as Plan["fingerprint"],
    cloud: row.cloud as Plan["cloud"],
    requester: { id: row.requester_id, name: row.requester_name },
    rule: row.rule,
    reason: row.reason,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    runBy: row.run_by,
    window:
      row.window_from === null || row.window_to === null
        ? null
        : { from: row.window_from, to: row.window_to },
    rollsBack: row.rolls_back === null ? null : `plan-${row.rolls_back}`,
    startedAt: row.started_at,
    doneAt: row.done_at,
    doneMetricAt: row.done_metric_at,
    settleSeconds: row.settle_seconds,
    metric: row.metric,
    direction: row.direction as Plan["direction"],
    blastRadius: JSON.parse(row.blast_radius) as string[],
    notes: JSON.parse(row.notes) as string[],
    runsAlone:
      row.alone_level === null || row.alone_at === null
        ? null
        : { level: row.alone_level as "veto" | "auto", at: row.alone_at },
    remindedAt: row.reminded_at,
    escalated:
      row.escalated_at === null
        ? null
        : { at: row.escalated_at, to: JSON.parse(row.escalated_to ?? "[]") as string[] },
  };
}

function toTarget(row: Selectable<PlanTargetsTable>): PlanTarget {
  return {
    name: row.target,
    instanceId: row.instance_id,
    region: row.region,
    service: row.service,
    generation: row.generation,
  };
}

function toStep(row: Selectable<StepsTable>): Step {
  return {
    n: row.n,
    action: row.action,
    target: row.target,
    instanceId: row.instance_id,
    params: JSON.parse(row.params) as Step["params"],
    undoes: row.undoes,
    pinned: row.pinned,
    executionId: row.execution_id,
    state: row.state as Step["state"],
    attempt: row.attempt,
    fence: row.fence,
    intentAt: row.intent_at,
    calledAt: row.called_at,
    finishedAt: row.finished_at,
    intentMetricAt: row.intent_metric_at,
    metricAt: row.metric_at,
    reference: row.reference,
    evidence: JSON.parse(row.evidence) as Step["evidence"],
    message: row.message,
  };
}
