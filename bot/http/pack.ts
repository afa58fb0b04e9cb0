import type { HttpDeps } from "./deps.ts";
import { problem } from "./errors.ts";
import type { Route } from "./routes.ts";

/** `GET /incidents/:id/pack`: the pack to be kept as a file; it is never shown as a page of this server. */
export function sendPack(deps: Pick<HttpDeps, "pack">): Route["handler"] {
  return async (request, reply) => {
    const { id } = request.params as { id: string };
    const page = /^inc-[1-9]\d{0,8}$/.test(id) ? await deps.pack(id) : null;
    if (page === null)
      throw problem(
        404,
        "unknown_incident",
        "There is no such incident. GET /incidents lists the incidents.",
      );
    reply
      .type("text/html; charset=utf-8")
      .header("content-disposition", `attachment; filename="${id}.html"`)
      .header("cache-control", "no-store");
    return reply.send(page);
  };
}
