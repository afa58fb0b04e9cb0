import type { FeedbackTables } from "../infra/database/feedback-tables.ts";
import type { DecisionsTable, PlansTable, PlanTargetsTable, StepsTable } from "./plan-tables.ts";

/** Rows of the safety core. Times: `*_at` wall ms, `*_metric_at` metric seconds. JSON is text. Booleans are 0 and 1. */

export type IncidentsTable = {
  number: number;
  target: string;
  /** The target while unresolved, else null: unique, so that the database allows one unresolved incident a target. */
  active_target: string | null;
  status: string;
  cause: string;
  severity: string;
  title: string;
  summary: string;
  metric: string | null;
  direction: string | null;
  signals: string;
  detail: string;
  opened_at: number;
  opened_metric_at: number;
  updated_at: number;
  acknowledged_by: string | null;
  silenced_until: number | null;
  resolved_at: number | null;
  resolved_metric_at: number | null;
  resolved_by: string | null;
  resolution: string | null;
};

export type AlertsTable = {
  incident: number;
  key: string;
  cause: string;
  status: string;
  severity: string;
  title: string;
  summary: string;
  metric: string | null;
  direction: string | null;
  starts_at: number;
  ends_at: number | null;
  updated_at: number;
  signals: string;
  detail: string;
};

type LeasesTable = { name: string; holder: string; fence: number; expires_at: number };

type TargetGenerationsTable = { target: string; generation: number };

/** The kill switch and what else must be read in the transaction that depends on it. */
type SwitchesTable = { name: string; position: string; person: string; reason: string; at: number };

/** What a person allowed a rule's remedy to do alone on targets of one service. */
type RuleAutonomyTable = {
  rule: string;
  runbook: string;
  service: string;
  /** Of the runbook that earned it: another version begins anew. */
  version: string;
  level: string;
  /** Only plans with a higher number count as cures. */
  since_plan: number;
  at: number;
  expires_at: number;
  person: string;
  reason: string;
  /** Keyed hash over the row: one written by hand counts for nothing. */
  seal: string;
};

/** "target:NAME" in quarantine, or "action:NAME" whose breaker a person closed. */
type HoldsTable = {
  subject: string;
  since: number;
  reason: string;
  released_at: number | null;
  released_by: string | null;
};

/** A deploy or another change that somebody told of: of one target, one service, or all with some tags (JSON). */
export type ChangesTable = {
  number: number;
  /** The teller's own id of it; unique. */
  external_key: string | null;
  target: string | null;
  service: string | null;
  tags: string | null;
  kind: string;
  title: string;
  author: string | null;
  url: string | null;
  at: number;
  metric_at: number;
  told_by: string;
  told_at: number;
};

/** What every home channel has to be told, or was (`told_at`): written with what it tells of, so that none is lost. */
type NoticesTable = {
  id: string;
  kind: string;
  subject: string;
  detail: string;
  at: number;
  told_at: number | null;
};

/** An emergency that one person declared: until when, and when it was ended. Times are wall ms. */
export type BrokenGlassTable = {
  person: string;
  name: string;
  reason: string;
  opened_at: number;
  until_at: number;
  ended_at: number | null;
  ended_by: string | null;
  /** Keyed hash over who, when and why: a row written by hand opens nothing. */
  seal: string;
};

type CountersTable = { name: string; value: number };

export type AuditTable = {
  seq: number;
  at: number;
  metric_at: number;
  actor: string;
  verb: string;
  subject: string;
  detail: string;
  prev_hash: string;
  hash: string;
};

/** What Alertmanager was told about an alert of a silenced incident. `ends_at` is what was asked for, wall ms. */
export type OutsideSilencesTable = {
  incident: number;
  alert_key: string;
  state: string;
  silence_id: string | null;
  ends_at: number;
  tries: number;
  next_at: number;
  problem: string | null;
};

/** What people say of incidents is written together with what becomes of these. */
export type RemediationTables = FeedbackTables & {
  incidents: IncidentsTable;
  alerts: AlertsTable;
  plans: PlansTable;
  plan_targets: PlanTargetsTable;
  steps: StepsTable;
  decisions: DecisionsTable;
  leases: LeasesTable;
  target_generations: TargetGenerationsTable;
  switches: SwitchesTable;
  rule_autonomy: RuleAutonomyTable;
  holds: HoldsTable;
  changes: ChangesTable;
  notices: NoticesTable;
  broken_glass: BrokenGlassTable;
  counters: CountersTable;
  audit: AuditTable;
  outside_silences: OutsideSilencesTable;
};
