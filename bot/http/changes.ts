import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { NewChange } from "../../remediation/changes.ts";
import { readBody } from "./body.ts";
import type { HttpDeps } from "./deps.ts";
import { problem } from "./errors.ts";
import { principalOf } from "./permission.ts";

const word = z.string().trim().min(1);
const mostTags = 10;
const isoTime = z.iso.datetime({
  offset: true,
  error: "ISO 8601 with its zone (2026-11-21T02:47:00Z), or unix seconds",
});
/** Seconds reach this in the year 5138: a larger number is milliseconds. */
const latestSeconds = 1e11;

const change = z
  .strictObject({
    id: word.max(100).optional(),
    at: z.union([isoTime, z.number().min(0).max(latestSeconds)]).optional(),
    target: word.max(200).optional(),
    service: word.max(200).optional(),
    tags: z.record(word.max(128), z.string().max(256)).optional(),
    kind: word.max(40),
    title: word.max(120),
    by: word.max(80).nullable().optional(),
    url: z
      .string()
      .max(500)
      .regex(/^https?:\/\//, "an address begins with https:// or http://")
      .nullable()
      .optional(),
  })
  .refine(
    ({ target, service, tags }) => [target, service, tags].filter((each) => each !== undefined).length === 1,
    "say what it is about with exactly one of target, service and tags",
  )
  .refine(
    ({ tags }) =>
      tags === undefined || (Object.keys(tags).length > 0 && Object.keys(tags).length <= mostTags),
    `tags: name 1 to ${mostTags}`,
  );

const statusOf = { too_many: 429, other_time: 400, other_change: 409 } as const;

/**
 * `POST /changes`: a deploy or another change, told by whoever makes it. 201 when it is new, 200 when it was told
 * before with the same `id`. Its address is shown as text and never asked for.
 */
export function changesRoute(deps: Pick<HttpDeps, "change">) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const told = await deps.change(changeOf(readBody(change, request.body)), principalOf(request));
    if (!told.ok) throw problem(statusOf[told.reason], told.reason, told.message);
    const { number, metricAt, toldBy, toldAt, key, scope, ...rest } = told.change;
    reply.code(told.existing ? 200 : 201);
    return {
      change: {
        number,
        ...(key === null ? {} : { id: key }),
        ...scope,
        ...rest,
        told_by: toldBy,
        told_at: toldAt,
        metric_at: metricAt,
      },
      matches: told.matches,
      ...(told.matches.length === 0
        ? { note: "No target that I know is concerned. It is kept, and shown once one is." }
        : {}),
    };
  };
}

function changeOf({
  id,
  at,
  target,
  service,
  tags,
  kind,
  title,
  by,
  url,
}: z.output<typeof change>): NewChange {
  return {
    key: id ?? null,
    scope: target !== undefined ? { target } : service !== undefined ? { service } : { tags: tags ?? {} },
    kind,
    title,
    by: by ?? null,
    url: url ?? null,
    at: at === undefined ? null : typeof at === "number" ? at * 1_000 : Date.parse(at),
  };
}
