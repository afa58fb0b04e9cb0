/** What a person said of an incident: it was a real problem, it was none, or this is what is usual from now on. */
export type OperatorVerdict = "problem" | "not_a_problem" | "new_normal";

/**
 * One row an incident: the newest word about it. `score` is the alarm's highest anomaly score up to then (1 = alert
 * threshold; null where no model raised it) and `metrics` its leading metrics, as JSON. `over_metric_at` is null while
 * the same episode may still go on: until then nobody is told of it again.
 */
export type FeedbackTable = {
  incident: number;
  target: string;
  verdict: string;
  person: string;
  name: string;
  reason: string | null;
  at: number;
  metric_at: number;
  score: number | null;
  metrics: string;
  over_metric_at: number | null;
};

/** A threshold that verdicts suggest; a person accepts or leaves it. `status`: open, accepted, left. */
export type ThresholdProposalsTable = {
  number: number;
  target: string;
  /** What the threshold would be multiplied by. */
  factor: number;
  /** The sentence that was shown. */
  text: string;
  status: string;
  created_at: number;
  decided_at: number | null;
  decided_by: string | null;
};

export type FeedbackTables = { feedback: FeedbackTable; threshold_proposals: ThresholdProposalsTable };
