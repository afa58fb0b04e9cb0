import helmet from "@fastify/helmet";
import { fastify, type FastifyInstance } from "fastify";
import type { HttpDeps } from "./deps.ts";
import { answerBrokenRequest, answerErrors, problem } from "./errors.ts";
import { isDeeperThan } from "./json-depth.ts";
import { guardRoutes } from "./permission.ts";
import { routeTable } from "./routes.ts";
import { createStreams } from "./updates.ts";

const bodyLimitBytes = 256 * 1024;
const mostConnections = 512;
const mostDepth = 32;

/**
 * The HTTP API and the console's page, not yet listening:
 * `await (await createHttpServer(deps)).listen({ host, port })`. `close()` ends open streams and connections at once.
 */
export async function createHttpServer(deps: HttpDeps): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    trustProxy: false,
    bodyLimit: bodyLimitBytes,
    requestTimeout: 30_000,
    keepAliveTimeout: 5_000,
    forceCloseConnections: true,
    frameworkErrors: (_error, _request, reply) => answerBrokenRequest(reply),
  });
  app.server.maxConnections = mostConnections;
  const streams = createStreams(deps);
  const routes = routeTable(deps, streams);

  await addSafetyHeaders(app, deps.publicUrl);
  readJsonOnly(app);
  answerErrors(app, { onError: deps.onError, routes });
  guardRoutes(app, deps);
  for (const { permission, anyKeys = false, ...route } of routes)
    app.route({ ...route, config: { permission, anyKeys }, exposeHeadRoute: false });
  app.addHook("preClose", async () => streams.close());
  return app;
}

/** The page may use nothing but what this server serves; no inline script, no frame, no other site. */
async function addSafetyHeaders(app: FastifyInstance, publicUrl: string | null): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        scriptSrcAttr: ["'none'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: publicUrl?.startsWith("https:") ?? false,
  });
}

/** JSON is the only body; none at all is an empty object, for the routes in which every field may be left out. */
function readJsonOnly(app: FastifyInstance): void {
  const strict = app.getDefaultJsonParser("error", "error");
  const lenient = app.getDefaultJsonParser("ignore", "ignore");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body.trim() === "") done(null, {});
    else if (isDeeperThan(body, mostDepth))
      done(problem(400, "bad_request", `The body is nested deeper than ${mostDepth}. Send a flatter one.`));
    else void (request.routeOptions.config.anyKeys === true ? lenient : strict)(request, body, done);
  });
}
