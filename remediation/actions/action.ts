import type { Context } from "../context.ts";
import type { Step } from "../plan.ts";
import type { Risk } from "../policy.ts";
import type { TargetState } from "./target-state.ts";

export type Precheck =
  | {
      ok: true;
      /** What the card says the check rests on. */ proof: string;
      evidence: Record<string, string>;
      /** The target is already as the step would make it: nothing is called, and this sentence says so. */
      nothingToDo?: string;
      /** What must be the same at the call as when the plan was made, such as a document's version and hash. */
      pinned?: string;
    }
  | { ok: false; reason: string; message: string };

/** What the world says about a step. `unknown`: nothing can be seen; `running`: seen, and not at its end. */
export type Probe = {
  state: "done" | "failed" | "running" | "unknown";
  message: string;
  reference?: string;
  evidence: Record<string, string>;
  /** Looking longer would show nothing more. */
  hopeless?: boolean;
};

export type ProbeMoment = {
  /** The call may or may not have reached the cloud (crash or timeout around it). */
  uncertain: boolean;
  /** The last look: what is neither done nor failed now goes to a person. */
  overdue: boolean;
};

/** How long a call that may never have been made is given to show. */
export const uncertainPatienceMs = 3 * 60_000;

/** A primitive operation: the three moments of a step, and what is known when something goes wrong between them. */
export type Action = {
  name: string;
  /** The least; `riskFor` may ask for more where it depends on the step and the target. */
  risk: Risk;
  riskFor?(step: Step, before: TargetState): Risk;
  /** "none": the cloud cannot tell a repeated call from a second one, so it is never repeated. */
  idempotency: "token" | "convergent" | "none";
  /** Why these parameters cannot be used, or null. */
  complaint(params: Record<string, string>): string | null;
  /** `state`: of the target when the step is about to begin: read just now, or as the steps before it leave it. */
  precheck(step: Step, state: TargetState, ctx: Context): Promise<Precheck>;
  /** How the target stands once the step is done. */
  postState(step: Step, before: TargetState): TargetState;
  /** The step that takes this one back, given how the target stood before it; null where nothing does. */
  inverse(step: Step, before: TargetState): { action: string; params: Record<string, string> } | null;
  /** The one mutation; answers the cloud's id of it, where it gives one. */
  call(step: Step, ctx: Context): Promise<{ reference: string | null }>;
  probe(step: Step, moment: ProbeMoment, ctx: Context): Promise<Probe>;
  /** Wall ms between two looks, and after the call until the last one. */
  pollMs: number;
  patienceMs(step: Step): number;
};
