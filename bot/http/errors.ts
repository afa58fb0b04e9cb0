import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { HttpDeps } from "./deps.ts";

/** What a client is told: a stable code, and a sentence that says what is wrong and what to do. */
type Problem = { status: number; code: string; message: string; headers: Record<string, string> };

/** Where a route is: `POST`, `/plans/:id/approve`. */
type Address = { method: string; url: string };

/** An error that becomes `{error: code, message}` with this status. */
export function problem(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Error {
  return Object.assign(new Error(message), { problem: { status, code, message, headers } satisfies Problem });
}

/** The JSON body of every error. */
export function errorBody(code: string, message: string): { error: string; message: string } {
  return { error: code, message };
}

/** Turns everything thrown, and every unknown address, into a clear JSON error; a 500 is told to `onError`. */
export function answerErrors(
  app: FastifyInstance,
  { onError, routes }: { onError: HttpDeps["onError"]; routes: readonly Address[] },
): void {
  app.setErrorHandler(async (error, request, reply) => {
    const known = problemOf(error, request.routeOptions.bodyLimit);
    if (known !== null) return answer(reply, known);
    onError(error, { method: request.method, route: request.routeOptions.url ?? "none" });
    return answer(reply, {
      status: 500,
      code: "internal_error",
      message: "The bot could not do this. Its log says why; try again, or run smartcloudops doctor.",
      headers: {},
    });
  });
  app.setNotFoundHandler(async (request, reply) => answer(reply, notThere(request, routes)));
}

/** For requests that the router itself refuses (a broken address): fastify's `frameworkErrors`. */
export function answerBrokenRequest(reply: FastifyReply): void {
  void answer(reply, {
    status: 400,
    code: "bad_request",
    message: "The address is not a valid URL path. Check its escapes and its length.",
    headers: {},
  });
}

function answer(reply: FastifyReply, { status, code, message, headers }: Problem): FastifyReply {
  return reply.code(status).headers(headers).send(errorBody(code, message));
}

function problemOf(error: unknown, bodyLimit: number | undefined): Problem | null {
  if (!(error instanceof Error)) return null;
  if ("problem" in error) return error.problem as Problem;
  const status = "statusCode" in error ? error.statusCode : null;
  const said = (code: string, message: string) => ({ status: Number(status), code, message, headers: {} });
  if (status === 413)
    return said(
      "body_too_large",
      `The body is larger than ${Math.round((bodyLimit ?? 0) / 1024)} kB. Send less.`,
    );
  if (status === 415) return said("unsupported_media_type", "Send JSON with content-type: application/json.");
  if (typeof status !== "number" || status < 400 || status >= 500) return null;
  return said("bad_request", `The request cannot be read: ${error.message}. Send a JSON object in UTF-8.`);
}

function notThere(request: FastifyRequest, routes: readonly Address[]): Problem {
  const path = request.url.split("?", 1)[0] ?? "";
  const allowed = routes.filter(({ url }) => shapeOf(url).test(path)).map(({ method }) => method);
  if (allowed.length > 0 && !allowed.some((method) => method === request.method)) {
    const methods = [...new Set(allowed)].join(", ");
    return {
      status: 405,
      code: "method_not_allowed",
      message: `This address answers ${methods} only.`,
      headers: { allow: methods },
    };
  }
  return {
    status: 404,
    code: "not_found",
    message: "There is nothing at this address. The README lists the routes.",
    headers: {},
  };
}

/** The paths of a route's pattern: shapeOf("/charts/:id.png") matches /charts/1.png. */
function shapeOf(url: string): RegExp {
  const pattern = url
    .replaceAll(".", "\\.")
    .replace(/:[a-z]+/g, "[^/]+")
    .replace(/\*$/, ".*");
  return new RegExp(`^${pattern}$`);
}
