import { sql, type ExpressionBuilder } from "kysely";
import { holdingStatuses, type Plan, type PlanStatus, type Verdict, type VerdictDetail } from "../plan.ts";
import type { Db, Trx } from "../store.ts";
import type { RemediationTables } from "../tables.ts";
import { awaitingVerdict } from "./plan-rows.ts";

/** What a plan is made of before it exists; steps and decisions have their own tables. */
export type NewPlan = Omit<
  Plan,
  "id" | "generation" | "verdict" | "verdictDetail" | "startedAt" | "doneAt" | "doneMetricAt" | "decisions"
>;

/** Inserts plan, targets and steps; fails on the unique `active_target` when another plan holds a target. */
export async function insertPlan(trx: Trx, plan: NewPlan): Promise<void> {
  await trx.insertInto("plans").values(planRow(plan)).execute();
  const targets = targetRows(plan);
  if (targets.length > 0) await trx.insertInto("plan_targets").values(targets).execute();
  await trx.insertInto("steps").values(stepRows(plan)).execute();
}

function planRow(plan: NewPlan) {
  return {
    number: plan.number,
    status: plan.status,
    verdict: null,
    verdict_detail: null,
    incident: plan.incident === null ? null : Number(plan.incident.slice("inc-".length)),
    runbook: plan.runbook,
    title: plan.title,
    effect: plan.effect,
    version: plan.version,
    params: JSON.stringify(plan.params),
    risk: plan.risk,
    approvals_needed: plan.approvalsNeeded,
    digest: plan.digest,
    fingerprint: JSON.stringify(plan.fingerprint),
    cloud: plan.cloud,
    requester_id: plan.requester.id,
    requester_name: plan.requester.name,
    rule: plan.rule,
    reason: plan.reason,
    created_at: plan.createdAt,
    expires_at: plan.expiresAt,
    run_by: plan.runBy,
    started_at: null,
    done_at: null,
    done_metric_at: null,
    settle_seconds: plan.settleSeconds,
    metric: plan.metric,
    direction: plan.direction,
    blast_radius: JSON.stringify(plan.blastRadius),
    notes: JSON.stringify(plan.notes),
    alone_level: plan.runsAlone?.level ?? null,
    alone_at: plan.runsAlone?.at ?? null,
    window_from: plan.window?.from ?? null,
    window_to: plan.window?.to ?? null,
    rolls_back: plan.rollsBack === null ? null : Number(plan.rollsBack.slice("plan-".length)),
    reminded_at: null,
    escalated_at: null,
    escalated_to: null,
  };
}

function targetRows(plan: NewPlan) {
  return plan.targets.map((target) => ({
    plan: plan.number,
    target: target.name,
    instance_id: target.instanceId,
    region: target.region,
    service: target.service,
    generation: target.generation,
    // What only reads neither holds a target nor waits for whoever does.
    active_target: plan.risk === 0 ? null : target.name,
  }));
}

function stepRows(plan: NewPlan) {
  return plan.steps.map((step) => ({
    plan: plan.number,
    n: step.n,
    action: step.action,
    target: step.target,
    instance_id: step.instanceId,
    params: JSON.stringify(step.params),
    undoes: step.undoes,
    pinned: step.pinned,
    execution_id: step.executionId,
    state: "ready",
    attempt: 0,
    fence: 0,
    intent_at: null,
    called_at: null,
    finished_at: null,
    intent_metric_at: null,
    metric_at: null,
    reference: null,
    evidence: "{}",
    message: null,
  }));
}

/** What must be true of a plan's row, besides its status, for it to move. */
type MoveConditions = {
  digest?: string;
  /** The plan may still be decided at this wall time. */
  decidableAt?: number;
  /** The plan may still begin at this wall time. */
  runnableAt?: number;
  /** No target of it has a newer generation. */
  current?: boolean;
};

/**
 * The one way a plan's status changes: a single conditional UPDATE, so that of many who try exactly one wins. Frees
 * the targets when the new status does not hold them. A note is what the card says about it.
 */
