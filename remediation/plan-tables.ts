/** Rows of plans. Times: `*_at` wall ms, `*_metric_at` metric seconds. JSON is text. Booleans are 0 and 1. */

export type PlansTable = {
  number: number;
  status: string;
  verdict: string | null;
  verdict_detail: string | null;
  incident: number | null;
  runbook: string;
  title: string;
  effect: string;
  version: string;
  params: string;
  risk: number;
  approvals_needed: number;
  digest: string;
  fingerprint: string;
  cloud: string;
  requester_id: string;
  requester_name: string;
  rule: string | null;
  reason: string | null;
  created_at: number;
  expires_at: number;
  run_by: number;
  started_at: number | null;
  done_at: number | null;
  done_metric_at: number | null;
  settle_seconds: number;
  metric: string | null;
  direction: string | null;
  blast_radius: string;
  notes: string;
  /** "veto" or "auto" where a rule may run it alone, and from when (wall ms). */
  alone_level: string | null;
  alone_at: number | null;
  /** Wall ms between which it may begin; null: as soon as it is approved. */
  window_from: number | null;
  window_to: number | null;
  /** The number of the plan that this one takes back. */
  rolls_back: number | null;
  /** When people were reminded of it, and when others were asked because nobody answered. */
  reminded_at: number | null;
  escalated_at: number | null;
  /** JSON: the names of the people that were asked then. */
  escalated_to: string | null;
};

export type PlanTargetsTable = {
  plan: number;
  target: string;
  instance_id: string;
  region: string | null;
  service: string;
  generation: number;
  /** The target while the plan holds it, else null; unique: one undecided or running plan a target. */
  active_target: string | null;
};

export type StepsTable = {
  plan: number;
  n: number;
  action: string;
  target: string;
  instance_id: string;
  params: string;
  undoes: number | null;
  pinned: string | null;
  execution_id: string;
  state: string;
  attempt: number;
  fence: number;
  intent_at: number | null;
  called_at: number | null;
  finished_at: number | null;
  intent_metric_at: number | null;
  metric_at: number | null;
  reference: string | null;
  evidence: string;
  message: string | null;
};

export type DecisionsTable = {
  plan: number;
  person: string;
  name: string;
  decision: string;
  at: number;
  reason: string | null;
  surface: string;
  policy_hash: string;
  break_glass: number;
  /** Keyed hash over the decision and the plan's digest: a row written by hand counts for nothing. */
  seal: string;
};
