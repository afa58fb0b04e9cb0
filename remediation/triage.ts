import { appendAudit } from "./audit.ts";
import type { Context, Refusal } from "./context.ts";
import { getIncident, type Incident } from "./incident.ts";
import { may, type Person } from "./people.ts";
import type { Trx } from "./store.ts";
import { incidentByNumber, overdueSilences } from "./store/incident-rows.ts";
import { closeIncident, moveIncident } from "./store/incidents.ts";
import { releaseUndecided } from "./store/plans.ts";

/** Opens again the incidents whose silence is over; answers their ids. */
export async function endSilences(ctx: Context): Promise<string[]> {
  const reopened: string[] = [];
  for (const number of await overdueSilences(ctx.store.db, ctx.clock.wall())) {
    const moved = await ctx.store.transaction(async (trx) => {
      const to = { status: "open" as const, wall: ctx.clock.wall() };
      if (!(await moveIncident(trx, number, ["silenced"], to))) return false;
      await appendAudit(trx, { actor: "system", verb: "end silence", subject: `inc-${number}` }, ctx);
      return true;
    });
    if (moved) reopened.push(`inc-${number}`);
  }
  for (const incident of reopened) ctx.changed({ incident });
  return reopened;
}

export type IncidentChange = { ok: true; incident: Incident } | Refusal;

/** "I am on it": stops nothing, tells the others who looks after it. */
export async function acknowledge(id: string, person: Person, ctx: Context): Promise<IncidentChange> {
  return change(id, person, "acknowledge", {}, ctx, (trx, number) =>
    moveIncident(trx, number, ["open", "silenced"], {
      status: "acknowledged",
      wall: ctx.clock.wall(),
      by: person.name,
    }),
  );
}

/** No more messages about it until then (wall ms); it stays unresolved and opens again afterwards. */
export async function silence(
  id: string,
  untilMs: number,
  person: Person,
  ctx: Context,
): Promise<IncidentChange> {
  if (!Number.isFinite(untilMs) || untilMs <= ctx.clock.wall()) {
    return {
      ok: false,
      reason: "past",
      message: "A silence must end in the future: say for how long, like 2h.",
    };
  }
  return change(id, person, "silence", { until: untilMs }, ctx, (trx, number) =>
    moveIncident(trx, number, ["open", "acknowledged", "silenced"], {
      status: "silenced",
      wall: ctx.clock.wall(),
      until: untilMs,
    }),
  );
}

/** Ends a silence early: it is open again, or with whoever had acknowledged it. */
export async function unsilence(id: string, person: Person, ctx: Context): Promise<IncidentChange> {
  const changed = await change(id, person, "silence", { over: true }, ctx, async (trx, number) => {
    const taken = (await incidentByNumber(trx, number))?.acknowledgedBy ?? null;
    const status = taken === null ? "open" : "acknowledged";
    return moveIncident(trx, number, ["silenced"], { status, wall: ctx.clock.wall() });
  });
  if (changed.ok || changed.reason === "not_allowed") return changed;
  const isOpen = changed.reason === "open" || changed.reason === "acknowledged";
  return isOpen ? { ...changed, message: `${id} is not silenced; there is nothing to end.` } : changed;
}

/** A person closes it; a plan for it that has not begun is cancelled with it. */
export async function resolve(
  id: string,
  person: Person,
  reason: string | null,
  ctx: Context,
): Promise<IncidentChange> {
  const cancelled: string[] = [];
  const detail = reason === null ? {} : { reason };
  const changed = await change(id, person, "resolve", detail, ctx, async (trx, number) => {
    const end = { wall: ctx.clock.wall(), metric: ctx.clock.metric(), by: person.name };
    if (!(await closeIncident(trx, number, { ...end, resolution: reason ?? "closed by a person" })))
      return false;
    for (const plan of await releaseUndecided(trx, number, `inc-${number} was closed by ${person.name}`)) {
      cancelled.push(`plan-${plan}`);
      const why = { because: `inc-${number} was closed` };
      await appendAudit(trx, { actor: person.id, verb: "cancel", subject: `plan-${plan}`, detail: why }, ctx);
    }
    return true;
  });
  for (const plan of cancelled) ctx.changed({ plan });
  return changed;
}

async function change(
  id: string,
  person: Person,
  verb: "acknowledge" | "silence" | "resolve",
  detail: Record<string, unknown>,
  ctx: Context,
  update: (trx: Trx, number: number) => Promise<boolean>,
): Promise<IncidentChange> {
  const allowed = may(person, verb, ctx.policy);
  const incident = await getIncident(id, ctx);
  if (!incident)
    return { ok: false, reason: "unknown_incident", message: `There is no ${id}; "incidents" lists them.` };
  const moved = await ctx.store.transaction(async (trx) => {
    const done = allowed.ok && (await update(trx, incident.number));
    const said = detail.over === true ? "end silence" : verb;
    const note = { actor: person.id, subject: incident.id, detail };
    await appendAudit(trx, { ...note, verb: done ? said : `refused ${said}` }, ctx);
    return done;
  });
  if (!allowed.ok) return allowed;
  const now = (await incidentByNumber(ctx.store.db, incident.number)) ?? incident;
  if (!moved) return { ok: false, reason: now.status, message: `${now.id} is ${now.status} already.` };
  ctx.changed({ incident: now.id });
  return { ok: true, incident: now };
}
