import type { FastifyInstance, FastifyRequest } from "fastify";
import { createSpeakingLimit } from "../speaking-limit.ts";
import type { HttpDeps, Principal, Scope } from "./deps.ts";
import { problem } from "./errors.ts";
import { createHostGuard } from "./host-guard.ts";

/** Who may use a route: anybody, or a principal that holds the scope. */
export type Permission = Scope | "anybody";

declare module "fastify" {
  interface FastifyContextConfig {
    permission?: Permission;
    anyKeys?: boolean;
  }
  interface FastifyRequest {
    principal: Principal | null;
  }
}

const requestsPerSecond = 100;

/**
 * The gate in front of every route, also of addresses that do not exist: Host and Origin, then who it is, then how
 * often, then what they may, then how they say it. A route without a declared permission cannot be registered.
 */
export function guardRoutes(app: FastifyInstance, deps: HttpDeps): void {
  const checkHost = createHostGuard(deps);
  const take = createSpeakingLimit({
    perMinute: requestsPerSecond * 60,
    burst: requestsPerSecond,
    wall: deps.now,
  });
  app.decorateRequest("principal", null);

  app.addHook("onRoute", ({ method, url, config }) => {
    if (config?.permission === undefined)
      throw new Error(
        `${String(method)} ${url} declares no permission: add one to its row in the route table`,
      );
  });

  app.addHook("onRequest", async (request) => {
    checkHost(request);
    const permission = request.routeOptions.config.permission;
    const remoteAddress = request.socket.remoteAddress ?? "";
    request.principal = await deps.authenticate({ remoteAddress, headers: request.headers });
    // What anybody may ask (liveness, readiness) is never counted: a busy page must not look like a dead bot.
    if (permission !== "anybody") {
      // Alertmanager gives a message up after a 429; its queue has a bound of its own.
      if (permission !== "alerts" || request.principal === null)
        checkRate(take(request.principal?.identity ?? `address:${remoteAddress}`));
      checkScope(request.principal, permission);
    }
    refuseUser(request.query, "query");
    if (request.method === "POST") checkContentType(request);
  });

  app.addHook("preValidation", async (request) => refuseUser(request.body, "body"));
}

/** The caller of a route that needs one. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw new Error("this route was reached without a principal");
  return request.principal;
}

function checkRate(waitSeconds: number): void {
  if (waitSeconds === 0) return;
  throw problem(
    429,
    "too_many_requests",
    `At most ${requestsPerSecond} requests a second. Try again in ${waitSeconds} s.`,
    { "retry-after": String(waitSeconds) },
  );
}

/** How to get what not everybody here has. */
const waysToScope: Partial<Record<Scope, string>> = {
  alerts: "Send the bearer of SMARTCLOUDOPS_ALERTS_TOKEN.",
  changes:
    "Send the bearer of SMARTCLOUDOPS_CHANGES_TOKEN or, where none is set, be an operator of the policy.",
};

/** `scope` is undefined at an address that does not exist: only somebody known is told so. */
function checkScope(principal: Principal | null, scope: Scope | undefined): void {
  if (principal === null)
    throw problem(
      401,
      "unauthenticated",
      "The bot does not know who you are. Call it from the machine it runs on, with HOST on a loopback address.",
    );
  if (scope !== undefined && !principal.scopes.includes(scope))
    throw problem(
      403,
      "scope_missing",
      `You lack the scope "${scope}". ${waysToScope[scope] ?? `Ask whoever runs this bot to grant it to ${principal.identity}.`}`,
    );
}

/** The acting person is the principal's owner; nobody may name another one. */
function refuseUser(sent: unknown, where: string): void {
  if (typeof sent !== "object" || sent === null || !("user" in sent)) return;
  throw problem(
    403,
    "user_not_allowed",
    `The ${where} names a user. The acting person is whoever calls: leave "user" out.`,
  );
}

/** A page of another site can send forms and plain text without asking the browser first, but not this. */
function checkContentType(request: FastifyRequest): void {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json")
    throw problem(415, "unsupported_media_type", "Send JSON with content-type: application/json.");
}
