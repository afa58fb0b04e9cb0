import { z } from "zod";
import { problem } from "./errors.ts";

/** The body in the shape that the route asks for; anything else is a 400 that names every field that is wrong. */
export function readBody<Shape extends z.ZodType>(shape: Shape, body: unknown): z.output<Shape> {
  const read = shape.safeParse(body ?? {});
  if (read.success) return read.data;
  const wrong = read.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
  throw problem(400, "bad_request", `${wrong.join("; ")}. Correct it and send it again.`);
}
