import { z } from "zod";
import { readBody } from "./body.ts";
import type { HttpDeps } from "./deps.ts";
import { problem } from "./errors.ts";
import { principalOf } from "./permission.ts";
import type { Route } from "./routes.ts";

const message = z.strictObject({
  query: z.string().min(1).max(4000),
  thread: z.string().min(1).max(200).nullable().default(null),
});

const click = z.strictObject({ token: z.string().min(1).max(200) });

/** `POST /query`: a chat message of the caller. */
export function queryRoute(deps: HttpDeps): Route["handler"] {
  return async (request) => {
    const { query, thread } = readBody(message, request.body);
    return deps.query({ principal: principalOf(request), text: query, thread });
  };
}

/** `POST /buttons`: a click of the caller. A known token is always 200, the card says what became of it. */
export function clickRoute(deps: HttpDeps): Route["handler"] {
  return async (request) => {
    const { token } = readBody(click, request.body);
    const reply = await deps.click({ principal: principalOf(request), token });
    if ("card" in reply) return reply;
    throw problem(404, "unknown_token", "No button has this token. Ask again and use the new card's button.");
  };
}
