import type { FastifyInstance } from "fastify";
import type { HttpDeps } from "./deps.ts";

/** The HTTP API and the console's page, not yet listening: `await (await createHttpServer(deps)).listen({ host, port })`. */
export async function createHttpServer(_deps: HttpDeps): Promise<FastifyInstance> {
  throw new Error("being written");
}
