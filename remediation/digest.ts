import { createHmac, timingSafeEqual } from "node:crypto";
import { describeState } from "./actions/target-state.ts";
import type { Decision, Plan } from "./plan.ts";

/** The parts of a plan that were approved: all that decides what runs where, when, and who may say so. */
export type Approved = Pick<
  Plan,
  | "number"
  | "incident"
  | "runbook"
  | "version"
  | "params"
  | "targets"
  | "steps"
  | "risk"
  | "approvalsNeeded"
  | "fingerprint"
  | "cloud"
  | "requester"
  | "createdAt"
  | "expiresAt"
  | "runBy"
  | "window"
  | "rollsBack"
  | "settleSeconds"
  | "metric"
  | "direction"
  | "runsAlone"
  | "rule"
>;

/**
 * The keyed hash over what was approved. Prose (title, reason, blast radius, notes) is not bound; any other change of
 * a row makes the plan's digest wrong, and nobody without the store's key can write a right one.
 */
export function planDigest(plan: Approved, key: Buffer): string {
  const content = [
    "plan",
    plan.number,
    plan.incident,
    plan.runbook,
    plan.version,
    sorted(plan.params),
    [...plan.targets]
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map((target) => [target.name, target.instanceId, target.region, target.service, target.generation]),
    plan.steps.map((step) => [
      step.n,
      step.action,
      step.target,
      step.instanceId,
      sorted(step.params),
      step.undoes,
      step.pinned,
      step.executionId,
    ]),
    plan.risk,
    plan.approvalsNeeded,
    sorted(plan.fingerprint).map(([target, state]) => [target, describeState(state)]),
    plan.cloud,
    plan.requester.id,
    plan.createdAt,
    plan.expiresAt,
    plan.runBy,
    plan.window === null ? null : [plan.window.from, plan.window.to],
    plan.rollsBack,
    plan.settleSeconds,
    plan.metric,
    plan.direction,
    ...(plan.runsAlone ? [["alone", plan.runsAlone.level, plan.runsAlone.at, plan.rule]] : []),
  ];
  return createHmac("sha256", key).update(JSON.stringify(content)).digest("hex");
}

/** Whether the rows of a plan still say what its digest was made over. */
export function isIntact(plan: Plan, key: Buffer): boolean {
  return same(planDigest(plan, key), plan.digest);
}

/** The keyed hash that makes a decision's row count. */
export function decisionSeal(
  decision: Decision,
  plan: { number: number; digest: string },
  key: Buffer,
): string {
  const { person, at, surface, policyHash, breakGlass } = decision;
  const content = ["decision", plan.number, plan.digest, person, decision.decision, at, surface, policyHash];
  if (breakGlass) content.push("break glass");
  return createHmac("sha256", key).update(JSON.stringify(content)).digest("hex");
}

/** Compares two hexadecimal hashes without telling by the time it takes where they differ. */
export function same(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}

function sorted<Value>(table: Record<string, Value>): [string, Value][] {
  return Object.entries(table).sort(([one], [other]) => (one < other ? -1 : 1));
}
