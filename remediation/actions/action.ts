import type { Context } from "../context.ts";
import type { Step } from "../plan.ts";
import type { Risk } from "../policy.ts";

export type Precheck =
  | {
      ok: true;
      /** What the card says the check rests on. */ proof: string;
      evidence: Record<string, string>;
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

/** A primitive operation: the three moments of a step, and what is known when something goes wrong between them. */
export type Action = {
  name: string;
  risk: Risk;
  /** "none": the cloud cannot tell a repeated call from a second one, so it is never repeated. */
  idempotency: "token" | "convergent" | "none";
  /** Why these parameters cannot be used, or null. */
  complaint(params: Record<string, string>): string | null;
  precheck(step: Step, ctx: Context): Promise<Precheck>;
  /** The one mutation; answers the cloud's id of it, where it gives one. */
  call(step: Step, ctx: Context): Promise<{ reference: string | null }>;
  probe(step: Step, moment: ProbeMoment, ctx: Context): Promise<Probe>;
  /** Wall ms between two looks, and after the call until the last one. */
  pollMs: number;
  patienceMs(step: Step): number;
};
