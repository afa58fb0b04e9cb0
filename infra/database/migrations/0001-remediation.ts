import type { Kysely } from "kysely";

/** The safety core. Wall times are bigint (ms), metric times double precision (s), JSON is text. */
export async function remediation(db: Kysely<unknown>): Promise<void> {
  await incidentTables(db);
  await planTables(db);
  await stepTables(db);
  await safetyTables(db);
}

async function incidentTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("incidents")
    .addColumn("number", "integer", (column) => column.primaryKey())
    .addColumn("target", "text", (column) => column.notNull())
    .addColumn("active_target", "text", (column) => column.unique())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("cause", "text", (column) => column.notNull())
    .addColumn("severity", "text", (column) => column.notNull())
    .addColumn("title", "text", (column) => column.notNull())
    .addColumn("summary", "text", (column) => column.notNull())
    .addColumn("metric", "text")
    .addColumn("direction", "text")
    .addColumn("signals", "text", (column) => column.notNull())
    .addColumn("detail", "text", (column) => column.notNull())
    .addColumn("opened_at", "bigint", (column) => column.notNull())
    .addColumn("opened_metric_at", "double precision", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .addColumn("acknowledged_by", "text")
    .addColumn("silenced_until", "bigint")
    .addColumn("resolved_at", "bigint")
    .addColumn("resolved_metric_at", "double precision")
    .addColumn("resolved_by", "text")
    .addColumn("resolution", "text")
    .execute();
  await db.schema.createIndex("incidents_target").on("incidents").columns(["target", "number"]).execute();
  await db.schema
    .createTable("alerts")
    .addColumn("incident", "integer", (column) => column.notNull().references("incidents.number"))
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("cause", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("severity", "text", (column) => column.notNull())
    .addColumn("title", "text", (column) => column.notNull())
    .addColumn("summary", "text", (column) => column.notNull())
    .addColumn("metric", "text")
    .addColumn("direction", "text")
    .addColumn("starts_at", "double precision", (column) => column.notNull())
    .addColumn("ends_at", "double precision")
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .addColumn("signals", "text", (column) => column.notNull())
    .addColumn("detail", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("alerts_key", ["incident", "key"])
    .execute();
  await db.schema.createIndex("alerts_by_key").on("alerts").column("key").execute();
}

async function planTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("plans")
    .addColumn("number", "integer", (column) => column.primaryKey())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("verdict", "text")
    .addColumn("verdict_detail", "text")
    .addColumn("incident", "integer", (column) => column.references("incidents.number"))
    .addColumn("runbook", "text", (column) => column.notNull())
    .addColumn("title", "text", (column) => column.notNull())
    .addColumn("effect", "text", (column) => column.notNull())
    .addColumn("version", "text", (column) => column.notNull())
    .addColumn("params", "text", (column) => column.notNull())
    .addColumn("risk", "integer", (column) => column.notNull())
    .addColumn("approvals_needed", "integer", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("cloud", "text", (column) => column.notNull())
    .addColumn("requester_id", "text", (column) => column.notNull())
    .addColumn("requester_name", "text", (column) => column.notNull())
    .addColumn("rule", "text")
    .addColumn("reason", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .addColumn("run_by", "bigint", (column) => column.notNull())
    .addColumn("started_at", "bigint")
    .addColumn("done_at", "bigint")
    .addColumn("done_metric_at", "double precision")
    .addColumn("settle_seconds", "double precision", (column) => column.notNull())
    .addColumn("metric", "text")
    .addColumn("direction", "text")
    .addColumn("blast_radius", "text", (column) => column.notNull())
    .addColumn("notes", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("plans_status").on("plans").column("status").execute();
  await db.schema.createIndex("plans_incident").on("plans").column("incident").execute();
  await db.schema
    .createTable("plan_targets")
    .addColumn("plan", "integer", (column) => column.notNull().references("plans.number"))
    .addColumn("target", "text", (column) => column.notNull())
    .addColumn("instance_id", "text", (column) => column.notNull())
    .addColumn("region", "text")
    .addColumn("service", "text", (column) => column.notNull())
    .addColumn("generation", "integer", (column) => column.notNull())
    .addColumn("active_target", "text", (column) => column.unique())
    .addPrimaryKeyConstraint("plan_targets_key", ["plan", "target"])
    .execute();
  await db.schema.createIndex("plan_targets_target").on("plan_targets").column("target").execute();
  await db.schema.createIndex("plan_targets_service").on("plan_targets").column("service").execute();
}

async function stepTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("steps")
    .addColumn("plan", "integer", (column) => column.notNull().references("plans.number"))
    .addColumn("n", "integer", (column) => column.notNull())
    .addColumn("action", "text", (column) => column.notNull())
    .addColumn("target", "text", (column) => column.notNull())
    .addColumn("instance_id", "text", (column) => column.notNull())
    .addColumn("params", "text", (column) => column.notNull())
    .addColumn("execution_id", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("attempt", "integer", (column) => column.notNull())
    .addColumn("fence", "integer", (column) => column.notNull())
    .addColumn("intent_at", "bigint")
    .addColumn("called_at", "bigint")
    .addColumn("finished_at", "bigint")
    .addColumn("intent_metric_at", "double precision")
    .addColumn("metric_at", "double precision")
    .addColumn("reference", "text")
    .addColumn("evidence", "text", (column) => column.notNull())
    .addColumn("message", "text")
    .addPrimaryKeyConstraint("steps_key", ["plan", "n"])
    .execute();
  await db.schema.createIndex("steps_target").on("steps").columns(["target", "intent_at"]).execute();
  await db.schema
    .createTable("decisions")
    .addColumn("plan", "integer", (column) => column.notNull().references("plans.number"))
    .addColumn("person", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("decision", "text", (column) => column.notNull())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("reason", "text")
    .addColumn("surface", "text", (column) => column.notNull())
    .addColumn("policy_hash", "text", (column) => column.notNull())
    .addColumn("seal", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("decisions_key", ["plan", "person", "decision"])
    .execute();
}

async function safetyTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("leases")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("holder", "text", (column) => column.notNull())
    .addColumn("fence", "integer", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("target_generations")
    .addColumn("target", "text", (column) => column.primaryKey())
    .addColumn("generation", "integer", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("switches")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("position", "text", (column) => column.notNull())
    .addColumn("person", "text", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("counters")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("value", "integer", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("audit")
    .addColumn("seq", "integer", (column) => column.primaryKey())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("metric_at", "double precision", (column) => column.notNull())
    .addColumn("actor", "text", (column) => column.notNull())
    .addColumn("verb", "text", (column) => column.notNull())
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("detail", "text", (column) => column.notNull())
    .addColumn("prev_hash", "text", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("audit_subject").on("audit").columns(["subject", "seq"]).execute();
  await db.schema.createIndex("audit_at").on("audit").column("at").execute();
}
