import type { Db, Trx } from "../store.ts";

export type EarnedLevel = "approve" | "veto" | "auto";

/** Which trust is meant: of one rule in one remedy on the targets of one service. */
export type TrustKey = { rule: string; runbook: string; service: string };

/** What a person granted, or what became of it. Times are wall ms. */
export type Grant = TrustKey & {
  version: string;
  level: EarnedLevel;
  sincePlan: number;
  at: number;
  expiresAt: number;
  person: string;
  reason: string;
};

export async function grantOf(db: Db, key: TrustKey): Promise<(Grant & { seal: string }) | null> {
  const rows = await grantsOf(db, key);
  return rows[0] ?? null;
}

export async function grantsOf(db: Db, wanted: Partial<TrustKey>): Promise<(Grant & { seal: string })[]> {
  let query = db
    .selectFrom("rule_autonomy")
    .selectAll()
    .orderBy("rule")
    .orderBy("runbook")
    .orderBy("service");
  if (wanted.rule !== undefined) query = query.where("rule", "=", wanted.rule);
  if (wanted.runbook !== undefined) query = query.where("runbook", "=", wanted.runbook);
  if (wanted.service !== undefined) query = query.where("service", "=", wanted.service);
  return (await query.execute()).map((row) => ({
    rule: row.rule,
    runbook: row.runbook,
    service: row.service,
    version: row.version,
    level: row.level as EarnedLevel,
    sincePlan: row.since_plan,
    at: row.at,
    expiresAt: row.expires_at,
    person: row.person,
    reason: row.reason,
    seal: row.seal,
  }));
}

export async function putGrant(trx: Trx, grant: Grant & { seal: string }): Promise<void> {
  const values = {
    version: grant.version,
    level: grant.level,
    since_plan: grant.sincePlan,
    at: grant.at,
    expires_at: grant.expiresAt,
    person: grant.person,
    reason: grant.reason,
    seal: grant.seal,
  };
  await trx
    .insertInto("rule_autonomy")
    .values({ rule: grant.rule, runbook: grant.runbook, service: grant.service, ...values })
    .onConflict((conflict) => conflict.columns(["rule", "runbook", "service"]).doUpdateSet(values))
    .execute();
}

/** A plan that a rule made for one service, as far as trust is concerned; `open` while its verdict is not known. */
export type Attempt = {
  number: number;
  version: string;
  verdict: string | null;
  open: boolean;
  rolledBack: boolean;
};

/**
 * Every plan above risk 0 of a rule's remedy on one service, newest first. One that was taken back counts as worse,
 * whatever its verdict: somebody had to undo it.
 */
export async function attemptsOf(db: Db, key: TrustKey, after: number): Promise<Attempt[]> {
  const rows = await db
    .selectFrom("plans")
    .innerJoin("plan_targets", "plan_targets.plan", "plans.number")
    .select(["plans.number", "plans.version", "plans.verdict", "plans.status"])
    .distinct()
    .where("plans.rule", "=", key.rule)
    .where("plans.runbook", "=", key.runbook)
    .where("plans.requester_id", "=", "system")
    .where("plans.risk", ">", 0)
    .where("plan_targets.service", "=", key.service)
    .where("plans.number", ">", after)
    .orderBy("plans.number", "desc")
    .execute();
  const unsettled = ["approved", "executing", "needs_human"];
  const takenBack = await takenBackOf(
    db,
    rows.map(({ number }) => number),
  );
  return rows.map(({ number, version, verdict, status }) => {
    const rolledBack = takenBack.has(number);
    const open = unsettled.includes(status) || (status === "done" && verdict === null);
    return {
      number,
      version,
      verdict: rolledBack ? "worse" : verdict,
      open: open && !rolledBack,
      rolledBack,
    };
  });
}

/** Which of these plans another one took back, or is taking back. */
async function takenBackOf(db: Db, plans: readonly number[]): Promise<Set<number>> {
  if (plans.length === 0) return new Set();
  const rows = await db
    .selectFrom("plans")
    .select("rolls_back")
    .where("rolls_back", "is not", null)
    .where("status", "in", ["executing", "done", "needs_human"])
    .execute();
  const known = new Set(plans);
  return new Set(
    rows.flatMap(({ rolls_back }) => (rolls_back !== null && known.has(rolls_back) ? [rolls_back] : [])),
  );
}

/** The services on whose targets a rule's remedy was ever planned. */
export async function servicesOf(db: Db, rule: string, runbook: string): Promise<string[]> {
  const rows = await db
    .selectFrom("plans")
    .innerJoin("plan_targets", "plan_targets.plan", "plans.number")
    .select("plan_targets.service")
    .distinct()
    .where("plans.rule", "=", rule)
    .where("plans.runbook", "=", runbook)
    .orderBy("plan_targets.service")
    .execute();
  return rows.map(({ service }) => service);
}

/** Undecided plans that their rule may run alone from a moment on (wall ms) that has come, oldest first. */
export async function duePlans(db: Db, now: number): Promise<number[]> {
  const rows = await db
    .selectFrom("plans")
    .select("number")
    .where("status", "=", "proposed")
    .where("alone_at", "<=", now)
    .orderBy("number")
    .execute();
  return rows.map(({ number }) => number);
}

/** Targets for which an incident opened after a moment (wall ms), whatever found it; not what people opened. */
export async function openedSince(db: Db, since: number): Promise<string[]> {
  const rows = await db
    .selectFrom("incidents")
    .select("target")
    .distinct()
    .where("opened_at", ">", since)
    .where("cause", "!=", "person")
    .orderBy("target")
    .execute();
  return rows.map(({ target }) => target);
}
