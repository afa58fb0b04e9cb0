import type { FastifyReply, FastifyRequest } from "fastify";
import type { HttpDeps } from "./deps.ts";
import { problem } from "./errors.ts";

/** Alertmanager sends a group of thousands of alerts in one message. */
export const alertsBodyBytes = 32 * 1024 * 1024;
const comeAgainSeconds = 5;

/**
 * `POST /alerts`: Alertmanager's webhook. 200 once the message is stored; 503 when too many wait, for Alertmanager sends
 * again after a 5xx and never after a 4xx.
 */
export function alertsRoute(deps: Pick<HttpDeps, "alerts">) {
  return async ({ body }: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const taken = await deps.alerts(body);
    if (taken.status === "invalid")
      throw problem(400, "bad_request", `This is no message of Alertmanager's webhook: ${taken.reason}.`);
    if (taken.status === "full") {
      reply.header("retry-after", String(comeAgainSeconds));
      throw problem(503, "too_many_waiting", "Too many messages wait to be worked through. Send it again.");
    }
    return { status: "stored" };
  };
}
