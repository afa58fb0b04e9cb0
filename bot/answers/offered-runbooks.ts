import { findAction } from "../../remediation/actions/actions.ts";
import { riskOf } from "../../remediation/blast-radius.ts";
import type { Risk } from "../../remediation/policy.ts";
import type { Runbook } from "../../remediation/runbook.ts";

/** What is offered to somebody who names no runbook, what only reads first: a look helps where no rule knows the cause. */
export function offeredRunbooks(runbooks: readonly Runbook[]): Runbook[] {
  const reads = (runbook: Runbook) => Number(runbookRisk(runbook) === 0);
  return runbooks.filter(({ offered }) => offered).sort((one, other) => reads(other) - reads(one));
}

/** The risk of a runbook on one target that is not critical. */
export function runbookRisk(runbook: Runbook): Risk {
  return riskOf([runbook.risk, ...runbook.steps.flatMap((step) => findAction(step.action)?.risk ?? [])], []);
}
