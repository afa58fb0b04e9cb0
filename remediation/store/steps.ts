import { sql, type ExpressionBuilder } from "kysely";
import { happened, type StepState } from "../plan.ts";
import type { Db, Trx } from "../store.ts";
import type { RemediationTables } from "../tables.ts";
import { actsOnTargets } from "./plan-rows.ts";

export type StepChange = {
  state: StepState;
  fence: number;
  startsAttempt?: boolean;
  intentAt?: number;
  calledAt?: number;
  finishedAt?: number;
  intentMetricAt?: number;
  metricAt?: number;
  reference?: string | null;
  evidence?: Record<string, string>;
  message?: string;
};

/** Moves a step from an expected state, unless a holder with a higher fence wrote to it; true when it moved. */
export async function moveStep(
  trx: Trx,
  plan: number,
  n: number,
  from: readonly StepState[],
  to: StepChange,
): Promise<boolean> {
  const result = await trx
    .updateTable("steps")
    .set({
      state: to.state,
      fence: to.fence,
      ...(to.startsAttempt ? { attempt: sql<number>`attempt + 1` } : {}),
      ...(to.intentAt === undefined ? {} : { intent_at: to.intentAt }),
      ...(to.calledAt === undefined ? {} : { called_at: to.calledAt }),
      ...(to.finishedAt === undefined ? {} : { finished_at: to.finishedAt }),
      ...(to.intentMetricAt === undefined ? {} : { intent_metric_at: to.intentMetricAt }),
      ...(to.metricAt === undefined ? {} : { metric_at: to.metricAt }),
      ...(to.reference === undefined ? {} : { reference: to.reference }),
      ...(to.evidence === undefined ? {} : { evidence: JSON.stringify(to.evidence) }),
      ...(to.message === undefined ? {} : { message: to.message }),
    })
    .where("plan", "=", plan)
    .where("n", "=", n)
    .where("state", "in", [...from])
    .where("fence", "<=", to.fence)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * What `mayHaveHappened` says, for SQL. Evidence is JSON, in which a value's own quotes are escaped: no output of a
 * command can look like this.
 */
const didNotHappen = `%${JSON.stringify({ [happened]: "no" }).slice(1, -1)}%`;

/** When an action last ran on a target, wall ms; null when it never did, or certainly did not happen. */
export async function lastRunOf(
  db: Db,
  target: string,
  action: string,
  except: readonly number[],
): Promise<number | null> {
  const row = await db
    .selectFrom("steps")
    .select((select) => select.fn.max(select.fn.coalesce("finished_at", "intent_at")).as("at"))
    .where("target", "=", target)
    .where("action", "=", action)
    .where("plan", "not in", [...except])
    .where("intent_at", "is not", null)
    .where("evidence", "not like", didNotHappen)
    .executeTakeFirst();
  return row?.at ?? null;
}

/** How many plans above risk 0 acted, or may have acted, on a target since then. */
export async function triesSince(db: Db, target: string, since: number, except: number): Promise<number> {
  const row = await db
    .selectFrom("steps")
    .innerJoin("plans", "plans.number", "steps.plan")
    .select((select) => select.fn.count<number>("steps.plan").distinct().as("plans"))
    .where("steps.target", "=", target)
    .where("steps.intent_at", ">=", since)
    .where("steps.plan", "!=", except)
    .where("steps.evidence", "not like", didNotHappen)
    .where("plans.risk", ">", 0)
    .executeTakeFirstOrThrow();
  return Number(row.plans);
}

/** Targets on which something above risk 0 was begun since then. */
export async function targetsActedOnSince(db: Db, since: number): Promise<string[]> {
  const rows = await db
    .selectFrom("steps")
    .innerJoin("plans", "plans.number", "steps.plan")
    .select("steps.target")
    .distinct()
    .where("steps.intent_at", ">=", since)
    .where("plans.risk", ">", 0)
    .orderBy("steps.target")
    .execute();
  return rows.map(({ target }) => target);
}

/** Actions that were begun since then. */
export async function actionsRunSince(db: Db, since: number): Promise<string[]> {
  const rows = await db
    .selectFrom("steps")
    .select("action")
    .distinct()
    .where("intent_at", ">=", since)
    .orderBy("action")
    .execute();
  return rows.map(({ action }) => action);
}

/**
 * How many disruptive plans (risk 2 and above) began since then, approved ones that wait for their turn included; those
 * that wait for their window count from when they begin.
 */
export async function disruptionsSince(db: Db, since: number, except: number): Promise<number> {
  const row = await db
    .selectFrom("plans")
    .select((select) => select.fn.countAll<number>().as("plans"))
    .where("risk", ">=", 2)
    .where("number", "!=", except)
    .where((where) => where.or([isNext(where), where("started_at", ">=", since)]))
    .where((where) => actsOnTargets(where))
    .executeTakeFirstOrThrow();
  return Number(row.plans);
}

/** Approved and about to begin: what waits for its window asks for its turn when that has come. */
function isNext(where: ExpressionBuilder<RemediationTables, "plans">) {
  return where.and([where("plans.status", "=", "approved"), where("plans.window_from", "is", null)]);
}

function holdsSlot(where: ExpressionBuilder<RemediationTables, "plans">) {
  return [
    isNext(where),
    where("plans.status", "in", ["executing", "needs_human"]),
    where.and([where("plans.status", "=", "done"), where("plans.verdict", "is", null)]),
  ];
}

/** Disruptive plans that hold the service's slot: approved, running, unsettled, or done without a verdict. */
export async function slotHolders(db: Db, service: string, except: number): Promise<number[]> {
  const rows = await db
    .selectFrom("plans")
    .innerJoin("plan_targets", "plan_targets.plan", "plans.number")
    .select("plans.number")
    .distinct()
    .where("plan_targets.service", "=", service)
    .where("plans.risk", ">=", 2)
    .where("plans.number", "!=", except)
    .where((where) => where.or(holdsSlot(where)))
    .orderBy("plans.number")
    .execute();
  return rows.map((row) => row.number);
}

/** Targets of disruptive plans that are approved, running, unsettled, or done without a verdict. */
export async function disruptedNow(db: Db, except: number): Promise<string[]> {
  const rows = await db
    .selectFrom("plans")
    .innerJoin("plan_targets", "plan_targets.plan", "plans.number")
    .select("plan_targets.target")
    .distinct()
    .where("plans.risk", ">=", 2)
    .where("plans.number", "!=", except)
    .where((where) => where.or(holdsSlot(where)))
    .execute();
  return rows.map(({ target }) => target);
}

/** How many plans somebody asked for since then. */
export async function proposalsSince(db: Db, requester: string, since: number): Promise<number> {
  const row = await db
    .selectFrom("plans")
    .select((select) => select.fn.countAll<number>().as("plans"))
    .where("requester_id", "=", requester)
    .where("created_at", ">=", since)
    .executeTakeFirstOrThrow();
  return Number(row.plans);
}

/** Plans that rules made because this person pressed; the audit is where that stands. */
export async function pressedSince(db: Db, person: string, since: number): Promise<number> {
  const plans = await db
    .selectFrom("plans")
    .select("number")
    .where("requester_id", "=", "system")
    .where("created_at", ">=", since)
    .execute();
  if (plans.length === 0) return 0;
  const subjects = plans.map(({ number }) => `plan-${number}`);
  const entries = await db
    .selectFrom("audit")
    .select("detail")
    .where("verb", "=", "propose")
    .where("subject", "in", subjects)
    .execute();
  const pressedBy = entries.map(
    ({ detail }) => (JSON.parse(detail) as { pressed_by?: { id: string } }).pressed_by,
  );
  return pressedBy.filter((pressed) => pressed?.id === person).length;
}
