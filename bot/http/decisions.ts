import { z } from "zod";
import { readBody } from "./body.ts";
import type { DecisionRequest, HttpDeps } from "./deps.ts";
import { problem } from "./errors.ts";
import { principalOf } from "./permission.ts";
import type { Route } from "./routes.ts";

const approval = z.strictObject({ digest: z.string().min(1).max(200) });
const refusal = z.strictObject({ reason: z.string().max(1000).nullable().default(null) });

const statusCodes = { accepted: 200, refused: 403, conflict: 409 } as const;

/** `POST /plans/:id/approve|deny|cancel`. To approve, the digest says which plan the person has read. */
export function decideRoute(deps: HttpDeps, decision: DecisionRequest["decision"]): Route["handler"] {
  return async (request, reply) => {
    const { id: plan } = request.params as { id: string };
    const said =
      decision === "approve"
        ? { ...readBody(approval, request.body), reason: null }
        : { ...readBody(refusal, request.body), digest: null };
    const outcome = await deps.decide({ principal: principalOf(request), plan, decision, ...said });
    if (outcome.status === "unknown")
      throw problem(404, "unknown_plan", "There is no such plan. GET /plans lists the plans.");
    const { status, ...answer } = outcome;
    reply.code(statusCodes[status]);
    return answer;
  };
}
