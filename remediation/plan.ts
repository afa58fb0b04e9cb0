import type { TargetState } from "./actions/target-state.ts";
import type { Risk } from "./policy.ts";
import type { WithoutAction } from "./without-action.ts";

export type PlanStatus =
  | "proposed"
  | "approved"
  | "executing"
  | "done"
  | "denied"
  | "expired"
  | "cancelled"
  | "failed"
  | "needs_human";
export type StepState = "ready" | "intent" | "called" | "done" | "failed" | "unknown" | "needs_human";
export type Verdict = "improved" | "unchanged" | "worse" | "unverified";

/** One primitive operation on one target, in order `n` from 1. Immutable but for its journal columns. */
export type Step = {
  n: number;
  action: string;
  target: string;
  instanceId: string;
  params: Record<string, string>;
  /**
   * The step whose way back this one is; it runs only when the plan stops after that one may have acted. Null: a step
   * on the way forth. The ways back stand after all others, the last step's first.
   */
  undoes: number | null;
  /** What must be the same at the call as when the plan was made, as the action wrote it down; null: nothing. */
  pinned: string | null;
  /** Stands in the cloud's own record of the call (SSM comment), to find it after a crash. */
  executionId: string;
  state: StepState;
  attempt: number;
  fence: number;
  /** Wall times in unix ms. */
  intentAt: number | null;
  calledAt: number | null;
  finishedAt: number | null;
  /** Metric time in unix seconds: just before the call, and when the end was known. */
  intentMetricAt: number | null;
  metricAt: number | null;
  /** The cloud's id of the call, such as an SSM command id. */
  reference: string | null;
  /** What was seen before and after, as the action wrote it down. */
  evidence: Record<string, string>;
  /** One sentence of how it went. */
  message: string | null;
};

export type PlanTarget = {
  name: string;
  instanceId: string;
  region: string | null;
  service: string;
  generation: number;
};

export type Decision = {
  person: string;
  name: string;
  decision: "approve" | "deny" | "cancel";
  at: number;
  reason: string | null;
  surface: string;
  policyHash: string;
  /** Given alone under an opened emergency, which bends who may approve, and nothing else. */
  breakGlass: boolean;
};

export type VerdictDetail = {
  metric: string;
  before: number | null;
  after: number | null;
  usual: [low: number, high: number] | null;
  /** One sentence with the numbers. */
  text: string;
  /** Where the metric was on a clear line before the call: what it would have come to by the end of the settle time. */
  withoutAction?: WithoutAction;
  /** Of a cure: metric seconds from the call until the metric stayed usual. */
  curedAfterSeconds?: number;
};

/** One instance of a runbook for named targets. What was approved is immutable; only its progress changes. */
export type Plan = {
  id: string;
  number: number;
  status: PlanStatus;
  /** Null until the settle time after `done` ended, and for ever where the risk is 0: reading changes nothing. */
  verdict: Verdict | null;
  verdictDetail: VerdictDetail | null;
  /** Of its incident, "inc-12". */
  incident: string | null;
  targets: PlanTarget[];
  runbook: string;
  title: string;
  /** One word of what it does, for the button: "Approve restart". */
  effect: string;
  /** Hash of the runbook as it was when proposed. */
  version: string;
  params: Record<string, string>;
  steps: Step[];
  risk: Risk;
  approvalsNeeded: number;
  digest: string;
  /** The largest generation among its targets; a target's newer generation makes the plan stale. */
  generation: number;
  /** How each target stood when proposed. */
  fingerprint: Record<string, TargetState>;
  cloud: "dry-run" | "aws";
  requester: { id: string; name: string };
  rule: string | null;
  reason: string | null;
  createdAt: number;
  expiresAt: number;
  runBy: number;
  /** Approve now, run later: it may begin only in this stretch of wall time (unix ms). Null: as soon as approved. */
  window: { from: number; to: number } | null;
  /** "plan-12", when this plan takes back what that one did. */
  rollsBack: string | null;
  startedAt: number | null;
  decisions: Decision[];
  doneAt: number | null;
  doneMetricAt: number | null;
  settleSeconds: number;
  /** What the verdict is measured on, and which side is trouble. */
  metric: string | null;
  direction: "above" | "below" | null;
  blastRadius: string[];
  notes: string[];
  /** Where its rule may decide alone: how, and from when (wall ms) unless somebody objects. Bound by the digest. */
  runsAlone?: { level: "veto" | "auto"; at: number } | null;
  /** When people were reminded that nobody has decided, and when and who was asked because nobody answered (wall ms). */
  remindedAt?: number | null;
  escalated?: { at: number; to: string[] } | null;
};

/** Whether a plan only exercises the way from button to record: it names no target, and its action does nothing. */
export function isPractice(plan: {
  targets: readonly unknown[];
  steps: readonly { action: string }[];
}): boolean {
  return plan.targets.length === 0 && plan.steps.every(({ action }) => action === "practice");
}

/** Statuses in which a plan holds its targets: no other plan may be made for them. */
export const holdingStatuses: readonly PlanStatus[] = ["proposed", "approved", "executing", "needs_human"];

/** How a plan stands, after its name: "plan-17 is running", "plan-17 needs a person". */
export function standing({ id, status }: Pick<Plan, "id" | "status">): string {
  return status === "needs_human" ? `${id} needs a person` : `${id} is ${statusWord(status)}`;
}

/** A status as people say it. */
export function statusWord(status: PlanStatus): string {
  return status === "executing" ? "running" : status.replace("_", " ");
}

/** Whether a step's call reached the cloud, as far as anybody knows: without proof of the contrary it may have. */
export function mayHaveHappened({ intentAt, evidence }: Pick<Step, "intentAt" | "evidence">): boolean {
  return intentAt !== null && evidence[happened] !== "no";
}

/** The key of a step's evidence that says "no" once it is certain that its call did not happen. */
export const happened = "happened";

/** The number of "plan-17" or "17"; null when the text is no plan's id. */
export function planNumber(id: string): number | null {
  return numberOf(id, "plan-");
}

/** The number of "inc-12" or "12"; null when the text is no incident's id. */
export function incidentNumber(id: string): number | null {
  return numberOf(id, "inc-");
}

function numberOf(id: string, prefix: string): number | null {
  const digits = id.toLowerCase().startsWith(prefix) ? id.slice(prefix.length) : id;
  return /^[1-9]\d{0,8}$/.test(digits) ? Number(digits) : null;
}
