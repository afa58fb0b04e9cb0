import type { FastifyReply, FastifyRequest } from "fastify";
import { alertsBodyBytes, alertsRoute } from "./alerts.ts";
import { changesRoute } from "./changes.ts";
import { sendChart } from "./charts.ts";
import { decideRoute } from "./decisions.ts";
import type { HttpDeps } from "./deps.ts";
import { type Permission, principalOf } from "./permission.ts";
import { metricsHistoryRoutes } from "./metrics-history.ts";
import { sendPack } from "./pack.ts";
import { clickRoute, queryRoute } from "./talk.ts";
import { sendAsset, sendPage } from "./static-files.ts";
import type { Streams } from "./updates.ts";

/** One row of the HTTP API. What the handler returns is the answer's body. */
export type Route = {
  method: "GET" | "POST";
  url: string;
  permission: Permission;
  handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
  /** Where more than the usual is needed. */
  bodyLimit?: number;
  /** Where `__proto__` is a name like any other: whoever reads the body looks at own fields only. */
  anyKeys?: boolean;
};

/**
 * Every route with who may use it. `look` reads, `say` talks and clicks, `decide` approves, denies and cancels, `alerts`
 * tells of alerts, `changes` of deploys and the like.
 */
export function routeTable(deps: HttpDeps, streams: Streams): Route[] {
  const get = (url: string, permission: Permission, handler: Route["handler"]): Route => {
    return { method: "GET", url, permission, handler };
  };
  const post = (url: string, permission: Permission, handler: Route["handler"]): Route => {
    return { method: "POST", url, permission, handler };
  };
  const history = metricsHistoryRoutes(deps);
  return [
    get("/health", "anybody", async () => ({ status: "ok" })),
    get("/ready", "anybody", (_request, reply) => sendReadiness(deps, reply)),
    get("/metrics", "look", (_request, reply) => sendMetrics(deps, reply)),
    get("/status", "look", () => deps.status()),
    get("/incidents", "look", async () => ({ incidents: await deps.incidents() })),
    get("/incidents/:id/pack", "look", sendPack(deps)),
    get("/plans", "look", async () => ({ plans: await deps.plans() })),
    get("/models", "look", async () => ({ models: await deps.models() })),
    get("/audit", "look", async () => ({ entries: await deps.audit() })),
    get("/metrics-history/stats", "look", history.stats),
    get("/metrics-history/export", "look", history.export),
    get("/charts/:id.png", "look", sendChart(deps)),
    get("/updates", "look", (request, reply) => streams.open(principalOf(request).identity, reply)),
    get("/", "look", (_request, reply) => sendPage(deps.consoleFiles, reply)),
    get("/assets/*", "look", sendAsset(deps.consoleFiles)),
    post("/query", "say", queryRoute(deps)),
    post("/chatops/smart-query", "say", queryRoute(deps)),
    post("/buttons", "say", clickRoute(deps)),
    { ...post("/alerts", "alerts", alertsRoute(deps)), bodyLimit: alertsBodyBytes, anyKeys: true },
    post("/changes", "changes", changesRoute(deps)),
    post("/plans/:id/approve", "decide", decideRoute(deps, "approve")),
    post("/plans/:id/deny", "decide", decideRoute(deps, "deny")),
    post("/plans/:id/cancel", "decide", decideRoute(deps, "cancel")),
  ];
}

async function sendReadiness(deps: HttpDeps, reply: FastifyReply): Promise<unknown> {
  const readiness = await deps.ready();
  reply.code(readiness.ready ? 200 : 503);
  return readiness;
}

async function sendMetrics(deps: HttpDeps, reply: FastifyReply): Promise<string> {
  const { contentType, text } = await deps.metrics();
  reply.type(contentType);
  return text;
}
