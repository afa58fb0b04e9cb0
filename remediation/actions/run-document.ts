import { cloudFailure, type CommandView } from "../cloud.ts";
import type { Context } from "../context.ts";
import type { Step } from "../plan.ts";
import type { Risk } from "../policy.ts";
import type { Action, Precheck, Probe, ProbeMoment } from "./action.ts";
import { takes } from "./refusal.ts";
import type { TargetState } from "./target-state.ts";

const afterCallMs = 15 * 60_000;
/** How long a command that may have been sent is looked for by its comment before a person is asked. */
const searchMs = 2 * 60_000;
const outputShown = 3_000;

/** What SSM's StatusDetails words mean for a step; a word that is not here is unknown, never success. */
const meaning: Record<string, "done" | "failed" | "running" | "unknown"> = {
  Pending: "running",
  InProgress: "running",
  Delayed: "running",
  Cancelling: "running",
  Success: "done",
  Cancelled: "failed",
  Failed: "failed",
  DeliveryTimedOut: "failed",
  ExecutionTimedOut: "failed",
  Undeliverable: "failed",
  Terminated: "failed",
  InvalidPlatform: "failed",
  AccessDenied: "failed",
  TimedOut: "unknown",
};

/** One of our SSM documents as an action: which parameters it takes is fixed here, never by a runbook or a person. */
export function documentAction(document: {
  action: string;
  name: string;
  risk: Risk;
  parameters: Record<string, RegExp>;
}): Action {
  const complaint = takes(document.name, document.parameters);
  return {
    name: document.action,
    risk: document.risk,
    idempotency: "none",
    complaint,
    precheck: (step, state, ctx) => precheck(step, state, document.name, ctx),
    postState: (_step, before) => before,
    inverse: () => null,
    async call(step, ctx) {
      const parameters = Object.fromEntries(
        Object.entries(step.params).map(([name, value]) => [name, [value]]),
      );
      const { instanceId, executionId } = step;
      const sent = await ctx.cloud.sendCommand({
        document: document.name,
        instanceId,
        parameters,
        comment: executionId,
        version: step.pinned?.split(" ")[0] ?? null,
      });
      return { reference: sent.commandId };
    },
    probe,
    pollMs: 2_000,
    patienceMs: (step) => (step.reference === null ? searchMs : afterCallMs),
  };
}

async function precheck(step: Step, state: TargetState, name: string, ctx: Context): Promise<Precheck> {
  if (state.state !== "running") {
    return { ok: false, reason: "not_running", message: `${step.target} is ${state.state}, not running.` };
  }
  const managed = await ctx.cloud.managed(step.instanceId);
  if (!managed.online) {
    const message = `SSM cannot reach ${step.target} (${managed.detail}); check its agent and instance profile.`;
    return { ok: false, reason: "not_managed", message };
  }
  const document = await ctx.cloud.document(name);
  if (!document.active) {
    const message = `The SSM document ${name} is not active; create it with infra/deploy/ssm.`;
    return { ok: false, reason: "no_document", message };
  }
  // Without its version nobody could say that what runs is what was approved.
  if (document.version === null)
    return { ok: false, reason: "no_document", message: `SSM names no version of the document ${name}.` };
  const pinned = [document.version, ...(document.hash === null ? [] : [document.hash])].join(" ");
  return { ok: true, proof: "instance online in SSM, document active", evidence: {}, pinned };
}

async function probe(step: Step, _moment: ProbeMoment, ctx: Context): Promise<Probe> {
  const reference =
    step.reference ?? (await ctx.cloud.findCommandByComment(step.instanceId, step.executionId))?.commandId;
  if (reference === undefined) {
    return { state: "unknown", message: "SSM shows no command with this step's comment.", evidence: {} };
  }
  return { ...(await read(reference, step, ctx)), reference };
}

async function read(commandId: string, step: Step, ctx: Context): Promise<Probe> {
  try {
    return judge(await ctx.cloud.command(commandId, step.instanceId));
  } catch (error) {
    // Normal for some seconds after sending; any other error is the edge's to see.
    if (cloudFailure(error).code !== "InvocationDoesNotExist") throw error;
    const lost = step.calledAt !== null && ctx.clock.wall() > step.calledAt + searchMs;
    const message = lost
      ? "SSM does not know the command it accepted."
      : "SSM does not show the command yet.";
    return { state: lost ? "unknown" : "running", message, evidence: {}, hopeless: lost };
  }
}

function judge(view: CommandView): Probe {
  const word = view.status.replaceAll(" ", "");
  const state = Object.hasOwn(meaning, word) ? (meaning[word] ?? "unknown") : "unknown";
  const evidence = {
    status: view.status.slice(0, 60),
    response_code: String(view.responseCode),
    output: view.output.slice(0, outputShown),
  };
  if (state !== "done") return { state, message: `SSM says ${view.status.slice(0, 60)}.`, evidence };
  if (view.responseCode === 0) return { state, message: "The document ran to its end.", evidence };
  // A success without the exit code 0 is no proof.
  const message = `SSM says Success, but the exit code is ${view.responseCode}.`;
  return { state: view.responseCode === null ? "unknown" : "failed", message, evidence };
}