export async function movePlan(
  trx: Trx,
  number: number,
  from: readonly PlanStatus[],
  to: { status: PlanStatus; note?: string; startedAt?: number; doneAt?: number; doneMetricAt?: number },
  conditions: MoveConditions = {},
): Promise<boolean> {
  const result = await trx
    .updateTable("plans")
    .set((row) => ({
      status: to.status,
      ...(to.startedAt === undefined
        ? {}
        : { started_at: row.fn.coalesce("started_at", row.val(to.startedAt)) }),
      ...(to.doneAt === undefined ? {} : { done_at: to.doneAt }),
      ...(to.doneMetricAt === undefined ? {} : { done_metric_at: to.doneMetricAt }),
    }))
    .where("number", "=", number)
    .where("status", "in", [...from])
    .where((row) => row.and(conditionsOf(row, conditions)))
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) return false;
  if (to.note !== undefined) await addNote(trx, number, to.note);
  if (!holdingStatuses.includes(to.status)) {
    await trx.updateTable("plan_targets").set({ active_target: null }).where("plan", "=", number).execute();
  }
  return true;
}

function conditionsOf(row: ExpressionBuilder<RemediationTables, "plans">, conditions: MoveConditions) {
  const { digest, decidableAt, runnableAt, current } = conditions;
  return [
    ...(digest === undefined ? [] : [row("digest", "=", digest)]),
    // >= and not >: a click that arrives exactly at the expiry still counts; the sweep takes what is strictly past.
    ...(decidableAt === undefined ? [] : [row("expires_at", ">=", decidableAt)]),
    ...(runnableAt === undefined ? [] : [row("run_by", ">=", runnableAt)]),
    ...(current === true ? [row.not(row.exists(newerGeneration(row)))] : []),
  ];
}

function newerGeneration(row: ExpressionBuilder<RemediationTables, "plans">) {
  return row
    .selectFrom("plan_targets")
    .innerJoin("target_generations", "target_generations.target", "plan_targets.target")
    .select(sql<number>`1`.as("newer"))
    .whereRef("plan_targets.plan", "=", "plans.number")
    .whereRef("target_generations.generation", ">", "plan_targets.generation");
}

/** Adds a line to what the card says about the plan. */
async function addNote(trx: Trx, number: number, note: string): Promise<void> {
  const row = await trx
    .selectFrom("plans")
    .select("notes")
    .where("number", "=", number)
    .executeTakeFirstOrThrow();
  const notes = [...(JSON.parse(row.notes) as string[]), note];
  await trx
    .updateTable("plans")
    .set({ notes: JSON.stringify(notes) })
    .where("number", "=", number)
    .execute();
}

/** Settles the verdict once; false when it stands already. */
export async function setVerdict(
  trx: Trx,
  number: number,
  verdict: Verdict,
  detail: VerdictDetail,
): Promise<boolean> {
  const result = await trx
    .updateTable("plans")
    .set({ verdict, verdict_detail: JSON.stringify(detail) })
    .where("number", "=", number)
    .where("status", "=", "done")
    .where("verdict", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** The plan that is undecided, running or without a verdict on a target. */
export async function busyPlanOf(db: Db, target: string): Promise<number | null> {
  const row = await db
    .selectFrom("plans")
    .innerJoin("plan_targets", "plan_targets.plan", "plans.number")
    .select("plans.number")
    .where("plan_targets.target", "=", target)
    .where((where) =>
      where.or([where("plan_targets.active_target", "is not", null), where.and(awaitingVerdict(where))]),
    )
    .orderBy("plans.number", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.number ?? null;
}

/** The plan that holds a target now. */
export async function holdingPlanOf(db: Db, target: string): Promise<number | null> {
  const row = await db
    .selectFrom("plan_targets")
    .select("plan")
    .where("active_target", "=", target)
    .executeTakeFirst();
  return row?.plan ?? null;
}

/** Cancels what has not begun for an incident; answers the plans' numbers. */
export async function releaseUndecided(trx: Trx, incident: number, note: string): Promise<number[]> {
  const rows = await trx
    .selectFrom("plans")
    .select("number")
    .where("incident", "=", incident)
    .where("status", "in", ["proposed", "approved"])
    .execute();
  const released: number[] = [];
  for (const { number } of rows)
    if (await movePlan(trx, number, ["proposed", "approved"], { status: "cancelled", note }))
      released.push(number);
  return released;
}
