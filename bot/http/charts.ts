import type { HttpDeps } from "./deps.ts";
import { problem } from "./errors.ts";
import type { Route } from "./routes.ts";

/** `GET /charts/ID.png`: a picture never changes under its id, which is 32 hexadecimal digits. */
export function sendChart(deps: Pick<HttpDeps, "chart">): Route["handler"] {
  return async (request, reply) => {
    const { id } = request.params as { id: string };
    const png = /^[0-9a-f]{32}$/.test(id) ? await deps.chart(id) : null;
    if (png === null)
      throw problem(
        404,
        "unknown_chart",
        "There is no such chart: old charts are deleted. Ask again for a new one.",
      );
    reply.type("image/png").header("cache-control", "private, max-age=31536000, immutable");
    return reply.send(Buffer.from(png.buffer, png.byteOffset, png.byteLength));
  };
}
